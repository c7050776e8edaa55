"""Trained encoders on disk: a folder with ``encoder.safetensors``, ``config.json`` and a model card ``README.md``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import load, save

from activevision.encoders.backbones import Encoder, description, rebuilt
from activevision.encoders.layout import check_layout, noted
from activevision.errors import UserError
from activevision.files import atomic_write, read_object, write_json

SCHEMA = 1
_CONFIG, _WEIGHTS, _CARD = "config.json", "encoder.safetensors", "README.md"
_HUB_LICENCES = (
    "apache-2.0", "bsd-2-clause", "bsd-3-clause", "cc0-1.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0",
    "cc-by-nc-4.0", "cc-by-nc-sa-4.0", "gpl-2.0", "gpl-3.0", "mit",
)  # fmt: skip
"""Licences of scenes that model hubs know, by their ids there."""


def save_encoder(path: Path, encoder: Encoder, card: Mapping[str, Any]) -> None:
    """Write an encoder to the folder ``path``.

    card: JSON-like facts for whoever uses the encoder, kept in ``config.json`` and laid out in ``README.md``:
    "settings" (of the run), "data" (catalogue, split, licence, credit), "figures" (what was measured).
    """
    weights = save({name: tensor.contiguous().cpu() for name, tensor in encoder.state_dict().items()})
    with atomic_write(path / _WEIGHTS) as file:
        file.write(weights)
    with atomic_write(path / _CARD) as file:
        file.write(_model_card(encoder, card).encode())
    # Last, because it vouches for the weights: an interrupted write reads as a damaged encoder, never as another one.
    write_json(
        path / _CONFIG,
        {
            **noted(SCHEMA),
            **description(encoder),
            "sha256": hashlib.sha256(weights).hexdigest(),
            "card": card,
        },
    )


def load_encoder(path: Path) -> Encoder:
    """The encoder of a folder, on the CPU and in evaluation mode.

    UserError when there is none, when it is damaged, or when its weights are of another backbone.
    """
    config = _read_config(path)
    try:
        encoder = rebuilt(config)
        expected = config["sha256"]
    except KeyError as error:
        raise UserError(f"{path / _CONFIG} lacks {error}: pretrain the encoder again.") from None
    try:
        weights = (path / _WEIGHTS).read_bytes()
    except FileNotFoundError:
        raise UserError(f"encoder {path} lacks {_WEIGHTS}: copy the whole folder, or pretrain again.") from None
    if hashlib.sha256(weights).hexdigest() != expected:
        raise UserError(
            f"{path / _WEIGHTS} is damaged or of another run than {_CONFIG} (checksums differ): pretrain again."
        )
    try:
        encoder.load_state_dict(load(weights))
    except RuntimeError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"encoder {path} does not fit backbone {encoder.name!r}: {reason}") from None
    return encoder.eval()


def read_card(path: Path) -> dict[str, Any]:
    """The card that an encoder was saved with."""
    return _read_config(path).get("card", {})


def _read_config(path: Path) -> dict[str, Any]:
    if not (path / _CONFIG).exists():
        raise UserError(f"no encoder in {path} (no {_CONFIG}): give a folder that `activevision pretrain` wrote.")
    config = read_object(path / _CONFIG)
    if "schema" not in config and (path / "encoder" / _CONFIG).exists():
        raise UserError(f"{path} is no encoder but a run that made one: give {path / 'encoder'}.")
    check_layout(f"encoder {path}", config, SCHEMA, "pretrain it again")
    return config


def _model_card(encoder: Encoder, card: Mapping[str, Any]) -> str:
    parameters = sum(p.numel() for p in encoder.parameters())
    lines = [
        "---",
        "library_name: activevision",
        *_licence(card.get("data") or {}),
        "tags: [active-vision, egomotion, representation-learning]",
        "---",
        "",
        f"# {encoder.name}, {encoder.embedding} dimensions",
        "",
        f"Image encoder with {parameters:,} parameters. Input: RGB images (B, 3, H, W), uint8 or float in [0, 1]. "
        f"Output: (B, {encoder.embedding}) float32.",
        "",
        "```python",
        "import activevision",
        "",
        "encoder = activevision.load_encoder(path)",
        "```",
    ]
    for section in ("data", "figures", "settings"):
        if card.get(section):
            lines += ["", f"## {section.capitalize()}", "", *_table(card[section])]
    return "\n".join(lines) + "\n"


def _licence(data: Mapping[str, Any]) -> list[str]:
    """What the head of the card says of the licence: that of the data that the encoder was made of."""
    licence = data.get("licence")
    if not licence:
        return []
    if licence.lower() in _HUB_LICENCES:
        return [f"license: {licence.lower()}"]
    return ["license: other", f"license_name: {json.dumps(licence, ensure_ascii=False)}"]


def _table(facts: Mapping[str, Any]) -> list[str]:
    """Markdown, a row a fact; of facts that compare encoders, by their names, a column an encoder."""
    columns = list(dict.fromkeys(name for value in facts.values() if isinstance(value, Mapping) for name in value))
    rows = [[name.replace("_", " "), *_cells(value, columns)] for name, value in facts.items()]
    lines = [["", *(columns or [""])], ["---"] * (1 + max(1, len(columns))), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def _cells(value: Any, columns: list[str]) -> list[str]:
    if isinstance(value, Mapping):
        return [_cell(value[name]) if name in value else "" for name in columns]
    return [_cell(value), *[""] * (len(columns) - 1)]


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    return str(value).replace("|", "\\|").replace("\n", " ")
