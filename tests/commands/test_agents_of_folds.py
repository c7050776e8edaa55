"""Every object tested once, over an agent a fold: what each may be tested on, and one result of all."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from solids import Solids

from activevision.agents.config import AgentConfig, RecogniserConfig
from activevision.agents.views import SceneViews
from activevision.commands import recognition
from activevision.commands.evaluate import Evaluate
from activevision.commands.score import Score
from activevision.commands.suites import Suite
from activevision.commands.train import AGENT, train_in
from activevision.commands.unseen import NOTE
from activevision.commands.world import World, WorldChoice
from activevision.encoders.backbones import build_backbone
from activevision.encoders.config import PretrainConfig
from activevision.errors import UserError
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.results_file import read_results
from activevision.protocol import LOOK_AROUND
from activevision.rollouts.dataset import WindowDataset
from activevision.scenes.folds import FoldedCatalogue

PROTOCOL = replace(LOOK_AROUND, elevations_deg=(-30.0, 0.0, 30.0), azimuths=6, height=16, width=16)
CONFIG = AgentConfig(
    recogniser=RecogniserConfig(epochs=1, batch_size=16), fusions=("product", "mean"), policies=(), seeds=0
)
PARTS = 2


def _world(choice: WorldChoice) -> World:
    catalogue = FoldedCatalogue(Solids(), int(choice.fold[0]), PARTS) if choice.fold else Solids()
    return World("activevision/ActiveObject-v0", catalogue, PROTOCOL)


@pytest.fixture(autouse=True)
def tiny_world(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorldChoice, "world", _world)


def _fold(part: int) -> WorldChoice:
    return WorldChoice(scenes="furniture", fold=f"{part}/{PARTS}")


def _train(part: int, folder: Path) -> None:
    frames, twists = np.zeros((1, 2, 4, 4, 3), np.uint8), np.zeros((1, 1, 6), np.float32)
    data = WindowDataset.of_episodes(frames, twists, np.zeros(1, np.int64), np.array(["a"]), Solids.classes)
    with closing(_world(_fold(part)).make("train", 18)) as env:
        views = SceneViews.gather(env, 0)
    torch.manual_seed(0)
    train_in(folder, _fold(part), build_backbone("small-cnn", 8).eval(), data, None, CONFIG, {}, views)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The agents and evaluations of both folds, as ``train --fold`` and ``evaluate`` make them."""
    out = tmp_path_factory.mktemp("runs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WorldChoice, "world", _world)
        for part in (1, 2):
            _train(part, out / f"agent-{part}")
            Evaluate(
                agent=out / f"agent-{part}", policies=("single", "random"), episodes=2, out=out / f"evaluation-{part}"
            ).run()
    return out


def _refused(agent: Path, choice: WorldChoice, out: Path) -> str:
    with pytest.raises(UserError) as error:
        Evaluate(agent=agent, choice=choice, policies=("single",), out=out).run()
    assert not out.exists()
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("choice", "whose"),
    [(_fold(2), "test scenes of 'solids, part 2 of 2'"), (WorldChoice(scenes="furniture"), "test scenes of 'solids'")],
)
def test_an_agent_is_not_tested_on_what_it_learnt_from(
    runs: Path, choice: WorldChoice, whose: str, tmp_path: Path
) -> None:
    ours, asked = ({entry.id for entry in _world(one).catalogue.scenes("test")} for one in (_fold(1), choice))
    assert len(asked - ours) > 0
    said = _refused(runs / "agent-1", choice, tmp_path / "out")
    assert f"learnt from, or was validated with, {len(asked - ours)} of the {len(asked)} {whose}" in said
    assert "leave --scenes and --fold out" in said


def test_what_its_training_left_out_may_be_named(runs: Path, tmp_path: Path) -> None:
    Evaluate(agent=runs / "agent-1", choice=_fold(1), policies=("single",), episodes=1, out=tmp_path / "out").run()
    assert (tmp_path / "out" / "results.json").exists()


def test_training_scenes_are_looked_at_where_they_are_asked_for(runs: Path, tmp_path: Path) -> None:
    Evaluate(agent=runs / "agent-1", split="train", policies=("single",), episodes=1, out=tmp_path / "out").run()
    assert read_results(tmp_path / "out" / "results.json")["catalogue"]["split"] == "train"


