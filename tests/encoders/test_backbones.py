"""Claims of the backbones from elsewhere: encoders like our own, with weights from where they were asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from objective_windows import sliding

from activevision.encoders.backbones import BACKBONES, Encoder, build_backbone, description, rebuilt
from activevision.encoders.checkpoint import load_encoder, save_encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.pretrain import pretrain
from activevision.errors import UserError

SMALL = {  # the same networks, small enough for tests
    "resnet18": {"layer_type": "basic", "depths": [1, 1], "hidden_sizes": [8, 16], "embedding_size": 8},
    "small-vit": {"image_size": 64, "patch_size": 8, "hidden_size": 16, "num_hidden_layers": 2,
                  "num_attention_heads": 2, "intermediate_size": 32},
    "dinov2": {"image_size": 112, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2},
}  # fmt: skip


@pytest.fixture(scope="module")
def transformers() -> Any:
    return pytest.importorskip("transformers", reason="transformers is not installed: activevision[transformers]")


@pytest.fixture(scope="module")
def folders(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Weights as transformers itself writes them."""
    torch.manual_seed(1)
    out = tmp_path_factory.mktemp("weights")
    kinds = {"resnet18": "ResNet", "small-vit": "ViT", "dinov2": "Dinov2"}
    for name, kind in kinds.items():
        config = getattr(transformers, f"{kind}Config")(**SMALL[name], num_labels=3)
        getattr(transformers, f"{kind}ForImageClassification")(config).save_pretrained(out / name)
    return {name: out / name for name in kinds}


def small(name: str, embedding: int = 12, seed: int = 0) -> Encoder:
    torch.manual_seed(seed)
    return build_backbone(name, embedding, SMALL[name])


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    mine, theirs = one.state_dict(), other.state_dict()
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize("name", SMALL)
def test_they_keep_the_contract_of_an_encoder(transformers: Any, name: str) -> None:
    encoder = small(name).train()
    for size in ((32, 32), (64, 64), (96, 80)):
        images = torch.randint(0, 256, (6, 3, *size), dtype=torch.uint8)
        features = encoder(images)
        assert features.shape == (6, 12)
        assert features.dtype == torch.float32
        torch.testing.assert_close(features.mean(0), torch.zeros(12), atol=1e-4, rtol=0)
        torch.testing.assert_close(features.var(0, unbiased=False), torch.ones(12), atol=1e-2, rtol=0)
        encoder.eval()
        maps = encoder.maps(images)
        assert maps.shape[1] == encoder.channels
        assert maps.shape[2] / maps.shape[3] == pytest.approx(size[0] / size[1], rel=0.2), "cells tile the image"
        torch.testing.assert_close(encoder(images), encoder(images / 255.0))
        encoder.train()
    encoder(images).square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for n, p in encoder.named_parameters()
               if not n.endswith(("mask_token", "cls_token")))  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_the_same_seed_gives_the_same_weights_and_checkpoints_bring_them_back(
    transformers: Any, name: str, tmp_path: Path
) -> None:
    encoder = small(name)
    assert same_weights(encoder, small(name))
    assert not same_weights(encoder, small(name, seed=1))
    encoder(torch.rand(4, 3, 32, 32))
    save_encoder(tmp_path, encoder, {})
    loaded = load_encoder(tmp_path)
    images = torch.rand(2, 3, 32, 32)
    assert torch.equal(loaded(images), encoder.eval()(images))
    assert description(loaded) == description(encoder)
    assert description(rebuilt(json.loads(json.dumps(description(encoder))))) == description(encoder)


