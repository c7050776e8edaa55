"""The primitives are closed, wound outwards, of the right size, and carry unit normals and uv in metres."""

from __future__ import annotations

import numpy as np
import pytest

from activevision.scenes.procedural import solids
from activevision.scenes.procedural.solids import Solid

CIRCLE = np.pi
SOLIDS = {
    "box": (solids.box(1, 2, 3), 6.0, 1e-9),
    "rounded box": (
        solids.box(1, 1, 1, radius=0.1),
        0.8**3 + 6 * 0.8**2 * 0.1 + 3 * 0.8 * CIRCLE * 0.01 + 4 / 3 * CIRCLE * 0.001,
        0.01,
    ),
    "tapered box": (solids.box(1, 1, 1).tapered(0.5), 7 / 12, 1e-9),
    "bowed box": (solids.box(2, 1, 0.1, inner=12).bowed(0.3), 0.2, 1e-3),
    "cylinder": (solids.cylinder(1, 2, sides=64), 2 * CIRCLE, 0.02),
    "bevelled cylinder": (solids.cylinder(1, 2, sides=64, bevel=0.02), 2 * CIRCLE, 0.02),
    "sphere": (solids.sphere(1, sides=64), 4 / 3 * CIRCLE, 0.02),
    "torus": (solids.torus(1, 0.1, sides=64), 2 * np.pi**2 * 0.01, 0.11),
    "tube": (solids.tube([(0, 0, 0), (0, 3, 0)], 0.5, sides=64), 0.75 * CIRCLE, 0.02),
    "bent tube": (
        solids.tube(np.c_[solids.arc(1, 0, 90, 24), np.zeros(24)], 0.1, sides=64),
        CIRCLE**2 / 2 * 0.01,
        0.02,
    ),
    "prism": (solids.extrude([(0, 0), (1, 0), (0, 1)], 3), 1.5, 1e-9),
    "lathed pot": (
        solids.lathe([(0, 0), (1, 0), (1, 1), (0.5, 1), (0.5, 0.5), (0, 0.5)], sides=64),
        0.875 * CIRCLE,
        0.02,
    ),
    "spun boxes": (solids.spun(solids.box(0.1, 1, 0.1, (2, 0, 0)), 5), 0.05, 1e-9),
    "turned and scaled": (solids.box(1, 1, 1).turned("x", 33).scaled(1, 2, 3).moved(4, 5, 6), 6.0, 1e-9),
    "puffed cushion": (solids.box(1, 0.3, 1, radius=0.1, inner=8).puffed(0.1), 0.3 + 0.1 * 4 / 9, 0.1),
}


def corners(solid: Solid) -> np.ndarray:
    return solid.vertices[solid.faces]


@pytest.mark.parametrize("name", SOLIDS)
def test_volume_is_the_analytic_one_and_positive_so_faces_are_wound_outwards(name: str) -> None:
    solid, volume, tolerance = SOLIDS[name]
    a, b, c = np.moveaxis(corners(solid), 1, 0)
    assert np.einsum("fk,fk->", a, np.cross(b, c)) / 6 == pytest.approx(volume, rel=tolerance)


@pytest.mark.parametrize("name", SOLIDS)
def test_surface_is_closed(name: str) -> None:
    solid = SOLIDS[name][0]
    _, index = np.unique(np.round(solid.vertices, 6), axis=0, return_inverse=True)
    faces = index.reshape(-1)[solid.faces]
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    edges = edges[edges[:, 0] != edges[:, 1]]
    order = [np.lexsort(pairs.T) for pairs in (edges, edges[:, ::-1])]
    np.testing.assert_array_equal(edges[order[0]], edges[:, ::-1][order[1]])


@pytest.mark.parametrize("name", SOLIDS)
def test_normals_are_unit_vectors_on_the_outer_side_of_their_faces(name: str) -> None:
    solid = SOLIDS[name][0]
    np.testing.assert_allclose(np.linalg.norm(solid.normals, axis=1), 1, atol=1e-9)
    a, b, c = np.moveaxis(corners(solid), 1, 0)
    facing = np.cross(b - a, c - a)
    area = np.linalg.norm(facing, axis=1)
    real = area > 1e-12
    cosine = np.einsum("fk,fvk->fv", facing[real] / area[real, None], solid.normals[solid.faces[real]])
    assert cosine.min() > 0.75


def test_uv_are_metres_on_a_box() -> None:
    solid = solids.box(0.4, 0.7, 1.3)
    lengths = np.linalg.norm(corners(solid)[:, 1] - corners(solid)[:, 0], axis=1)
    in_uv = np.linalg.norm(np.diff(solid.uv[solid.faces][:, :2], axis=1)[:, 0], axis=1)
    np.testing.assert_allclose(in_uv, lengths, atol=1e-12)


def test_uv_are_metres_along_a_lathed_wall() -> None:
    solid = solids.cylinder(0.5, 2.0, sides=128)
    wall = np.abs(solid.normals[:, 1]) < 0.5
    np.testing.assert_allclose(np.ptp(solid.uv[wall], axis=0), [2 * np.pi * 0.5, 2.0], rtol=1e-3)


def test_fillet_keeps_the_ends_and_cuts_the_corner() -> None:
    path = solids.fillet([(0, 0), (1, 0), (1, 1)], 0.2)
    np.testing.assert_allclose(path[[0, -1]], [(0, 0), (1, 1)])
    assert np.linalg.norm(path - [1, 0], axis=1).min() > 0.05


def test_spline_passes_through_its_points() -> None:
    points = np.array([(0, 0), (1, 2), (3, 1), (4, 4)], float)
    np.testing.assert_allclose(solids.spline(points, 10)[::3], points, atol=1e-12)
