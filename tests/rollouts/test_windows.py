"""Claims of windows: what is chosen by frames, seconds and motion is what a loop over an episode would choose."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from wanderings import wander

from activevision.errors import UserError
from activevision.geometry import egomotion, rotation_angle
from activevision.rollouts.windows import Gap, Moved, Seconds, Step, Windows

LENGTHS = (7, 1, 40, 2, 13)


@pytest.fixture(scope="module")
def episodes() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rollouts = [wander(i, views, uneven=True) for i, views in enumerate(LENGTHS)]
    offsets = np.cumsum([0, *LENGTHS])
    return offsets, np.concatenate([r.time for r in rollouts]), np.concatenate([r.pose for r in rollouts])


def by_loop(step: Step, start: int, end: int, f: int, time: np.ndarray, pose: np.ndarray) -> int:
    later = range(f + 1, end)
    if isinstance(step, Gap):
        return f + step.frames if f + step.frames < end else -1
    if isinstance(step, Seconds):
        off = {g: abs(time[g] - time[f] - step.gap) for g in later}
        best = min(off, key=off.__getitem__, default=-1)
        return best if best >= 0 and off[best] <= step.gap / 2 else -1
    for g in later[: step.within]:
        motion = egomotion(pose[f], pose[g])
        far = np.linalg.norm(pose[g, :3, 3] - pose[f, :3, 3])
        if rotation_angle(motion) >= step.rotation or far >= step.translation:
            return g
    return -1


@pytest.mark.parametrize(
    "step",
    [Gap(), Gap(3), Seconds(0.05), Seconds(0.2), Seconds(0.01), Moved(rotation=0.5), Moved(translation=0.8),
     Moved(rotation=1.0, translation=1.0, within=5)],
)  # fmt: skip
def test_steps_lead_where_a_loop_leads(step: Step, episodes: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    offsets, time, pose = episodes
    following = step.follow(offsets, time, pose)
    expected = [
        by_loop(step, start, end, f, time, pose)
        for start, end in itertools.pairwise(offsets.tolist())
        for f in range(start, end)
    ]
    np.testing.assert_array_equal(following, expected)
    assert (following >= 0).any() or step == Seconds(0.01)


@pytest.mark.parametrize(("step", "stride"), [(Gap(), 1), (Gap(), 4), (Gap(2), 3), (Seconds(0.1), 1), (Moved(0.6), 2)])
def test_windows_are_chains_of_steps_within_one_episode(
    step: Step, stride: int, episodes: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    offsets, time, pose = episodes
    windows = Windows(4, step, stride)
    following = step.follow(offsets, time, pose)
    rows = windows.rows(windows.starts(offsets, following), following)
    np.testing.assert_array_equal(following[rows[:, :-1]], rows[:, 1:])
    episode = np.searchsorted(offsets, rows, side="right") - 1
    assert (episode == episode[:, :1]).all()
    for number, (start, end) in enumerate(itertools.pairwise(offsets.tolist())):
        whole = [f for f in range(start, end) if chain(following, f, 4)]
        wanted = {f for f in whole if (f - start) % stride == 0} | set(whole[-1:])
        assert set(rows[episode[:, 0] == number, 0].tolist()) == wanted


def chain(following: np.ndarray, f: int, length: int) -> bool:
    for _ in range(length - 1):
        f = following[f] if f >= 0 else -1
    return f >= 0


@pytest.mark.parametrize("lengths", [[6, 6, 6], [40], [5, 9, 1, 23], [2, 2]])
def test_covering_windows_hold_every_pair_of_neighbours(lengths: list[int]) -> None:
    offsets = np.cumsum([0, *lengths])
    windows = Windows.covering(np.array(lengths))
    following = windows.step.follow(offsets, np.zeros(0), np.zeros(0))
    rows = windows.rows(windows.starts(offsets, following), following)
    pairs = [(a, a + 1) for s, e in itertools.pairwise(offsets.tolist()) for a in range(s, e - 1)]
    held = np.stack([rows[:, :-1], rows[:, 1:]], -1).reshape(-1, 2)
    assert {tuple(p) for p in held.tolist()} == set(pairs)
    if len(set(lengths)) == 1 and lengths[0] <= 16:
        assert len(rows) == len(lengths), "short episodes that are alike are windows"
    assert len(held) < len(pairs) + len(lengths) * windows.length


def test_wrong_settings_are_refused() -> None:
    for wrong in (
        lambda: Windows(1),
        lambda: Windows(2, stride=0),
        lambda: Gap(0),
        lambda: Seconds(0),
        lambda: Moved(),
    ):
        with pytest.raises(UserError):
            wrong()