@pytest.mark.parametrize("name", SMALL)
def test_weights_come_from_a_folder_and_are_not_needed_again(
    transformers: Any, folders: dict[str, Path], name: str, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    encoder = build_backbone(f"{name}:{folders[name]}", 12).eval()
    assert encoder.name == name
    kind = type(encoder.model)
    assert same_weights(encoder.model, _as_encoder(kind.from_pretrained(folders[name]), encoder))
    save_encoder(tmp_path, encoder, {})
    assert str(folders[name]) not in (tmp_path / "config.json").read_text()
    folders[name].rename(tmp_path / "elsewhere")
    try:
        assert same_weights(load_encoder(tmp_path), encoder)
    finally:
        (tmp_path / "elsewhere").rename(folders[name])


def _as_encoder(model: Any, encoder: Encoder) -> Any:
    """Without the layers that the encoder leaves out."""
    if encoder.name == "resnet18":
        model.embedder.pooler = torch.nn.Identity()
    if encoder.name == "small-vit":
        model.pooler = None
    return model


def test_maps_are_those_of_the_published_network(transformers: Any, folders: dict[str, Path]) -> None:
    """Patch tokens in the order of rows, of an image that needs no enlarging and has the usual colours."""
    encoder = build_backbone(f"dinov2:{folders['dinov2']}", 12).eval()
    image = torch.rand(1, 3, 112, 126)
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    pixels = ((image.permute(0, 2, 3, 1) - mean) / deviation).permute(0, 3, 1, 2)
    tokens = encoder.model(pixels).last_hidden_state[0, 1:]
    maps = encoder.maps(image)[0]
    assert maps.shape == (16, 8, 9)
    torch.testing.assert_close(maps[:, 3, 5], tokens[3 * 9 + 5])


def test_folders_that_do_not_fit_are_told_in_one_line(
    transformers: Any, folders: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"no config\.json"):
        build_backbone(f"dinov2:{tmp_path}", 12)
    with pytest.raises(UserError, match="are of a 'vit', backbone 'dinov2' needs 'dinov2'"):
        build_backbone(f"dinov2:{folders['small-vit']}", 12)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in folders["dinov2"].iterdir():
        content = path.read_bytes()
        (damaged / path.name).write_bytes(content if path.suffix == ".json" else content[:100])
    with pytest.raises(UserError, match="cannot be read") as error:
        build_backbone(f"dinov2:{damaged}", 12)
    assert "\n" not in str(error.value)
    config = json.loads((damaged / "config.json").read_text())
    (damaged / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}))
    (damaged / "model.safetensors").write_bytes((folders["dinov2"] / "model.safetensors").read_bytes())
    with pytest.raises(UserError, match=r"lack encoder\.layer\.2"):
        build_backbone(f"dinov2:{damaged}", 12)


def test_pretraining_begins_with_the_weights_of_a_folder(
    transformers: Any, folders: dict[str, Path], tmp_path: Path
) -> None:
    config = PretrainConfig(objective="none", backbone=f"resnet18:{folders['resnet18']}", embedding=8)
    trained = pretrain(config, sliding(2), tmp_path / "none")
    given = build_backbone(config.backbone, 8)
    assert same_weights(trained.encoder.model, given.model)
    trained = pretrain(replace(config, objective="simclr", epochs=1), sliding(2), tmp_path / "simclr")
    assert not same_weights(trained.encoder.model, given.model)
    assert same_weights(load_encoder(trained.path), trained.encoder)


def test_names_that_make_no_sense_are_refused_before_anything_is_imported() -> None:
    code = f"""
import sys
from activevision.encoders.config import PretrainConfig
from activevision.errors import UserError
for name in ("dinov3", "small-cnn:weights", "resnet18:", "timm", "timm:"):
    try: PretrainConfig(backbone=name)
    except UserError as error: print(error)
for name in {list(BACKBONES)[:4]} + ["dinov2:a:b", "timm:resnet18"]: PretrainConfig(backbone=name)
assert not {{"torch", "transformers", "timm"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    hints = ("did you mean 'dinov2'", "give small-cnn.", "give resnet18:FOLDER.", "give timm:NAME", "give timm:NAME")
    assert len(lines) == len(hints)
    assert all(hint in line for hint, line in zip(hints, lines, strict=True)), lines


@pytest.mark.parametrize(("name", "package"), [("resnet18", "transformers"), ("timm:resnet18", "timm")])
def test_a_missing_package_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch, name: str, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match="install") as error:
        build_backbone(name, 8)
    assert package in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224", "swin_tiny_patch4_window7_224"])
def test_networks_of_timm_where_it_works(name: str, tmp_path: Path) -> None:
    try:
        import timm
    except Exception as error:
        pytest.skip(f"timm does not work here: {error}")
    assert timm.is_model(name)
    encoder = build_backbone(f"timm:{name}", 8)
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 64, 64), dtype=np.uint8))
    assert encoder(images).shape == (2, 8)
    assert encoder.maps(images).shape[1] == encoder.channels
    save_encoder(tmp_path, encoder, {})
    assert torch.equal(load_encoder(tmp_path)(images), encoder.eval()(images))
