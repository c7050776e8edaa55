"""``activevision evaluate`` without an agent: one is trained first, where there is a grid and where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from solids import Solids

from activevision.commands import evaluate, learn
from activevision.commands.demo import Demo
from activevision.commands.evaluate import Evaluate, _enough
from activevision.commands.learn import affordable_recogniser
from activevision.commands.world import World, WorldChoice
from activevision.errors import UserError
from activevision.evaluation.reading import main_rows, other_fusions, versus
from activevision.evaluation.results_file import read_results
from activevision.explore_protocol import EXPLORE_ROOM
from activevision.protocol import LOOK_AROUND, LOOK_AROUND_SCENES
from activevision.scenes import Entry
from activevision.scenes.rooms import RoomsCatalogue

TINY_ROOMS = RoomsCatalogue(per_class=7, classes=("bathroom", "hallway"))
WORLDS = {
    "activevision/ActiveScene-v0": replace(LOOK_AROUND_SCENES, elevations_deg=(-30.0, 0.0), azimuths=6, views=3,
                                           height=8, width=8),
    "activevision/Explore-v0": replace(EXPLORE_ROOM, views=3, height=8, width=8),
}  # fmt: skip


@pytest.mark.parametrize("env", WORLDS)
def test_from_nothing_to_a_report_and_the_second_time_from_what_is_there(
    env: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(WorldChoice, "world", lambda self: World(env, TINY_ROOMS, WORLDS[env]))
    monkeypatch.setattr(evaluate, "_SMALL_ROLLOUTS", {True: 8, False: 8})
    monkeypatch.setattr(learn, "_VIEWS_A_SCENE", 4)
    command = Evaluate(choice=WorldChoice(env=env), out=tmp_path, episodes=2)
    command.run()
    first = read_results(tmp_path / "results.json")
    unfair = ("peek_saliency",) if "Scene" in env else ()
    ceilings, walker = (("all_views", "oracle", "full_oracle"), "farthest") if "Scene" in env else ((), "wander")
    assert set(main_rows(first)) == {"single", "random", "sweep", walker, *unfair, *ceilings}
    assert ("peek saliency (unfair)" in (tmp_path / "report.html").read_text(encoding="utf-8")) == bool(unfair)
    assert set(other_fusions(first, "random")) == {"mean", "recurrent"}
    assert {row["policy"] for row in versus(first, walker)} >= {"random", "single"}
    assert first["intervals"]["over"] == first["catalogue"]["noun"] == "rooms"
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "4 rooms" in page
    assert ("Dashed lines are ceilings" in page) == bool(ceilings)

    def never(*_: object, **__: object) -> None:
        raise AssertionError("what is there is not made again")

    monkeypatch.setattr("activevision.agents.train.train_recogniser", never)
    monkeypatch.setattr("activevision.agents.fusion.recurrent.Recurrent.fit", never)
    monkeypatch.setattr("activevision.commands.collect.collect_rollouts", never)
    command.run()
    second = read_results(tmp_path / "results.json")
    assert {**second, "seconds": 0} == {**first, "seconds": 0}

    class DealtAnew(RoomsCatalogue):
        def scenes(self, split: str) -> Sequence[Entry]:
            return super().scenes("val" if split == "test" else split)

    rooms = DealtAnew(per_class=7, classes=("bathroom", "hallway"))
    monkeypatch.setattr(WorldChoice, "world", lambda self: World(env, rooms, WORLDS[env]))
    with pytest.raises(UserError, match="learnt from, or was validated with, 2 of the 2 test scenes"):
        Evaluate(agent=tmp_path / "agent", out=tmp_path / "leak").run()
    assert not (tmp_path / "leak").exists()


class Few(Solids):
    def scenes(self, split: str) -> Sequence[Entry]:
        return super().scenes(split)[:3]


def test_too_few_scenes_for_an_interval_are_told_of_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(WorldChoice, "world", lambda self: World("activevision/ActiveObject-v0", Few(), LOOK_AROUND))
    for command in (Evaluate(out=tmp_path / "out"), Demo(WorldChoice(scenes="procedural"), out=tmp_path / "out")):
        with pytest.raises(UserError, match="3 scenes are too few"):
            command.run()
    assert not (tmp_path / "out").exists()


def test_rooms_made_to_order_are_as_many_as_a_few_minutes_allow_unless_said_otherwise() -> None:
    assert _enough(WorldChoice(env="activevision/ActiveScene-v0")).per_class == 60
    assert _enough(WorldChoice(env="activevision/Explore-v0")).per_class == 40
    assert _enough(WorldChoice(env="activevision/Explore-v0", per_class=7)).per_class == 7
    assert _enough(WorldChoice()).per_class is None


def test_the_recogniser_passes_over_the_views_as_often_as_their_pixels_allow() -> None:
    def epochs(env: str, **choice: int) -> int:
        return affordable_recogniser(WorldChoice(env=f"activevision/{env}", **choice).world()).epochs  # type: ignore[arg-type]

    assert epochs("ActiveScene-v0", per_class=60) == 20  # 432 rooms of 40 views of 32 × 32 pixels, and no more than 20
    assert epochs("Explore-v0") == int(900e6 / (288 * 40 * 64 * 64))
    assert epochs("Explore-v0", per_class=400) == 3


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"fusions": ("transformer",)}, "fusion 'transformer' has to be fitted.*train --fusions transformer"),
        ({"fusions": ("transformr",)}, "unknown fusion 'transformr': did you mean 'transformer'"),
        ({"policies": ("ppo",)}, "policy 'ppo' has to be trained"),
    ],
)
def test_what_the_small_agent_does_not_have_is_told_of_before_it_is_trained(
    asked: dict[str, tuple[str, ...]], reason: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=reason):
        Evaluate(out=tmp_path / "out", **asked).run()  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()
