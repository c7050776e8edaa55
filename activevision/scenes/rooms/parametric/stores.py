"""Store rooms: racks, boxes, crates, barrels, ladders."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import DARK, Finish, Model, colour, metal, paint, plain, wood
from activevision.scenes.procedural.solids import box, cylinder, fillet, lathe, merge, torus, tube
from activevision.scenes.procedural.textures import blend, noise
from activevision.scenes.scene import Material

CARD = np.array([0.72, 0.55, 0.37])
TAPE = np.array([0.82, 0.72, 0.52])


def _carton(rng: Generator, model: Model, size: tuple[float, float, float], at: tuple[float, float, float]) -> None:
    """One cardboard box with tape over its top and, on some, a label."""
    width, height, depth = size
    x, y, z = at
    tone = CARD * rng.uniform(0.82, 1.15) if rng.random() < 0.8 else np.full(3, rng.uniform(0.7, 0.92))
    model.add(plain(tone), box(width, height, depth, at))
    tape = plain(TAPE * rng.uniform(0.8, 1.1))
    model.add(tape, box(0.05, 0.002, depth, (x, y + height, z)))
    model.add(tape, box(0.05, 0.3 * height, 0.002, (x, y + 0.7 * height, z + depth / 2)))
    if rng.random() < 0.5:
        model.add(
            plain(np.full(3, 0.95)),
            box(0.3 * width, 0.25 * height, 0.002, (x + 0.25 * width, y + 0.3 * height, z + depth / 2)),
        )


def carton(rng: Generator) -> Model:
    model = Model()
    _carton(rng, model, (rng.uniform(0.3, 0.6), rng.uniform(0.22, 0.45), rng.uniform(0.28, 0.5)), (0, 0, 0))
    return model


def cartons(rng: Generator) -> Model:
    """A stack of two to four cartons, a little turned against each other."""
    model = Model()
    y = 0.0
    width, depth = rng.uniform(0.4, 0.6), rng.uniform(0.38, 0.5)
    for _ in range(int(rng.integers(2, 5))):
        height = rng.uniform(0.22, 0.4)
        one = Model()
        _carton(rng, one, (width, height, depth), (0, 0, 0))
        model.place(one, y=y, turn_deg=rng.uniform(-8, 8))
        y += height
        width, depth = width * rng.uniform(0.75, 1.0), depth * rng.uniform(0.8, 1.0)
    return model


def open_carton(rng: Generator) -> Model:
    """A carton with its flaps open and something in it."""
    model = Model()
    width, height, depth, wall = rng.uniform(0.4, 0.6), rng.uniform(0.28, 0.42), rng.uniform(0.35, 0.45), 0.006
    card = plain(CARD * rng.uniform(0.85, 1.1))
    for side in (-1, 1):
        model.add(
            card, box(wall, height, depth, (side * width / 2, 0, 0)), box(width, height, wall, (0, 0, side * depth / 2))
        )
        flap = box(0.45 * width, wall, depth, (0.225 * width, 0, 0)).turned("z", rng.uniform(-70, -20))
        flap = flap if side > 0 else flap.turned("y", 180)
        model.add(card, flap.moved(side * width / 2, height, 0))
    model.add(card, box(width, 0.01, depth))
    for _ in range(5):
        x, z = rng.uniform(-0.3, 0.3) * width, rng.uniform(-0.3, 0.3) * depth
        size = rng.uniform(0.06, 0.14)
        model.add(plain(colour(rng)), box(size, rng.uniform(0.5, 1.05) * height, size, (x, 0.01, z)))
    return model


def crate(rng: Generator) -> Model:
    """A slatted wooden crate, or a plastic one, empty or full."""
    model = Model()
    width, height, depth = rng.uniform(0.42, 0.6), rng.uniform(0.25, 0.4), rng.uniform(0.32, 0.42)
    timber = rng.random() < 0.6
    body = wood(rng) if timber else plain(colour(rng))
    rows = 4 if timber else 3
    pitch = height / rows
    for row in range(rows):
        y = row * pitch
        for side in (-1, 1):
            model.add(body, box(width, 0.75 * pitch, 0.014, (0, y, side * (depth / 2 - 0.007))))
            model.add(body, box(0.014, 0.75 * pitch, depth - 0.03, (side * (width / 2 - 0.007), y, 0)))
    for x in (-1, 1):
        for z in (-1, 1):
            model.add(body, box(0.03, height, 0.03, (x * (width / 2 - 0.03), 0, z * (depth / 2 - 0.03))))
    model.add(body, box(width - 0.03, 0.012, depth - 0.03))
    if rng.random() < 0.5:
        glass = plain(np.array([0.2, 0.35, 0.2]) * rng.uniform(0.6, 1.6))
        bottle = lathe(
            fillet([(0, 0), (0.036, 0), (0.036, 0.18), (0.013, 0.24), (0.013, 0.3), (0, 0.3)], 0.02), sides=12
        )
        columns, lines = int((width - 0.08) / 0.09), int((depth - 0.08) / 0.09)
        spots = [((i + 0.5) / columns - 0.5, (j + 0.5) / lines - 0.5) for i in range(columns) for j in range(lines)]
        model.add(glass, merge([bottle.moved(x * (width - 0.08), 0.012, z * (depth - 0.08)) for x, z in spots]))
    return model


def rack(rng: Generator) -> Model:
    """Boltless shelving of four or five levels, loaded with cartons, tins and bins."""
    model = Model()
    steel = (
        plain(np.full(3, rng.uniform(0.35, 0.75)) * (1 + rng.uniform(-0.1, 0.1, 3)))
        if rng.random() < 0.7
        else metal(rng)
    )
    board = wood(rng) if rng.random() < 0.5 else steel
    width, depth, height = rng.uniform(0.9, 1.4), rng.uniform(0.4, 0.5), rng.uniform(1.7, 2.05)
    levels = np.linspace(0.08, height - 0.12, int(rng.integers(4, 6)))
    for x in (-1, 1):
        for z in (-1, 1):
            model.add(steel, box(0.035, height, 0.035, (x * (width / 2 - 0.018), 0, z * (depth / 2 - 0.018))))
    gap = levels[1] - levels[0] - 0.05
    for level, y in enumerate(levels):
        model.add(board, box(width - 0.04, 0.02, depth - 0.02, (0, y, 0)))
        for z in (-1, 1):
            model.add(steel, box(width - 0.07, 0.045, 0.015, (0, y - 0.03, z * (depth / 2 - 0.012))))
        room = gap if level < len(levels) - 1 else 0.1
        _load(rng, model, width - 0.1, room, depth - 0.06, y + 0.02)
    return model


def _load(rng: Generator, model: Model, width: float, height: float, depth: float, y: float) -> None:
    """Fills one level from left to right, with gaps."""
    x = -width / 2
    while x < width / 2 - 0.15:
        kind = rng.random()
        wide = min(rng.uniform(0.16, 0.42), width / 2 - x)
        middle = x + wide / 2
        if kind < 0.55:
            _carton(
                rng,
                model,
                (wide - 0.02, height * rng.uniform(0.5, 0.95), depth * rng.uniform(0.75, 0.98)),
                (middle, y, 0),
            )
        elif kind < 0.75:
            radius = min(0.08, wide / 2 - 0.01)
            tin = cylinder(radius, min(0.2, 0.8 * height), (middle, y, 0.1), sides=20)
            model.add(plain(colour(rng)), tin)
        elif kind < 0.88:
            model.add(
                plain(colour(rng)),
                box(wide - 0.02, 0.45 * height, 0.85 * depth, (middle, y, 0), radius=0.01).tapered(0.85),
            )
        x += wide + rng.uniform(0.0, 0.06)


def barrel(rng: Generator) -> Model:
    """A drum or a wooden barrel."""
    model = Model()
    radius, height = rng.uniform(0.24, 0.3), rng.uniform(0.7, 0.9)
    if rng.random() < 0.55:
        body = plain(colour(rng))
        profile: list[tuple[float, float]] = [(0, 0), (radius, 0)]
        for y in (0.33, 0.67):
            profile += [(radius, (y - 0.02) * height), (radius + 0.012, y * height), (radius, (y + 0.02) * height)]
        profile += [(radius, height), (radius - 0.015, height), (radius - 0.02, height - 0.02), (0, height - 0.02)]
        model.add(body, lathe(profile, sides=36))
        model.add(plain(DARK), cylinder(0.035, 0.02, (0.5 * radius, height - 0.02, 0), sides=14))
        return model
    t = np.linspace(-1, 1, 9)
    side = np.stack([radius * (1 - 0.17 * t**2), (t + 1) / 2 * height], axis=1)
    model.add(wood(rng), lathe([(0, 0), *side, (0, height)], sides=28))
    for y in (0.08, 0.3, 0.66, 0.88):
        wide = radius * (1 - 0.17 * (2 * y - 1) ** 2) + 0.004
        model.add(plain(DARK * 2), cylinder(wide, 0.04, (0, y * height, 0), sides=28))
    return model


def ladder(rng: Generator) -> Model:
    """A step ladder that stands open."""
    model = Model()
    frame = metal(rng) if rng.random() < 0.5 else wood(rng)
    height, spread, width = rng.uniform(1.2, 1.8), rng.uniform(0.55, 0.75), 0.46
    for side in (-1, 1):
        x = side * width / 2
        model.add(frame, tube([(1.1 * x, 0.02, spread / 2), (0.75 * x, height, 0.02)], 0.022, 6))
        model.add(frame, tube([(1.1 * x, 0.02, -spread / 2), (0.75 * x, height - 0.05, -0.02)], 0.018, 6))
    steps = int(height / 0.26)
    for step in range(1, steps):
        f = step / steps
        model.add(frame, box(width * (1.05 - 0.3 * f), 0.022, 0.09, (0, f * height, spread / 2 * (1 - f) + 0.01)))
    model.add(frame, box(width * 0.8, 0.025, 0.2, (0, height - 0.02, 0.0), radius=0.006))
    return model


def bucket(rng: Generator) -> Model:
    """A bucket with its handle, or with a mop in it."""
    model = Model()
    radius, height = 0.15, 0.28
    model.add(
        plain(colour(rng)),
        lathe(
            [(0, 0), (0.75 * radius, 0), (radius, height), (radius - 0.006, height), (0.74 * radius, 0.02), (0, 0.02)],
            sides=28,
        ),
    )
    angle = np.radians(np.linspace(0, 180, 12))
    model.add(
        plain(np.full(3, 0.6)),
        tube(
            np.stack(
                [radius * np.cos(angle), height + 0.01 + 0.5 * radius * np.sin(angle), radius * 0.5 * np.sin(angle)], 1
            ),
            0.004,
            6,
        ),
    )
    if rng.random() < 0.6:
        model.add(wood(rng), tube([(0.02, 0.1, 0), (-0.06, 1.3, -0.1)], 0.013, 8))
        model.add(plain(np.full(3, 0.85)), cylinder(0.07, 0.14, (0.02, 0.04, 0), sides=10, bevel=0.03))
    return model


def broom(rng: Generator) -> Model:
    """A broom that leans back against the wall."""
    model = Model()
    upright = Model()
    upright.add(
        wood(rng), cylinder(0.013, 1.35, (0, 0.12, 0), sides=8), box(0.36, 0.05, 0.06, (0, 0.09, 0), radius=0.01)
    )
    upright.add(plain(colour(rng)), box(0.36, 0.1, 0.06).tapered(1.15))
    model.place(upright, lean_deg=-7)
    return model


def sacks(rng: Generator) -> Model:
    """Two or three stuffed sacks lying on one another."""
    model = Model()
    size = 64
    jute = np.array([0.72, 0.6, 0.42]) * rng.uniform(0.8, 1.15) if rng.random() < 0.6 else np.full(3, 0.85)
    weave = Finish(Material((1.0, 1.0, 1.0), blend(jute, jute * 0.75, noise(rng, (30, 30), size, 1))), 0.3)
    for level in range(int(rng.integers(2, 4))):
        sack = box(rng.uniform(0.6, 0.7), 0.17, rng.uniform(0.38, 0.45), radius=0.08, inner=6).puffed(0.03)
        model.add(weave, sack.turned("y", rng.uniform(-12, 12)).moved(y=0.17 * level))
    return model


def bottle_crates(rng: Generator) -> Model:
    """Two or three equal crates on one another."""
    model = Model()
    one = crate(rng)
    high = float(one.bounds()[1, 1] - one.bounds()[0, 1])
    for level in range(int(rng.integers(2, 4))):
        model.place(one, y=level * (high + 0.003))
    return model


def bicycle(rng: Generator) -> Model:
    """A bicycle on its stand, seen along X."""
    model = Model()
    frame, dark = paint(rng), plain(DARK)
    for x in (-0.52, 0.52):
        model.add(dark, torus(0.31, 0.018, sides=32).moved(x, 0.33, 0))
        model.add(
            plain(np.full(3, 0.7)),
            *(box(0.005, 0.6, 0.005, (0, -0.3, 0)).turned("z", 30.0 * k).moved(x, 0.33, 0) for k in range(6)),
        )
    pedal, seat, head = (-0.08, 0.3, 0.0), (-0.24, 0.8, 0.0), (0.38, 0.82, 0.0)
    for a, b in (
        (pedal, seat),
        (seat, head),
        (pedal, head),
        (pedal, (-0.52, 0.33, 0)),
        (seat, (-0.52, 0.33, 0)),
        ((0.36, 0.95, 0), (0.52, 0.33, 0)),
    ):
        model.add(frame, tube([a, b], 0.018, 8))
    model.add(dark, box(0.14, 0.06, 0.25, radius=0.028).turned("y", 90).moved(-0.26, 0.84, 0))
    model.add(dark, tube([(0.34, 0.98, -0.26), (0.36, 0.97, 0), (0.34, 0.98, 0.26)], 0.013, 8))
    model.add(dark, box(0.06, 0.02, 0.2, (pedal[0], 0.2, 0)))
    return model
