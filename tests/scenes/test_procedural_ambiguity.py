"""Ambiguous objects are the same picture, to the last pixel, but from the views that their group documents."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from activevision.camera import Camera
from activevision.geometry import orbit_pose
from activevision.scenes.procedural import CLASSES, GROUPS, Group, Recipe
from activevision.simulators.embree_simulator import EmbreeSimulator

ROWS, COLUMNS = 7, 12
ELEVATION, AZIMUTH = (
    angle.ravel()
    for angle in np.meshgrid(np.radians(np.linspace(-90, 90, ROWS)), np.radians(np.arange(0, 360, 30)), indexing="ij")
)
SEEDS = (0, 11)
PIXELS = 40


def views(group: Group, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Colour (members, 84, H, W, 3) and depth (members, 84, H, W) of a group's instance over the 7 × 12 grid."""
    scenes = [Recipe(label, 1, seed, 0, ambiguous=True)().fitted(1.0) for label in group.classes]
    count = len(scenes)
    frames = EmbreeSimulator(scenes).render(
        np.repeat(np.arange(count), ROWS * COLUMNS),
        np.tile(orbit_pose(ELEVATION, AZIMUTH, 3.0), (count, 1, 1)),
        Camera(PIXELS, PIXELS, 40.0),
        ("rgb", "depth"),
    )
    shape = (count, ROWS * COLUMNS, PIXELS, PIXELS)
    return frames["rgb"].reshape(*shape, 3).astype(np.int64), frames["depth"].reshape(shape)


@pytest.fixture(scope="module")
def grids() -> dict[tuple[str, int], tuple[NDArray[np.int64], NDArray[np.float32]]]:
    return {(group.name, seed): views(group, seed) for group in GROUPS for seed in SEEDS}


def differences(rgb: NDArray[np.int64], depth: NDArray[np.float32]) -> NDArray[np.float64]:
    """(84,): share of the object's pixels that clearly differ, for the most alike two members."""
    object_pixels = np.maximum((depth[0] > 0).sum((1, 2)), 1)
    pairs = [np.abs(a - b).max(-1) > 24 for a, b in combinations(rgb, 2)]
    return np.min([pair.sum((1, 2)) / object_pixels for pair in pairs], axis=0)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_members_are_identical_from_beside_and_behind_every_opening(group: Group, seed: int, grids: dict) -> None:
    rgb, depth = grids[group.name, seed]
    hidden = ~group.informative(ELEVATION, AZIMUTH, within=np.pi / 2 - 1e-6)
    assert hidden.sum() >= 30
    for member in range(1, len(group.classes)):
        np.testing.assert_array_equal(rgb[member, hidden], rgb[0, hidden])
        np.testing.assert_allclose(depth[member, hidden], depth[0, hidden], atol=1e-5)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
def test_members_differ_when_one_looks_into_an_opening(group: Group, seed: int, grids: dict) -> None:
    straight = group.informative(ELEVATION, AZIMUTH, within=np.radians(31))
    assert differences(*grids[group.name, seed])[straight].min() > 0.02


@pytest.mark.parametrize("group", [g for g in GROUPS if g.name != "vessel"], ids=lambda group: group.name)
def test_uninformative_views_tell_where_one_stands(group: Group, grids: dict) -> None:
    """No two hidden views look the same, so a policy can learn which way the front is; a vessel only asks for "up"."""
    rgb, depth = grids[group.name, 0]
    hidden = np.flatnonzero(~group.informative(ELEVATION, AZIMUTH, within=np.pi / 2 - 1e-6))
    for first, second in combinations(hidden, 2):
        different = (np.abs(rgb[0, first] - rgb[0, second]).max(-1) > 24).sum()
        assert different > 0.01 * (depth[0, first] > 0).sum()


def test_choice_of_view_matters_on_the_7_by_12_grid(grids: dict) -> None:
    """A third of views inform; by moves of two rows and columns three views always can, and a walk often misses."""
    rng = np.random.default_rng(0)
    shares, walks, bests = [], [], []
    for group in GROUPS:
        informs = np.mean([differences(*grids[group.name, seed]) > 0.03 for seed in SEEDS], axis=0) == 1.0
        informs = informs.reshape(ROWS, COLUMNS)
        row, column = rng.integers(0, ROWS, 4000), rng.integers(0, COLUMNS, 4000)
        seen, reachable = informs[row, column], informs
        for _ in range(2):
            row = np.clip(row + rng.integers(-2, 3, 4000), 0, ROWS - 1)
            column = (column + rng.integers(-2, 3, 4000)) % COLUMNS
            seen = seen | informs[row, column]
            moves = [(dr, dc) for dr in range(-2, 3) for dc in range(-2, 3)]
            rows = np.arange(ROWS)[:, None]
            columns = np.arange(COLUMNS)
            reachable = np.any(
                [reachable[np.clip(rows + dr, 0, ROWS - 1), (columns + dc) % COLUMNS] for dr, dc in moves], axis=0
            )
        weight = len(group.classes) / len(CLASSES)
        shares.append(weight * informs.mean())
        walks.append(weight * seen.mean())
        bests.append(weight * reachable.mean())
    assert 0.2 < sum(shares) < 0.45
    assert sum(walks) < 0.6
    assert sum(bests) > 0.97
