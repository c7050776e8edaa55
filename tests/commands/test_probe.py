"""Claims of ``activevision probe``: what it measures, what it writes, and what it refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from wanderings import wander, write

from activevision.commands.probe import Probe, _candidates
from activevision.encoders.backbones import SmallCNN
from activevision.encoders.checkpoint import save_encoder
from activevision.errors import UserError
from activevision.evaluation.probing import compare
from activevision.evaluation.probing.splits import hold_out
from activevision.rollouts.dataset import WindowDataset


@pytest.fixture(scope="module")
def rollouts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rollouts")
    for split, first in (("train", 0), ("test", 100)):
        walks = [wander(first + i, 5, label="ab"[i % 2], size=16) for i in range(10)]
        write(folder / split, walks, classes=("a", "b"))
    return folder


def saved(folder: Path, seed: int) -> Path:
    torch.manual_seed(seed)
    data = {"catalogue": "walks", "split": "another"}
    save_encoder(folder / "encoder", SmallCNN(8).eval(), {"settings": {"seed": seed}, "data": data})
    return folder


def probe(rollouts: Path, tmp_path: Path, **others: object) -> Probe:
    return Probe(
        data=rollouts / "train", heldout=rollouts / "test", seeds=2, out=tmp_path / "out", **others  # type: ignore[arg-type]
    )  # fmt: skip


def test_every_encoder_of_a_folder_is_measured_beside_random_weights(
    rollouts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seed in (("one", 1), ("deep/two", 2)):
        saved(tmp_path / "runs" / name, seed)
    probe(rollouts, tmp_path, all=tmp_path / "runs").run()
    results = json.loads((tmp_path / "out" / "probe.json").read_text())
    assert set(results["encoders"]) == {"one", "deep/two", "random-weights"}
    for row in results["encoders"].values():
        assert {"linear_probe", "mrr", "pre", "error_atomic", "path_rotation"} <= set(row["figures"])
        assert len(row["figures"]["mrr"]["per_seed"]) == 2
    page = (tmp_path / "out" / "index.html").read_text()
    for name in ("one", "deep/two", "random-weights", "3DIEBench"):
        assert name in page
    assert not re.findall(r'(?:src|href)="(?!data:)', page)  # loads nothing else
    assert "was pretrained on" not in page

    monkeypatch.setattr(compare, "measure", lambda *_: pytest.fail("measured again"))
    probe(rollouts, tmp_path, all=tmp_path / "runs").run()
    again = json.loads((tmp_path / "out" / "probe.json").read_text())
    assert again["encoders"] == results["encoders"]

    monkeypatch.setattr(compare, "REVISION", 0)
    with pytest.raises(pytest.fail.Exception, match="measured again"):  # figures that were made in another way
        probe(rollouts, tmp_path, all=tmp_path / "runs").run()


def test_an_encoder_that_has_seen_the_test_split_is_named(rollouts: Path, tmp_path: Path) -> None:
    save_encoder(tmp_path / "cheat" / "encoder", SmallCNN(8).eval(), {"settings": {}, "data": {
        "catalogue": "walks", "split": "train"}})  # fmt: skip
    # the data sets of these tests all say "train"
    probe(rollouts, tmp_path, encoder=(tmp_path / "cheat",)).run()
    assert "cheat was pretrained on the train split" in (tmp_path / "out" / "index.html").read_text()


def test_untrained_encoders_alone_have_a_page(rollouts: Path, tmp_path: Path) -> None:
    save_encoder(tmp_path / "blank" / "encoder", SmallCNN(8).eval(), {})
    probe(rollouts, tmp_path, encoder=(tmp_path / "blank",)).run()
    assert "What features tell that nothing was trained for" in (tmp_path / "out" / "index.html").read_text()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "nothing to measure: give --encoder PATH or --all DIR"),
        ({"all": "."}, "no encoder anywhere in"),
        ({"encoder": ("nowhere",)}, "no encoder in nowhere"),
        ({"all": ".", "protocol": "object"}, "did you mean 'objects'?"),
        ({"all": ".", "seeds": 0}, "--seeds 0: give at least 1"),
        ({"all": ".", "heldout": None}, "--data and --heldout go together"),
    ],
)
def test_what_cannot_be_measured_is_one_line(
    settings: dict[str, object], reason: str, rollouts: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    paths = {"all": tmp_path / "empty"} if "all" in settings else {}
    if "encoder" in settings:
        paths["encoder"] = (Path("nowhere"),)  # type: ignore[assignment]
    given = {"data": rollouts / "train", "heldout": rollouts / "test", **settings, **paths}
    with pytest.raises(UserError) as error:
        Probe(out=tmp_path / "out", **given).run()  # type: ignore[arg-type]
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_test_scenes_must_be_others(rollouts: Path, tmp_path: Path) -> None:
    saved(tmp_path / "one", 1)
    with pytest.raises(UserError, match="some of the scenes"):
        Probe((tmp_path / "one",), data=rollouts / "train", heldout=rollouts / "train", out=tmp_path / "out").run()


def test_two_encoders_of_one_name_are_refused(rollouts: Path, tmp_path: Path) -> None:
    folders = (saved(tmp_path / "a" / "run", 1), saved(tmp_path / "b" / "run", 2))
    with pytest.raises(UserError, match="would both be called"):
        probe(rollouts, tmp_path, encoder=folders).run()


@pytest.mark.parametrize("count", [1, 4])
def test_too_few_scenes_to_hold_any_out_are_refused(count: int, rollouts: Path, tmp_path: Path) -> None:
    saved(tmp_path / "one", 1)
    walks = [wander(i % count, 5, label="ab"[i % 2], size=16) for i in range(10)]
    write(tmp_path / "few", walks, classes=("a", "b"))
    with pytest.raises(UserError, match=rf"few shows {count} scenes?, .* collect rollouts of 5 or more\.$"):
        Probe((tmp_path / "one",), data=tmp_path / "few", heldout=rollouts / "test", out=tmp_path / "out").run()


def test_nothing_is_chosen_on_the_scene_that_it_is_fitted_to() -> None:
    with pytest.raises(UserError, match="scene a alone"):
        hold_out(np.array(["a", "a"]), np.random.default_rng(0))
    for count in range(2, 12):
        held_out = hold_out(np.arange(count), np.random.default_rng(0))
        assert held_out.sum() == max(1, round(count / 5))


def test_random_weights_are_of_the_very_networks_that_are_measured(rollouts: Path, tmp_path: Path) -> None:
    made = {"plain": (16, 32, 64, 128), "narrow": (4, 4, 8, 8), "again": (4, 4, 8, 8)}
    for name, channels in made.items():
        save_encoder(tmp_path / name, SmallCNN(8, channels).eval(), {"settings": {}})
    test = WindowDataset.load(rollouts / "test")
    found = _candidates({name: tmp_path / name for name in made}, test)
    assert set(found) - set(made) == {"random-weights small-cnn 8 (1)", "random-weights small-cnn 8 (2)"}
    architectures = [found[f"random-weights small-cnn 8 ({i})"].encoder.architecture for i in (1, 2)]
    assert architectures == [found[name].encoder.architecture for name in ("plain", "narrow")]
    narrow = _candidates({"narrow": tmp_path / "narrow"}, test)
    assert narrow["random-weights"].encoder.architecture == {"channels": [4, 4, 8, 8]}
