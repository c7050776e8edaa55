"""The folder of a run: what was asked for, with which versions; and refusing to mix two runs in one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from activevision.errors import UserError
from activevision.files import read_json, write_json

CONFIG = "config.json"


def open_run(out: Path, command: str, settings: Any) -> Path:
    """Make the folder ``out`` with its config.json; a run of the same settings is gone on with.

    UserError when the folder holds a run of other settings, so that no result mixes two.
    """
    from activevision.evaluation.versions import installed_versions

    config = {"command": command, **_plain(asdict(settings))}
    config.pop("out", None)
    path = out / CONFIG
    if path.exists():
        found = {name: value for name, value in read_json(path).items() if name != "versions"}
        if found != config:
            names = sorted(name for name in {*found, *config} if found.get(name) != config.get(name))
            raise UserError(
                f"{out} holds a run with other settings ({', '.join(names)}): choose another --out, or delete it."
            )
    else:
        write_json(path, {**config, "versions": installed_versions()})
    return out


def _plain(value: Any) -> Any:
    """Settings as JSON gives them back, so that they compare equal after a round trip."""
    if isinstance(value, dict):
        return {name: _plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    return str(value) if isinstance(value, Path) else value