def test_a_variant_of_what_it_learnt_from_is_nothing_new(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Recoloured(Solids):
        def scenes(self, split):
            return [
                replace(entry, id=f"{entry.id}-red", key=f"red {entry.key}", group=entry.key)
                for entry in super().scenes(split)
            ]

    facts = json.loads((runs / "agent-1" / AGENT).read_text())
    monkeypatch.setattr(WorldChoice, "world", lambda _: World("activevision/ActiveObject-v0", Recoloured(), PROTOCOL))
    seen = [entry for entry in Recoloured().scenes("test") if entry.group in facts[NOTE]]
    said = _refused(runs / "agent-1", WorldChoice(scenes="furniture"), tmp_path / "out")
    assert f"learnt from, or was validated with, {len(seen)} of the 6 test scenes" in said


def test_an_agent_that_does_not_say_what_it_learnt_from_is_refused_and_training_it_again_says_it(
    runs: Path, tmp_path: Path
) -> None:
    agent = tmp_path / "agent"
    shutil.copytree(runs / "agent-1", agent)
    facts = json.loads((agent / AGENT).read_text())
    noted = facts.pop(NOTE)
    (agent / AGENT).write_text(json.dumps(facts))
    assert "of an earlier version" in _refused(agent, WorldChoice(), tmp_path / "out")
    _train(1, agent)
    assert json.loads((agent / AGENT).read_text())[NOTE] == noted
    held_out = _world(_fold(1)).catalogue.scenes("test")
    assert len(noted) == 18 - len(held_out)
    assert not {entry.key for entry in held_out} & set(noted)


def test_the_logs_of_all_folds_are_one_result_over_every_object(runs: Path, tmp_path: Path) -> None:
    logs = tuple(runs / f"evaluation-{part}" / "logs" for part in (1, 2))
    Score(logs=logs, resamples=200, out=tmp_path / "score").run()
    results = read_results(tmp_path / "score" / "results.json")
    assert (results["catalogue"]["name"], results["catalogue"]["split"]) == ("solids", "2 folds")
    assert results["catalogue"]["scenes"] == results["intervals"]["scenes"] == 18
    row = results["rows"]["single/product/own"]
    assert row["episodes"] == 18 * 2
    alone = [TrajectoryLog.load(folder / "single-product-own-0.parquet") for folder in logs]
    right = np.concatenate([log.correct for log in alone])
    np.testing.assert_allclose(row["accuracy"], right.mean(axis=0), atol=1e-6)
    assert "18 objects" in (tmp_path / "score" / "report.html").read_text(encoding="utf-8")


def test_the_page_of_one_fold_says_that_it_is_not_all(runs: Path) -> None:
    page = (runs / "evaluation-1" / "report.html").read_text(encoding="utf-8")
    tested = len(_world(_fold(1)).catalogue.scenes("test"))
    assert f"2 folds of solids · {tested} of 18 objects" in page


def test_a_fold_that_is_given_twice_is_an_error(runs: Path, tmp_path: Path) -> None:
    logs = [runs / "evaluation-1" / "logs", runs / "evaluation-2" / "logs", tmp_path / "logs"]
    shutil.copytree(logs[0], logs[2])
    with pytest.raises(UserError, match=r"seed 0, episode 0 occurs twice: give every fold and every seed once"):
        Score(logs=tuple(logs), resamples=200, out=tmp_path / "score").run()


def test_a_suite_scores_its_folds_as_one_would(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "_FLOOR", "random/product")
    monkeypatch.setattr("activevision.evaluation.published.ORDER", ())
    monkeypatch.setattr(recognition, "JOINT", ())
    suite = Suite(
        "", WorldChoice(scenes="furniture"), episodes=64, folds=PARTS, starts=2, pretrain=PretrainConfig(epochs=1),
        agent=CONFIG,
    )  # fmt: skip
    results = recognition.run_suite("tiny", suite, 1, tmp_path / "suite", 1)
    assert results["catalogue"]["split"] == "2 folds"
    assert results["catalogue"]["scenes"] == results["intervals"]["scenes"] == 18
    logs = tuple(tmp_path / "suite" / f"fold-{part}" / "logs" for part in (1, 2))
    Score(logs=logs, resamples=200, out=tmp_path / "score").run()
    again = read_results(tmp_path / "score" / "results.json")
    assert again["catalogue"] == results["catalogue"]
    assert again["rows"].keys() == results["rows"].keys()
    for name, row in results["rows"].items():
        assert again["rows"][name]["accuracy"] == row["accuracy"]
