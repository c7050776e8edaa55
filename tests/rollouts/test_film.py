"""What ``FilmRecorder`` claims: labels that fit the frames, every scene in turn, the same bytes whoever makes them."""

from __future__ import annotations

from functools import partial, reduce
from pathlib import Path

import numpy as np
import pytest
from staged import Distances, Staged, recorder

from activevision.camera import Camera, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import exp_se3
from activevision.rollouts.collect import collect
from activevision.rollouts.engines import Processes, in_this_process
from activevision.rollouts.film import FilmRecorder
from activevision.rollouts.manifest import Manifest, Source
from activevision.rollouts.paths import get_path
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import read_rollouts

SOURCE = Source("staged", "train", "MIT", "the tests")


def films(of: FilmRecorder, first: int, count: int) -> list[Rollout]:
    return list(of.record(first, count, lambda frames: None))


def test_an_episode_holds_what_was_asked_for_and_its_motions_lead_from_view_to_view() -> None:
    of = recorder(sensors=("depth", "instance"), pairs=Distances(), rate=5.0, camera=Camera(8, 6, 45.0))
    told: list[int] = []
    (film,) = of.record(3, 1, told.append)
    assert told == [12]
    assert of.views == film.views == 12
    assert film.rgb.shape == (12, 6, 8, 3)
    assert set(film.sensors) == {"depth", "instance"}
    np.testing.assert_array_equal(film.time, np.arange(12) / 5.0)
    np.testing.assert_allclose(film.commanded, film.egomotion, atol=1e-12)
    np.testing.assert_allclose(exp_se3(film.motion), film.egomotion, atol=1e-12)
    np.testing.assert_allclose(reduce(np.matmul, film.egomotion, film.pose[0]), film.pose[-1], atol=1e-12)
    np.testing.assert_allclose(film.pairs["distance"], np.linalg.norm(np.diff(film.pose[:, :3, 3], axis=0), axis=1))
    np.testing.assert_allclose(film.sensors["depth"][:, 0, 0], film.pose[:, 1, 3], rtol=1e-6)
    assert not film.collided.any()
    index = int(film.sensors["instance"][0, 0, 0])
    assert (film.scene_id, film.scene_key, film.label) == (f"scene-{index}", f"key {index}", "ab"[index % 2])
    assert film.spec["motion"] == "orbit"
    assert film.spec["scenes"] == {"catalogue": "staged"}


def test_every_scene_is_filmed_before_any_comes_again_in_an_order_from_the_seed() -> None:
    ids = [film.scene_id for film in films(recorder(), 0, 15)]
    thrice = [ids[i : i + 5] for i in (0, 5, 10)]
    assert all(sorted(once) == sorted(thrice[0]) for once in thrice)
    assert thrice[0] != thrice[1]
    assert ids != [film.scene_id for film in films(recorder(seed=1), 0, 15)]
    twice = [film.scene_id for film in films(recorder(per_scene=2), 0, 10)]
    assert twice[::2] == twice[1::2] == ids[:5]


def test_an_episode_depends_on_the_seed_and_its_number_alone() -> None:
    whole = films(recorder(), 0, 6)
    for number in (5, 0, 3):
        (alone,) = films(recorder(), number, 1)
        assert alone.pose.tobytes() == whole[number].pose.tobytes()
        assert alone.rgb.tobytes() == whole[number].rgb.tobytes()
        assert (alone.scene_id, alone.seed) == (whole[number].scene_id, whole[number].seed)
    poses = {film.pose.tobytes() for film in (*whole, *films(recorder(seed=1), 0, 6), *films(recorder(), 6, 6))}
    assert len(poses) == 18


def test_a_scene_without_room_is_passed_over_for_the_next() -> None:
    def of(cramped: tuple[int, ...]) -> FilmRecorder:
        return FilmRecorder(Staged("room", 4, cramped), get_path("driving"), 0, views=12)

    free = [film.scene_id for film in films(of(()), 0, 4)]
    cramped = (int(free[1][-1]),)
    expected = [free[0], free[2], free[2], free[3]]
    assert [film.scene_id for film in films(of(cramped), 0, 4)] == expected
    assert [film.scene_id for film in films(of(cramped), 1, 1)] == expected[1:2]
    with pytest.raises(UserError, match="4 scenes in a row have no room for motion 'driving'") as error:
        films(of((0, 1, 2, 3)), 0, 1)
    assert "\n" not in str(error.value)


def test_one_process_two_processes_and_a_resumed_run_write_the_same_bytes(tmp_path: Path) -> None:
    make = partial(recorder, "handheld", 5, sensors=("depth",), pairs=Distances())
    engines = {"one": in_this_process, "two": Processes(2)}
    for name, engine in engines.items():
        collect(make, 7, tmp_path / name, SOURCE, episodes_per_shard=2, engine=engine)
    collect(make, 3, tmp_path / "grown", SOURCE, episodes_per_shard=2)
    collect(make, 7, tmp_path / "grown", SOURCE, episodes_per_shard=2)
    expected = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir()}
    assert len(expected) == 9  # four shards with their indices, and the manifest
    for name in ("two", "grown"):
        assert {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} == expected
    first = next(iter(read_rollouts(tmp_path / "one")))
    (again,) = films(make(), 0, 1)
    np.testing.assert_array_equal(first.pose, again.pose)
    np.testing.assert_array_equal(first.rgb, again.rgb)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1}, {"views": 13}, {"rate": 9.0}, {"per_scene": 2}, {"camera": Camera(64, 64, 46.0)},
        {"camera": EquirectangularCamera(64, 32)}, {"sensors": ("depth",)}, {"pairs": Distances()},
        {"motion": "turntable"}, {"count": 6},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
def test_whatever_changes_an_episode_changes_the_settings(change: dict) -> None:
    assert recorder(**change).settings != recorder().settings


def test_settings_of_the_motion_are_settings(tmp_path: Path) -> None:
    stage = Staged()
    usual, other = (FilmRecorder(stage, get_path("orbit", **s), 0) for s in ({}, {"turn_deg": (1.0, 2.0)}))
    assert usual.settings != other.settings
    collect(lambda: recorder(), 1, tmp_path, SOURCE)
    kept = Manifest.read(tmp_path).settings
    assert {name: kept[name] for name in recorder().settings} == recorder().settings  # as JSON gives them back


@pytest.mark.parametrize("wrong", [{"views": 1}, {"rate": 0.0}, {"rate": float("nan")}, {"per_scene": 0}])
def test_settings_that_make_no_film_are_refused_in_one_line(wrong: dict) -> None:
    with pytest.raises(UserError, match=next(iter(wrong))) as error:
        recorder(**wrong)
    assert "\n" not in str(error.value)


def test_a_motion_that_does_not_go_with_the_scenes_is_refused_before_anything_is_filmed() -> None:
    with pytest.raises(UserError, match="'walk' does not go with an object: 'scene-0'"):
        recorder("walk")


def test_closing_it_closes_the_stage() -> None:
    stage = Staged()
    FilmRecorder(stage, get_path("orbit"), 0).close()
    assert stage.closed
