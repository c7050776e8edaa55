"""Claims of checkpoints: what comes back is what was saved, or an error that says why not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import activevision
from activevision.commands.pretrain import measure_encoders
from activevision.encoders.backbones import SmallCNN, build_backbone
from activevision.encoders.checkpoint import load_encoder, read_card, save_encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.features import extract_features
from activevision.errors import UserError
from activevision.rollouts.dataset import WindowDataset

CARD = {
    "settings": {"objective": "equivariance", "epochs": 3},
    "data": {"catalogue": "procedural", "licence": "MIT", "credit": "a | b"},
    "figures": {"linear_probe": 0.51234},
}


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Path, SmallCNN]:
    torch.manual_seed(0)
    encoder = SmallCNN(12)
    encoder(torch.rand(8, 3, 64, 64))  # so that the running statistics are not those of a fresh one
    save_encoder(tmp_path / "e", encoder, CARD)
    return tmp_path / "e", encoder.eval()


def test_a_round_trip_gives_the_same_features(saved: tuple[Path, SmallCNN]) -> None:
    path, encoder = saved
    images = torch.rand(4, 3, 64, 64)
    loaded = load_encoder(path)
    assert not loaded.training
    assert torch.equal(loaded(images), encoder(images))
    assert read_card(path) == CARD


def test_the_card_names_data_licence_and_figures(saved: tuple[Path, SmallCNN]) -> None:
    text = (saved[0] / "README.md").read_text()
    for words in ("| licence | MIT |", "| linear probe | 0.5123 |", r"a \| b", "small-cnn, 12 dimensions"):
        assert words in text


def test_the_card_compares_encoders_in_columns(saved: tuple[Path, SmallCNN], windows: WindowDataset) -> None:
    path, encoder = saved
    figures = measure_encoders({"equivariance": encoder, "slow_features": encoder}, windows, windows, PretrainConfig())
    save_encoder(path, encoder, {"figures": figures})
    lines = (path / "README.md").read_text().splitlines()
    table = lines[lines.index("## Figures") + 2 :]
    assert table[:2] == ["|  | equivariance | slow_features | random-weights |", "| --- | --- | --- | --- |"]
    assert len(table) == 2 + len(figures)
    ours, _, blank = (f"{figures['linear_probe'][name]:.4g}" for name in figures["linear_probe"])
    assert f"| linear probe | {ours} | {ours} | {blank} |" in table
    assert not any("{" in line for line in table)


@pytest.mark.parametrize(
    ("licence", "head"),
    [
        ("MIT", ["license: mit"]),
        ("CC-BY-4.0", ["license: cc-by-4.0"]),
        ('MIT (rooms), "own"', ["license: other", r'license_name: "MIT (rooms), \"own\""']),
        (None, []),
    ],
)
def test_the_head_of_the_card_names_the_licence_of_the_data(
    saved: tuple[Path, SmallCNN], licence: str | None, head: list[str]
) -> None:
    path, encoder = saved
    save_encoder(path, encoder, {"data": {"licence": licence} if licence else {}})
    text = (path / "README.md").read_text()
    assert [line for line in text.split("---")[1].splitlines() if line.startswith("license")] == head


def edit(path: Path, **changes: object) -> None:
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**config, **changes}))


def test_damage_and_mismatch_are_told_in_one_line(saved: tuple[Path, SmallCNN], tmp_path: Path) -> None:
    path, _ = saved
    weights = (path / "encoder.safetensors").read_bytes()
    with pytest.raises(UserError, match="no encoder in"):
        load_encoder(tmp_path / "nothing")
    for damaged in (weights[:-5], weights[:-1] + bytes([weights[-1] ^ 1])):
        (path / "encoder.safetensors").write_bytes(damaged)
        with pytest.raises(UserError, match="checksums differ"):
            load_encoder(path)
    (path / "encoder.safetensors").unlink()
    with pytest.raises(UserError, match=r"lacks encoder\.safetensors"):
        load_encoder(path)
    (path / "encoder.safetensors").write_bytes(weights)
    edit(path, embedding=16)
    with pytest.raises(UserError, match="does not fit backbone 'small-cnn'") as error:
        load_encoder(path)
    assert "\n" not in str(error.value)
    edit(path, backbone="small-cnm")
    with pytest.raises(UserError, match="did you mean 'small-cnn'"):
        load_encoder(path)
    (path / "config.json").write_text("{")
    with pytest.raises(UserError, match="not valid JSON"):
        load_encoder(path)


def test_another_layout_is_told_with_the_version_that_wrote_it(saved: tuple[Path, SmallCNN]) -> None:
    path, encoder = saved
    config = json.loads((path / "config.json").read_text())
    assert (config["schema"], config["version"]) == (1, activevision.__version__)
    edit(path, schema=7, version="9.1.0")
    with pytest.raises(UserError, match=r"schema 7 of activevision 9\.1\.0, .*use the version that wrote it") as error:
        load_encoder(path)
    assert "\n" not in str(error.value)
    del config["version"]  # as the first encoders were written
    (path / "config.json").write_text(json.dumps(config))
    images = torch.rand(4, 3, 64, 64)
    assert torch.equal(load_encoder(path)(images), encoder(images))
    (path / "config.json").write_text(json.dumps({**config, "schema": 0}))
    with pytest.raises(UserError, match="schema 0 of an earlier version"):
        load_encoder(path)


def test_bytes_and_floats_are_the_same_image(saved: tuple[Path, SmallCNN]) -> None:
    images = torch.randint(0, 256, (3, 3, 64, 64), dtype=torch.uint8)
    torch.testing.assert_close(saved[1](images), saved[1](images / 255.0))


@pytest.mark.parametrize("size", [(32, 32), (64, 64), (96, 80), (128, 128)])
def test_other_sizes_work(size: tuple[int, int]) -> None:
    assert build_backbone("small-cnn", 20)(torch.rand(2, 3, *size)).shape == (2, 20)


def test_features_come_in_the_order_and_shape_of_the_images(saved: tuple[Path, SmallCNN]) -> None:
    images = np.random.default_rng(0).integers(0, 256, (5, 2, 64, 64, 3), dtype=np.uint8)
    encoder = saved[1].train()
    features = extract_features(encoder, images, batch_size=3)
    assert encoder.training
    assert features.shape == (5, 2, 12)
    one = encoder.eval()(torch.from_numpy(images[3, 1]).permute(2, 0, 1)[None])
    np.testing.assert_allclose(features[3, 1], one.detach().numpy()[0], rtol=1e-4, atol=1e-5)


def test_the_folder_of_a_run_is_told_from_an_encoder(saved, tmp_path: Path) -> None:
    (tmp_path / "e").rename(tmp_path / "encoder")
    (tmp_path / "config.json").write_text('{"command": "pretrain"}')
    with pytest.raises(UserError, match=f"{tmp_path} is no encoder .*give {tmp_path / 'encoder'}"):
        load_encoder(tmp_path)
