"""What camera paths claim: limits that hold, no teleports, feet on the floor, an eye on the middle, the same again."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from walkable import PICTURE, THING, closet, furnished, places, stairs

from activevision.errors import UserError
from activevision.geometry import log_se3
from activevision.rollouts.paths import KINDS, OBJECT, PANORAMA, PATHS, ROOM, NoRoom, Place, Track, get_path
from activevision.rollouts.paths.camera_path import check_fits

PAIRS = [(name, kind) for name in PATHS for kind in PATHS[name].kinds]
RATE = 50.0


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def lengths(vectors: np.ndarray) -> np.ndarray:
    return np.linalg.norm(vectors, axis=1)


def track(name: str, place: Place, seed: int, views: int = 301, rate: float = RATE) -> Track:
    return get_path(name)(place, views, rate, generator(seed))


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_speed_acceleration_jerk_and_turning_stay_within_the_limits(name: str, kind: str) -> None:
    limits, place = PATHS[name].limits, places(kind)
    unit = place.distance if kind == OBJECT else 1.0
    for seed in range(12):
        pose, commanded = track(name, place, seed)
        # derivatives by differences: means over a fiftieth of a second, which cannot exceed the true extremes
        velocity = np.diff(pose[:, :3, 3], axis=0) * RATE / unit
        acceleration = np.diff(velocity, axis=0) * RATE
        turning = np.einsum("nij,nj->ni", pose[:-1, :3, :3], log_se3(commanded)[:, 3:]) * RATE
        assert lengths(velocity).max() <= limits.speed
        assert lengths(acceleration).max() <= limits.acceleration
        assert lengths(np.diff(acceleration, axis=0) * RATE).max() <= limits.jerk
        assert lengths(turning).max() <= limits.turn_rate
        assert lengths(np.diff(turning, axis=0) * RATE).max() <= limits.turn_acceleration


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_no_view_is_a_leap_from_the_one_before(name: str, kind: str) -> None:
    for seed in range(4):
        pose, _ = track(name, places(kind), seed, views=100, rate=10.0)
        steps = np.diff(pose[:, :3, 3], axis=0)
        # each step is like the mean of its neighbours, and none is longer than the limit of speed lets it be
        assert lengths(steps).max() <= PATHS[name].limits.speed * places(kind).distance / 10
        assert lengths(steps[1:-1] - (steps[:-2] + steps[2:]) / 2).max() < 0.07


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_poses_are_rigid_upright_and_composed_of_the_egomotions(name: str, kind: str) -> None:
    pose, commanded = track(name, places(kind), 3, views=60, rate=10.0)
    assert pose.shape == (60, 4, 4)
    assert commanded.shape == (59, 4, 4)
    np.testing.assert_allclose(pose[:, :3, :3] @ pose[:, :3, :3].swapaxes(1, 2), np.broadcast_to(np.eye(3), (60, 3, 3)),
                               atol=1e-9)  # fmt: skip
    assert (pose[:, 1, 1] > 0).all()
    np.testing.assert_allclose(reduce(np.matmul, commanded, pose[0]), pose[-1], atol=1e-9)


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_path(name: str, kind: str) -> None:
    first, again, other = (track(name, places(kind), seed, views=30, rate=10.0).pose for seed in (7, 7, 8))
    assert first.tobytes() == again.tobytes()
    assert not np.allclose(first, other)


@pytest.mark.parametrize("name", [name for name, kind in PAIRS if kind == ROOM])
def test_nobody_leaves_the_floor_nor_comes_nearer_to_things_than_the_radius(name: str) -> None:
    place = furnished()
    boxes = np.array([
        [[-0.5, -0.4], [0.5, 0.4]], [[-2.5, -2.0], [-1.7, -1.5]], [[1.4, -0.8], [1.7, 1.5]],
    ])  # fmt: skip
    for seed in range(10):
        eye = track(name, place, seed).pose[:, :3, 3]
        assert place.floor is not None
        assert place.floor.contains(eye * [1, 0, 1]).all()
        plane = eye[:, [0, 2]]
        outside = np.maximum(boxes[:, 0] - plane[:, None], plane[:, None] - boxes[:, 1]).clip(0)
        walls = np.array([2.5, 2.0]) - np.abs(plane)
        nearest = min(np.linalg.norm(outside, axis=-1).min(), walls.min())
        assert nearest > 0.18 - 0.05 * np.sqrt(0.5) - 1e-6  # a cell is free as a whole where its middle is
        assert eye[:, 1].min() > 0.4
        assert eye[:, 1].max() < 1.8


def test_an_orbit_looks_at_its_middle() -> None:
    for seed in range(5):
        pose = track("orbit", THING, seed).pose
        towards = -pose[:, :3, 3] / lengths(pose[:, :3, 3])[:, None]
        np.testing.assert_allclose(towards, -pose[:, :3, 2], atol=1e-9)
        assert lengths(pose[:, :3, 3]).min() >= THING.distance * 0.99  # all of the object is in view
        # in a room all lines of sight meet in one point
        pose = track("orbit", furnished(), seed).pose
        across = np.eye(3) - pose[:, :3, 2:3] * pose[:, None, :3, 2]
        meeting = np.linalg.lstsq(across.reshape(-1, 3), (across @ pose[:, :3, 3:]).reshape(-1), rcond=None)[0]
        off = np.einsum("nij,nj->ni", across, meeting - pose[:, :3, 3])
        assert lengths(off).max() < 1e-6


def test_a_tumble_is_at_one_distance_and_sees_every_elevation_as_often() -> None:
    eye = np.concatenate([track("tumble", THING, seed).pose[:, :3, 3] for seed in range(200)])
    np.testing.assert_allclose(lengths(eye), THING.distance, rtol=1e-6)
    elevation = np.degrees(np.arcsin(eye[:, 1] / THING.distance))
    share = np.histogram(elevation, bins=np.arange(-90, 91, 30))[0] / len(eye)
    np.testing.assert_allclose(share, 1 / 6, atol=0.03)


def test_a_turntable_turns_at_a_constant_rate_and_elevation() -> None:
    pose, commanded = track("turntable", THING, 1)
    np.testing.assert_allclose(commanded, np.broadcast_to(commanded[0], commanded.shape), atol=1e-9)
    assert np.ptp(pose[:, 1, 3]) < 1e-9
    turns = log_se3(track("turntable", furnished(), 1).commanded)
    np.testing.assert_allclose(turns[:, :3], 0, atol=1e-9)


def test_a_camera_in_a_panorama_only_turns() -> None:
    for name in ("handheld", "turntable"):
        assert not track(name, PICTURE, 2).pose[:, :3, 3].any()


def test_a_car_goes_forward_level_and_where_it_looks() -> None:
    for seed in range(6):
        pose, _ = track("driving", furnished(), seed)
        step = np.diff(pose[:, :3, 3], axis=0)
        assert np.ptp(pose[:, 1, 3]) < 1e-9
        ahead = -(pose[:-1, :3, 2] + pose[1:, :3, 2]) * [1, 0, 1]
        along = (step * ahead).sum(axis=1) / lengths(ahead)
        assert (along > 0).all()
        np.testing.assert_allclose(along, lengths(step), rtol=1e-3)  # no slip to the side
        turn = np.abs(np.diff(np.unwrap(np.arctan2(-pose[:, 0, 2], -pose[:, 2, 2]))))
        assert (turn / lengths(step)).max() < np.tan(np.radians(38)) / 0.2 * 1.05  # the tightest circle of the bicycle


def test_a_walk_bobs_at_the_rate_of_its_steps() -> None:
    walk = get_path("walk", speed=(1.0, 1.0), pause=0.0)
    hall = Place("hall", ROOM, np.array([[-10.0, 0, -10], [10, 2.5, 10]]), _Plain())
    pose = walk(hall, 1000, RATE, generator(0)).pose
    pace = lengths(np.diff(pose[:, [0, 2], 3], axis=0)) * RATE
    fast = pace > 0.8
    height = (pose[1:, 1, 3] - pose[1:, 1, 3].mean()) * fast
    spectrum = np.abs(np.fft.rfft(height, 1 << 14))
    beat = np.fft.rfftfreq(1 << 14, 1 / RATE)[spectrum[300:].argmax() + 300]
    assert beat == pytest.approx(np.sqrt(pace[fast].mean() / 0.39), rel=0.05)  # steps a second at that speed
    assert 0.02 < np.ptp(pose[1:, 1, 3][fast]) < 0.06


class _Plain:
    """An endless floor."""

    def contains(self, points):
        return np.ones(np.shape(points)[:-1], bool)

    def height_at(self, points):
        return np.zeros(np.shape(points)[:-1])

    def sample(self, generator, count):
        return generator.uniform(-8, 8, (count, 3)) * [1, 0, 1]

    def slide(self, start, stop):
        return np.array(stop), np.zeros(np.shape(stop)[:-1], bool)

    def path(self, start, goal):
        return np.stack([start, goal])


def test_people_take_stairs_without_a_jolt_and_cars_do_not() -> None:
    climbed = []
    for seed in range(6):
        eye = track("walk", stairs(), seed, 800).pose[:, :3, 3]
        velocity = np.diff(eye, axis=0) * RATE
        assert lengths(velocity).max() < PATHS["walk"].limits.speed * 1.3  # up a slope of 30 degrees
        assert lengths(np.diff(velocity, axis=0) * RATE).max() < PATHS["walk"].limits.acceleration
        climbed.append(np.ptp(eye[:, 1]))
        assert np.ptp(track("driving", stairs(), seed).pose[:, 1, 3]) < 1e-9
    assert max(climbed) > 1.5


def test_a_walk_gets_about() -> None:
    ways = [
        lengths(np.diff(track("walk", furnished(), seed, 200, 10.0).pose[:, :3, 3], axis=0)).sum() for seed in range(8)
    ]
    assert np.median(ways) > 5.0
    ends = np.concatenate([track("walk", furnished(), seed, 200, 10.0).pose[::20, :3, 3] for seed in range(8)])
    assert (np.ptp(ends, axis=0)[[0, 2]] > [3.0, 2.0]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_a_motion_that_does_not_fit_is_refused_in_one_line_that_names_those_that_do(kind: str) -> None:
    for name, path in PATHS.items():
        if kind in path.kinds:
            check_fits(get_path(name), kind, PATHS, "it")
            continue
        with pytest.raises(UserError, match=rf"{name}.*'it'.*handheld.*turntable") as error:
            check_fits(get_path(name), kind, PATHS, "it")
        assert "\n" not in str(error.value)


def test_which_motions_go_with_what() -> None:
    assert {name: set(path.kinds) for name, path in PATHS.items()} == {
        "walk": {ROOM},
        "driving": {ROOM},
        "orbit": {ROOM, OBJECT},
        "tumble": {OBJECT},
        "handheld": {ROOM, OBJECT, PANORAMA},
        "turntable": {ROOM, OBJECT, PANORAMA},
    }


def test_where_there_is_no_room_it_is_said() -> None:
    for name in ("driving", "orbit"):
        with pytest.raises(NoRoom, match="closet"):
            track(name, closet(), 0)
    nowhere = Place("nowhere", ROOM, np.array([[-1.0] * 3, [1.0] * 3]))
    for name in ("walk", "driving", "handheld", "orbit", "turntable"):
        with pytest.raises(NoRoom, match="nowhere"):
            track(name, nowhere, 0)


def test_names() -> None:
    assert get_path("kitti-like").name == "driving"
    with pytest.raises(UserError, match="did you mean 'turntable'"):
        get_path("turntabel")
    with pytest.raises(UserError, match="did you mean 'speed'"):
        get_path("walk", sped=(1, 2))
    with pytest.raises(UserError, match=r"Walk with speed=.*lowest and the highest"):
        get_path("walk", speed=(2, 1))
    assert get_path("walk", pause=0.5).settings["pause"] == 0.5
