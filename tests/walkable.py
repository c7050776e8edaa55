"""Rooms whose free floor is known, for camera paths to move about in."""

from __future__ import annotations

from functools import cache

import numpy as np

from activevision.rollouts.paths import OBJECT, PANORAMA, ROOM, Place
from activevision.scenes import Instance, Mesh, Scene
from activevision.scenes.navigable import Agent, NavigableArea


def slab(low: tuple[float, float, float], high: tuple[float, float, float]) -> Mesh:
    """A closed box."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    vertices = np.array(low) + corners * (np.array(high) - low)
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))]
    return Mesh(vertices.astype(np.float32), np.array(faces, np.int32))


def room(width: float, depth: float, *furniture: Mesh) -> Scene:
    """A floor at height 0 within four walls, its middle at the origin, with furniture."""
    x, z = width / 2, depth / 2
    walls = [
        slab((-x - 0.1, 0, -z - 0.1), (-x, 2.5, z + 0.1)),
        slab((x, 0, -z - 0.1), (x + 0.1, 2.5, z + 0.1)),
        slab((-x, 0, -z - 0.1), (x, 2.5, -z)),
        slab((-x, 0, z), (x, 2.5, z + 0.1)),
    ]
    floor = slab((-x, -0.1, -z), (x, 0, z))
    return Scene("made", "room", (floor, *walls, *furniture), (Instance(1, "room", 1),), "", "", "", (0.0, 1.5, 0.0))


@cache
def furnished() -> Place:
    """5 × 4 m with a table in the middle, a cupboard, and a passage of 0.5 m behind a shelf."""
    scene = room(
        5.0,
        4.0,
        slab((-0.5, 0.0, -0.4), (0.5, 0.8, 0.4)),
        slab((-2.5, 0.0, -2.0), (-1.7, 2.0, -1.5)),
        slab((1.4, 0.0, -0.8), (1.7, 1.8, 1.5)),
    )
    return Place("made", ROOM, scene.bounds, NavigableArea.build(scene, Agent(height=1.8)))


@cache
def stairs() -> Place:
    """Two floors 1.7 m apart, joined by ten steps."""
    flight = [slab((1.0 + 0.3 * k, 0.0, -1.0), (1.3 + 0.3 * k, 0.17 * (k + 1), 1.0)) for k in range(10)]
    floors = slab((-2.0, -0.1, -1.5), (1.0, 0.0, 1.5)), slab((4.0, 0.0, -1.5), (7.0, 1.7, 1.5))
    scene = Scene("stairs", "room", (*floors, *flight), (Instance(1, "room", 1),), "", "", "", (0.0, 1.5, 0.0))
    return Place("stairs", ROOM, scene.bounds, NavigableArea.build(scene, Agent(height=1.8)))


@cache
def closet() -> Place:
    """0.6 × 0.6 m, in which one can stand and nothing else."""
    scene = room(0.6, 0.6)
    return Place("closet", ROOM, scene.bounds, NavigableArea.build(scene, Agent(height=1.8)))


THING = Place("thing", OBJECT, np.array([[-0.6] * 3, [0.6] * 3]), None, 2.5)
PICTURE = Place("picture", PANORAMA, np.zeros((2, 3)))


def places(kind: str) -> Place:
    """One of each kind."""
    return {ROOM: furnished(), OBJECT: THING, PANORAMA: PICTURE}[kind]
