"""Mugs, cups and planters."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import (
    FIRED,
    HARD,
    SOFT,
    Finish,
    Model,
    colour,
    pick,
    plain,
)
from activevision.scenes.procedural.solids import (
    Array,
    Solid,
    box,
    fillet,
    lathe,
    merge,
    sphere,
    spline,
    tube,
)

SKINS = (*FIRED, *SOFT[:1], *HARD[:1])
LIQUIDS = np.array([[0.2, 0.11, 0.06], [0.55, 0.27, 0.1], [0.82, 0.62, 0.42], [0.9, 0.88, 0.82], [0.5, 0.55, 0.2]])
SOIL = np.array([0.2, 0.15, 0.11])


def mug(rng: Generator) -> Model:
    """Straight, tapered, barrel or waisted, with one handle, holding a drink."""
    model = Model()
    skin = pick(rng, SKINS, 0.2)
    radius, height = rng.uniform(0.036, 0.05), rng.uniform(0.08, 0.12)
    side = _side(radius, height, rng.uniform(0.82, 1.06), rng.uniform(0.9, 1.12))
    model.add(skin, hollow(side, 0.0045))
    model.add(pick(rng, SKINS, 0.2) if rng.random() < 0.3 else skin, grip(rng, side))
    model.add(plain(LIQUIDS[rng.integers(len(LIQUIDS))]), filled(side, 0.0045, rng.uniform(0.72, 0.88)))
    return model


def cup(rng: Generator) -> Model:
    """A handleless beaker, tumbler or tea bowl, empty, some on a saucer."""
    model = Model()
    skin = pick(rng, SKINS, 0.2)
    radius, height = rng.uniform(0.036, 0.055), rng.uniform(0.06, 0.13)
    lift = 0.0
    if rng.random() < 0.4:
        lift, wide = 0.008, radius * rng.uniform(1.5, 1.9)
        dish = [(0, 0), (0.55 * wide, 0), (wide, 0.014), (0.98 * wide, 0.019), (0.55 * wide, 0.008), (0, 0.008)]
        model.add(skin if rng.random() < 0.7 else pick(rng, SKINS, 0.2), lathe(fillet(dish, 0.006), sides=40))
    side = _side(radius, height, rng.uniform(0.5, 0.85), rng.uniform(0.72, 1.08))
    model.add(skin, hollow(side, 0.0035).moved(y=lift))
    return model


def planter(rng: Generator) -> Model:
    """A round or square pot of soil with a sword plant, a shrub, a palm, a rosette or a cactus."""
    model = Model()
    skin = pick(rng, (*FIRED, *HARD), 0.5)
    radius, height = rng.uniform(0.07, 0.17), rng.uniform(0.1, 0.3)
    if rng.random() < 0.25:
        model.add(skin, *_square_pot(radius, height))
        model.add(plain(SOIL), box(1.8 * radius, 0.02, 1.8 * radius, (0, 0.86 * height, 0)))
    else:
        side = _side(radius, height, rng.uniform(0.6, 0.95), rng.uniform(0.85, 1.15))
        model.add(skin, hollow(side, 0.008))
        model.add(plain(SOIL), filled(side, 0.008, 0.86))
        if rng.random() < 0.4:
            collar = [(radius - 0.008, -0.035), (radius + 0.008, -0.035), (radius + 0.01, 0), (radius - 0.008, 0)]
            model.add(skin, lathe(np.array([*collar, collar[0]]) + np.array([0, height]), sides=36))
    green = _green(rng)
    base = 0.87 * height
    style = rng.integers(5)
    if style == 0:
        for _ in range(int(rng.integers(7, 13))):
            blade = leaf(rng.uniform(1.5, 3.5) * radius + 0.1, 0.2 * radius, rng.uniform(0.02, 0.3), 0.12)
            model.add(green, _planted(rng, blade, 0.4 * radius, base))
    elif style == 1:
        crown = radius * rng.uniform(1.0, 1.5)
        stem = rng.uniform(0.3, 2.2) * radius
        model.add(
            plain(SOIL * 1.6), tube([(0, base - 0.02, 0), (0, base + stem + 0.5 * crown, 0)], 0.08 * radius, sides=8)
        )
        for _ in range(int(rng.integers(8, 13))):
            direction = rng.normal(size=3)
            spot = 0.55 * crown * direction / np.linalg.norm(direction)
            ball = sphere(crown * rng.uniform(0.35, 0.5), sides=14)
            model.add(green, ball.moved(spot[0], base + stem + 0.45 * crown + spot[1], spot[2]))
    elif style == 2:
        trunk = rng.uniform(0.5, 3.0) * radius
        model.add(
            plain(SOIL * 1.8), tube([(0, base - 0.02, 0), (0.03, base + trunk, 0)], [0.11 * radius, 0.08 * radius])
        )
        for index in range(int(rng.integers(9, 15))):
            frond = leaf(
                rng.uniform(1.4, 2.2) * radius + 0.08, 0.16 * radius, rng.uniform(0.5, 1.3), rng.uniform(0.3, 0.8)
            )
            model.add(green, frond.turned("y", 137.5 * index).moved(0.03, base + trunk - 0.01))
    elif style == 3:
        model.add(green, rosette(rng, 0.95 * radius, 0.9 * radius).moved(y=base))
    else:
        for x in (0.0, 0.45 * radius, -0.4 * radius)[: int(rng.integers(1, 4))]:
            model.add(green, _cactus(0.34 * radius, rng.uniform(1.0, 2.6) * radius).moved(x, base - 0.01, 0.6 * x))
    return model


def vessel(label: str, shared: Generator, own: Generator) -> Model:
    """Mug, cup or planter in one pot with one handle, told apart by what lies below its rim, so from above."""
    model = Model()
    skin = pick(shared, SKINS, 0.2)
    radius, height, wall = shared.uniform(0.042, 0.055), shared.uniform(0.075, 0.11), 0.0045
    side = _side(radius, height, shared.uniform(0.7, 1.0), shared.uniform(0.9, 1.08))
    model.add(skin, hollow(side, wall))
    model.add(pick(shared, SKINS, 0.2) if shared.random() < 0.3 else skin, grip(shared, side))
    if label == "mug":
        model.add(plain(LIQUIDS[own.integers(len(LIQUIDS))]), filled(side, wall, own.uniform(0.8, 0.9)))
    elif label == "planter":
        model.add(plain(SOIL), filled(side, wall, 0.62))
        model.add(_green(own), rosette(own, 0.8 * (radius - wall), 0.33 * height).moved(y=0.62 * height))
    return model


def _side(radius: float, height: float, foot: float, belly: float) -> Array:
    """Outside (N, 2) of a pot as (radius, y), from its foot's edge to its rim; widths relative to the rim's."""
    controls = np.array([(0.9 * foot, 0.0), (foot, 0.06), ((foot + 1) / 2 * belly, 0.5), (1.0, 1.0)])
    return spline(controls * [radius, height], 16)


def hollow(side: Array, wall: float) -> Solid:
    """A pot with that outside, ``wall`` thick, with a rounded rim and open at the top."""
    radius, y = side.T
    low = max(1.5 * wall, y[0] + 1e-4)
    inside = np.stack([radius - wall, y], axis=1)[y > low][::-1]
    rim = [(radius[-1] - 0.25 * wall, y[-1] + 0.3 * wall), (radius[-1] - 0.75 * wall, y[-1] + 0.3 * wall)]
    floor = [(np.interp(low, y, radius) - wall, low), (0, low)]
    return lathe([(0, 0), *side, *rim, *inside, *floor], sides=36, crease_deg=50)


def filled(side: Array, wall: float, level: float) -> Solid:
    """What stands in a pot up to ``level`` of its height."""
    height = side[-1, 1]
    levels = np.array([max(0.5 * level, 0.1), level]) * height
    radii = np.interp(levels, side[:, 1], side[:, 0]) - 0.8 * wall
    return lathe([(0, levels[0]), (radii[0], levels[0]), (radii[1], levels[1]), (0, levels[1])], sides=36)


def grip(rng: Generator, side: Array) -> Solid:
    """A handle on the +X side: an ear, a ring or a square loop."""
    height = side[-1, 1]
    top, low = rng.uniform(0.78, 0.86) * height, rng.uniform(0.16, 0.3) * height
    reach = rng.uniform(0.5, 0.75) * side[-1, 0]
    start, end = np.interp([top, low], side[:, 1], side[:, 0]) - 0.002
    style = rng.integers(3)
    if style == 0:
        path = spline([(start, top), (start + reach, top), (end + reach, 0.55 * (top + low)), (end, low)], 16)
    elif style == 1:
        angle = np.linspace(np.pi / 2, -np.pi / 2, 16)
        path = np.stack(
            [np.linspace(start, end, 16) + reach * np.cos(angle), (top + low) / 2 + (top - low) / 2 * np.sin(angle)], 1
        )
    else:
        path = fillet([(start, top), (start + reach, top), (end + reach, low), (end, low)], 0.012, 4)
    bar = tube(np.column_stack([path, np.zeros(len(path))]), rng.uniform(0.0038, 0.0055), sides=10)
    return bar.scaled(z=rng.uniform(1.0, 1.7))


def leaf(length: float, width: float, droop: float, spread: float) -> Solid:
    """A flat leaf that grows up from the origin, leans towards +X by ``spread`` of its length and droops at its tip."""
    t = np.linspace(0, 1, 8)
    path = length * np.stack([spread * t + 0.3 * droop * t**2, t * (1 - 0.55 * droop * t**1.5), 0 * t], axis=1)
    radii = np.maximum(np.sin(np.pi * (0.08 + 0.9 * t)) * 0.5 * width, 0.0005)
    return tube(path, radii * 0.16, sides=6).scaled(z=6.2)


def rosette(rng: Generator, radius: float, height: float) -> Solid:
    """A succulent: fleshy leaves in a golden spiral, within ``radius`` and ``height``."""
    count = int(rng.integers(14, 22))
    bud = sphere(0.5, sides=10).scaled(1.0, 0.22, 0.5).moved(0.42, -0.05, 0)
    leaves = []
    for index in range(count):
        outward = 1 - 0.75 * index / count
        size = radius * (0.45 + 0.45 * outward)
        tilt = 25 + 60 * (1 - outward)
        leaves.append(
            bud.scaled(size, size, size)
            .turned("z", tilt)
            .turned("y", 137.5 * index)
            .moved(y=0.08 * height * (1 - outward))
        )
    solid = merge(leaves)
    low, high = solid.vertices.min(0), solid.vertices.max(0)
    widest = np.hypot(solid.vertices[:, 0], solid.vertices[:, 2]).max()
    return solid.moved(y=-low[1]).scaled(radius / widest, height / (high[1] - low[1]), radius / widest)


def _cactus(radius: float, height: float) -> Solid:
    profile = [
        (0, 0),
        (0.8 * radius, 0),
        (radius, 0.3 * height),
        (0.95 * radius, 0.75 * height),
        (0.6 * radius, 0.95 * height),
    ]
    column = lathe([*fillet([*profile, (0, height)], 0.1 * height, 3)], sides=40, crease_deg=80)
    angle = np.arctan2(column.vertices[:, 2], column.vertices[:, 0])
    ribs = (1 + 0.13 * np.cos(10 * angle))[:, None] * np.array([1, 0, 1]) + np.array([0, 1, 0])
    return Solid(column.vertices * ribs, column.faces, column.normals, column.uv)


def _planted(rng: Generator, solid: Solid, spread: float, base: float) -> Solid:
    x, z = rng.uniform(-spread, spread, 2)
    return solid.turned("y", rng.uniform(0, 360)).moved(x, base - 0.01, z)


def _square_pot(radius: float, height: float) -> list[Solid]:
    wall = 0.012
    sides = [box(2 * radius, height, wall, (0, 0, s * (radius - wall / 2)), radius=0.004) for s in (-1, 1)]
    return [*sides, *(side.turned("y", 90) for side in sides), box(2 * radius - wall, 0.02, 2 * radius - wall)]


def _green(rng: Generator) -> Finish:
    """Mostly leaf greens, some red, grey or painted foliage."""
    if rng.random() < 0.25:
        return plain(colour(rng))
    return plain(np.array([rng.uniform(0.2, 0.5), rng.uniform(0.4, 0.7), rng.uniform(0.15, 0.4)]))
