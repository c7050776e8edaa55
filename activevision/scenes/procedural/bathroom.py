"""Toilets and bathtubs."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import FIRED, HARD, TOPS, Finish, Model, fitting, pick, plain
from activevision.scenes.procedural.solids import (
    Solid,
    box,
    cylinder,
    fillet,
    lathe,
    loft,
    oval,
    point_ring,
    spun,
    tube,
)

WATER = np.array([0.55, 0.68, 0.72])


def toilet(rng: Generator) -> Model:
    """A bowl on a foot or a block, seat and lid up or down, with a close, high or built-in cistern."""
    model = Model()
    body = pick(rng, FIRED)
    seat = body if rng.random() < 0.5 else pick(rng, HARD)
    height, width, length = rng.uniform(0.38, 0.44), rng.uniform(0.35, 0.4), rng.uniform(0.46, 0.54)
    power = float(rng.choice([2.0, 2.4, 3.5]))
    steel = fitting(rng)
    middle = 0.1
    rear = middle - length / 2
    bowl(model, body, width, length, height, power, middle, blocky=rng.random() < 0.35)
    lid_up = rng.random() < 0.5
    model.add(seat, seat_ring(width + 0.015, length + 0.01, height, power, middle))
    style = rng.integers(3)
    tank_width, tank_depth = rng.uniform(0.36, 0.46), rng.uniform(0.16, 0.2)
    tank_z = rear - tank_depth / 2 + 0.05
    if style == 0:
        rise = rng.uniform(0.3, 0.4)
        model.add(body, box(tank_width * 0.8, height - 0.02, tank_depth, (0, 0, tank_z), radius=0.03).tapered(0.75))
        model.add(body, box(tank_width, rise, tank_depth, (0, height - 0.03, tank_z), radius=0.03))
        model.add(
            body, box(tank_width + 0.02, 0.035, tank_depth + 0.02, (0, height + rise - 0.035, tank_z), radius=0.012)
        )
        top = height + rise
        if rng.random() < 0.5:
            model.add(steel, cylinder(0.025, 0.012, (0, top - 0.002, tank_z), sides=18, bevel=0.004))
        else:
            lever = box(
                0.08, 0.018, 0.012, (-0.3 * tank_width, top - 0.09, tank_z + tank_depth / 2 + 0.006), radius=0.004
            )
            model.add(steel, lever)
    elif style == 1:
        block = pick(rng, HARD)
        model.add(block, box(rng.uniform(0.45, 0.6), rng.uniform(0.85, 1.15), tank_depth, (0, 0, tank_z), radius=0.015))
        for x in (-0.035, 0.035):
            model.add(steel, cylinder(0.028, 0.01).turned("x", 90).moved(x, 0.78, tank_z + tank_depth / 2))
    else:
        rise = rng.uniform(0.95, 1.25)
        model.add(body, box(tank_width, 0.28, tank_depth, (0, rise, tank_z), radius=0.03))
        model.add(steel, cylinder(0.02, rise - 0.1, (0, 0.12, tank_z), sides=14))
        model.add(body, box(0.16, height - 0.03, tank_depth, (0, 0, tank_z), radius=0.03))
        chain = [(0.3 * tank_width, rise, tank_z + 0.04), (0.3 * tank_width, rise - 0.4, tank_z + 0.04)]
        model.add(steel, tube(chain, 0.004, sides=6), cylinder(0.012, 0.06, (chain[1][0], rise - 0.46, tank_z + 0.04)))
    lid = loft(
        [
            point_ring((0, 0, 0)),
            oval(width, length, 0, power=power),
            oval(width + 0.01, length + 0.01, 0.012, power=power),
            oval(width - 0.02, length - 0.02, 0.024, power=power),
            point_ring((0, 0.026, 0)),
        ]
    )
    if lid_up:
        model.add(seat, lid.turned("x", -84).moved(0, height + 0.02 + length / 2, rear + 0.035))
    else:
        model.add(seat, lid.moved(0, height + 0.026, middle))
    return model


def bowl(
    model: Model, body: Finish, width: float, length: float, height: float, power: float, middle: float, blocky: bool
) -> None:
    """The pan with its foot and the water in it, its rim at ``height`` and centred on z = ``middle``."""
    waist = 0.92 if blocky else 0.56
    foot = 0.9 if blocky else 0.68
    plan = [(foot, 0.86, 0.0, -0.04), (foot, 0.86, 0.04, -0.04), (waist, 0.76, 0.4, -0.06), (0.94, 0.93, 0.82, -0.01)]
    plan += [(1, 1, 0.93, 0), (1, 1, 0.98, 0), (0.97, 0.98, 1.0, 0), (0.82, 0.82, 1.0, 0.01), (0.76, 0.78, 0.95, 0.01)]
    plan += [(0.6, 0.6, 0.72, 0.01), (0.4, 0.42, 0.62, 0.0)]
    rings = [oval(w * width, d * length, y * height, (0, middle + z), power) for w, d, y, z in plan]
    ends = point_ring((0, 0, middle - 0.04)), point_ring((0, 0.62 * height, middle))
    model.add(body, loft([ends[0], *rings, ends[1]], crease_deg=60))
    pool = [
        oval(0.52 * width, 0.52 * length, 0.62 * height, (0, middle)),
        oval(0.52 * width, 0.52 * length, 0.68 * height, (0, middle)),
    ]
    closing = point_ring((0, 0.62 * height, middle)), point_ring((0, 0.68 * height, middle))
    model.add(plain(WATER), loft([closing[0], *pool, closing[1]]))


def seat_ring(width: float, length: float, y: float, power: float, middle: float) -> Solid:
    """The ring one sits on, lying at height ``y``."""
    section = [(1.0, 0.0), (1.0, 0.016), (0.96, 0.026), (0.72, 0.026), (0.66, 0.018), (0.66, 0.0), (1.0, 0.0)]
    rings = [oval(f * width, f * length + (1 - f) * 0.03, y + h, (0, middle), power) for f, h in section]
    return loft(rings)


def bathtub(rng: Generator) -> Model:
    """An oval, egg-shaped or skirted tub on claws, a plinth or the floor, with water in some and a tap."""
    model = Model()
    body, steel = pick(rng, FIRED), fitting(rng)
    length, width, height = rng.uniform(1.45, 1.85), rng.uniform(0.7, 0.85), rng.uniform(0.5, 0.64)
    style = rng.integers(4)
    slipper = rng.uniform(0.06, 0.2) if style < 2 and rng.random() < 0.6 else 0.0
    lift = 0.1 if style == 0 else 0.0
    power = (2.3, 2.3, 3.5, 12.0)[style]
    foot = (0.72, 0.78, 0.86, 1.0)[style]
    tub = basin(length, width, height - lift, power, foot)
    lifted = tub.vertices.copy()
    lifted[:, 1] += lift + slipper * np.clip(lifted[:, 1] / (height - lift), 0, 1) * (2 * lifted[:, 0] / length) ** 2
    model.add(body, Solid(lifted, tub.faces, tub.normals, tub.uv))
    if style == 0:
        claw = lathe([(0, 0), (0.03, 0), (0.035, 0.03), (0.018, 0.06), (0.03, 0.16), (0, 0.17)], sides=12)
        model.add(steel, *(claw.moved(sx * 0.27 * length, 0, sz * 0.22 * width) for sx in (-1, 1) for sz in (-1, 1)))
    elif style == 3 and rng.random() < 0.5:
        skirt = pick(rng, TOPS)
        model.add(skirt, box(length + 0.03, height - 0.03, 0.02, (0, 0, width / 2 + 0.005)))
        model.add(skirt, box(length + 0.05, 0.03, 0.06, (0, height - 0.015, width / 2), radius=0.01))
    if rng.random() < 0.6:
        filling(model, length, width, height - lift, power, base=lift)
    side = 1 if rng.random() < 0.5 else -1
    if rng.random() < 0.35:
        tap(model, steel, (side * 0.2 * length, 0, -width / 2 - 0.07), rise=height + 0.28, reach=0.24)
    else:
        tap(model, steel, (0.0, height - 0.02, -width / 2 + 0.025), rise=0.2, reach=0.16)
    return model


def basin(length: float, width: float, height: float, power: float, foot: float) -> Solid:
    """A tub standing on y = 0: out and up to the rim, over it and down to the bottom inside."""
    wall = 0.045
    plan = [(foot, 0.0), (foot + 0.35 * (1 - foot), 0.3), (foot + 0.8 * (1 - foot), 0.75), (1.0, 0.95), (1.0, 0.985)]
    rings = [oval(f * length, f * width, y * height, power=power, sides=48) for f, y in plan]
    inside = [(0.02, 1.0), (1.4, 1.0), (1.9, 0.96), (2.6, 0.5), (4.0, 0.2), (5.5, 0.16)]
    rings += [
        oval(length - k * wall * 2, width - k * wall * 1.4, y * height, power=max(2.3, power * 0.6), sides=48)
        for k, y in inside
    ]
    return loft([point_ring((0, 0, 0), 48), *rings, point_ring((0, 0.16 * height, 0), 48)], crease_deg=55)


def filling(model: Model, length: float, width: float, height: float, power: float, base: float) -> None:
    """Water to two thirds of a ``basin``."""
    plan = [(0.6, 0.4), (0.7, 0.68)]
    rings = [oval(f * length, f * width, base + y * height, power=max(2.3, power * 0.6)) for f, y in plan]
    ends = point_ring((0, base + 0.4 * height, 0)), point_ring((0, base + 0.68 * height, 0))
    model.add(plain(WATER), loft([ends[0], *rings, ends[1]]))


def tap(model: Model, steel: Finish, at: tuple[float, float, float], rise: float, reach: float) -> None:
    """A spout that bends towards +Z, and two handles beside it."""
    x, y, z = at
    neck = fillet([(x, y, z), (x, y + rise, z), (x, y + rise, z + reach), (x, y + rise - 0.07, z + reach)], 0.07, 5)
    model.add(steel, tube(neck, 0.016, sides=10))
    wheel = spun(box(0.022, 0.014, 0.05, (0, 0.035, 0.012), radius=0.005), 4)
    for side in (-1, 1):
        model.add(
            steel,
            wheel.moved(x + 0.09 * side, y + rise * 0.35, z),
            cylinder(0.012, 0.04, (x + 0.09 * side, y + rise * 0.35, z)),
        )
    model.add(steel, box(0.2, 0.02, 0.03, (x, y + rise * 0.35, z), radius=0.008))
