"""What a bathroom has besides a toilet and a bath."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.bathroom import tap
from activevision.scenes.procedural.finishes import (
    DARK,
    Finish,
    Model,
    cloth,
    colour,
    fitting,
    paint,
    plain,
    tiled,
    wood,
)
from activevision.scenes.procedural.joinery import handle
from activevision.scenes.procedural.solids import (
    box,
    cylinder,
    fillet,
    lathe,
    loft,
    oval,
    plate,
    point_ring,
    torus,
    tube,
)
from activevision.scenes.rooms.parametric.home import THICKNESS
from activevision.scenes.rooms.parametric.kitchen import WHITE
from activevision.scenes.scene import Material

CHINA = np.array([0.95, 0.95, 0.93])
GLASS = np.array([0.72, 0.82, 0.84])


def washbasin(rng: Generator) -> Model:
    """A basin on a pedestal, on a cabinet, or hung from the wall on a board; with its tap."""
    model = Model()
    china, steel = plain(CHINA * rng.uniform(0.95, 1.0)), fitting(rng)
    width, depth, height = rng.uniform(0.52, 0.7), rng.uniform(0.42, 0.5), rng.uniform(0.8, 0.88)
    power = float(rng.choice([2.6, 4.0, 8.0]))
    style = rng.integers(3)
    bowl = [(0.45, 0.0), (0.8, 0.05), (1.0, 0.13), (1.0, 0.16), (0.86, 0.16), (0.78, 0.13), (0.55, 0.06)]
    rings = [oval(f * width, f * depth, y, (0, 0.02 * (1 - f)), power) for f, y in bowl]
    solid = loft([point_ring((0, 0, 0)), *rings, point_ring((0, 0.05, 0))], crease_deg=50)
    model.add(china, solid.moved(y=height - 0.16))
    if style == 0:
        foot = [(0, 0), (0.13, 0), (0.1, 0.08), (0.075, 0.3), (0.09, height - 0.12), (0, height - 0.12)]
        model.add(china, lathe(fillet(foot, 0.03), (0, 0, -0.08), sides=24))
    elif style == 1:
        body = wood(rng) if rng.random() < 0.5 else paint(rng)
        high = height - 0.2
        model.add(body, box(width + 0.06, high, depth - 0.04, (0, 0.08, -0.01), radius=0.006))
        model.add(plain(DARK), box(width, 0.08, depth - 0.12, (0, 0, -0.02)))
        for side in (-1, 1):
            leaf = box(
                width / 2 + 0.02,
                high - 0.03,
                0.02,
                (side * (width / 4 + 0.013), 0.095, depth / 2 - 0.025),
                radius=0.005,
            )
            model.add(body, leaf)
            model.add(steel, handle(1, 0.1, (side * 0.05, 0.7 * height, depth / 2 - 0.014), upright=True))
        model.add(china, box(width + 0.08, 0.03, depth + 0.02, (0, height - 0.03, 0), radius=0.01))
        # the rim of the bowl lies in the slab
    else:
        model.add(wood(rng), box(width + 0.3, 0.06, depth + 0.02, (0, height - 0.2, 0), radius=0.005))
        for side in (-1, 1):
            model.add(steel, box(0.03, height - 0.2, 0.03, (side * (width / 2 + 0.1), 0, -depth / 2 + 0.03)))
    tap(model, steel, (0.0, height - 0.01, -depth / 2 + 0.06), rise=0.14, reach=0.12)
    return model


def shower(rng: Generator) -> Model:
    """A tray with a tiled back, a curtain or frosted sides, and a shower head on a rail."""
    model = Model()
    steel, china = fitting(rng), plain(CHINA)
    side = rng.uniform(0.82, 0.95)
    model.add(china, box(side, 0.1, side, radius=0.02))
    back = tiled(rng)
    model.add(back, box(side, 2.0, 0.02, (0, 0.1, -side / 2 + 0.01)))
    screen = plain(GLASS)
    rail = 2.02
    for x in (-1, 1):
        model.add(steel, box(0.025, rail, 0.025, (x * (side / 2 - 0.013), 0.1, side / 2 - 0.013)))
    model.add(
        steel,
        tube(
            [(-side / 2 + 0.01, rail + 0.08, side / 2 - 0.013), (side / 2 - 0.01, rail + 0.08, side / 2 - 0.013)],
            0.013,
            8,
        ),
    )
    if rng.random() < 0.55:
        for x in (-1, 1):
            model.add(screen, box(0.01, 1.85, side - 0.06, (x * (side / 2 - 0.01), 0.12, 0)))
    else:
        sheet = cloth(rng)
        drawn = rng.uniform(0.3, 0.55) * side
        folds = np.linspace(0, 1, 40)
        outline = np.stack([-side / 2 + 0.03 + folds * drawn, side / 2 - 0.013 + 0.025 * np.sin(folds * 40)], 1)
        for (x0, z0), (x1, z1) in pairwise(outline):
            angle = -np.degrees(np.arctan2(z1 - z0, x1 - x0))
            strip = box(np.hypot(x1 - x0, z1 - z0) + 0.002, 1.82, 0.004).turned("y", angle)
            model.add(sheet, strip.moved((x0 + x1) / 2, 0.26, (z0 + z1) / 2))
    model.add(steel, tube([(0.15, 0.9, -side / 2 + 0.06), (0.15, 1.95, -side / 2 + 0.06)], 0.011, 8))
    model.add(steel, cylinder(0.07, 0.02, (0.15, 1.93, -side / 2 + 0.16), sides=20))
    model.add(steel, tube([(0.15, 1.96, -side / 2 + 0.05), (0.15, 1.95, -side / 2 + 0.17)], 0.012, 8))
    model.add(steel, box(0.18, 0.03, 0.05, (0.15, 1.05, -side / 2 + 0.04), radius=0.01))
    return model


def mirror(rng: Generator) -> Model:
    """A framed mirror to hang: a pale bluish plate, with streaks that stand for reflections."""
    model = Model()
    width, height = rng.uniform(0.45, 0.75), rng.uniform(0.55, 0.9)
    frame = fitting(rng) if rng.random() < 0.5 else wood(rng)
    size = 48
    row, column = np.indices((size, size)) / size
    streak = np.clip(1 - np.abs((column + row) % 0.8 - 0.4) * 6, 0, 1)[..., None]
    image = (np.array([176, 198, 206]) * (1 - 0.22 * row[..., None]) + 45 * streak).clip(0, 255).astype(np.uint8)
    glass = Finish(Material((1.0, 1.0, 1.0), image))
    model.add(frame, box(width + 0.05, height + 0.05, 0.02, radius=0.006))
    model.add(glass, plate(width, height, 0.006, (0, 0.025, 0.01), inner=3))
    return model


def towel_rail(rng: Generator) -> Model:
    """A rail on the wall with a folded towel over it."""
    model = Model()
    steel, linen = fitting(rng), cloth(rng)
    width, high = rng.uniform(0.45, 0.65), rng.uniform(0.4, 0.6)
    model.add(steel, tube([(-width / 2, high, 0.03), (width / 2, high, 0.03)], 0.01, 8))
    for side in (-1, 1):
        model.add(steel, box(0.025, 0.025, 0.07, (side * width / 2, high - 0.012, 0.0)))
    wide = width * rng.uniform(0.6, 0.85)
    model.add(linen, box(wide, high, 0.02, (0, 0.012, 0.05), radius=0.008))
    model.add(linen, box(wide, 0.7 * high, 0.02, (0, 0.3 * high, 0.01), radius=0.008))
    return model


def radiator(rng: Generator) -> Model:
    """A panel or column radiator that stands or hangs at a wall."""
    model = Model()
    body = plain(WHITE * rng.uniform(0.92, 1.0))
    width, height = rng.uniform(0.6, 1.2), rng.uniform(0.5, 0.65)
    if rng.random() < 0.5:
        model.add(body, box(width, height, 0.05, (0, 0.1, 0), radius=0.012))
        ribs = int(width / 0.05)
        model.add(
            body,
            *(
                box(0.025, height - 0.06, 0.016, ((i + 0.5) * width / ribs - width / 2, 0.13, 0.028))
                for i in range(ribs)
            ),
        )
    else:
        columns = int(width / 0.08)
        for index in range(columns):
            x = (index - (columns - 1) / 2) * 0.08
            model.add(body, box(0.06, height, 0.11, (x, 0.1, 0), radius=0.025))
        for y in (0.16, 0.04 + height):
            model.add(body, tube([(-width / 2, y, 0), (width / 2, y, 0)], 0.022, 8))
    for side in (-1, 1):
        model.add(fitting(rng), cylinder(0.011, 0.13, (side * (width / 2 - 0.04), 0, 0), sides=8))
    return model


def washing_machine(rng: Generator) -> Model:
    """A front loader: a round door, a drawer and a dial."""
    model = Model()
    body = plain(WHITE) if rng.random() < 0.75 else plain(np.full(3, rng.uniform(0.35, 0.6)))
    dark, steel = plain(DARK), plain(np.full(3, 0.7))
    model.add(body, box(0.6, 0.85, 0.58, radius=0.012))
    z = 0.29
    model.add(steel, torus(0.17, 0.03, sides=32).moved(0, 0.42, z))
    model.add(dark, cylinder(0.16, 0.03, sides=32).turned("x", 90).moved(0, 0.42, z - 0.01))
    model.add(plain(np.full(3, 0.82)), box(0.58, 0.1, 0.02, (0, 0.735, z), radius=0.006))
    model.add(dark, box(0.16, 0.04, 0.012, (0.02, 0.765, z + 0.008)))
    model.add(steel, cylinder(0.03, 0.03, sides=16).turned("x", 90).moved(0.2, 0.785, z + 0.005))
    model.add(body, box(0.16, 0.06, 0.014, (-0.19, 0.755, z + 0.008), radius=0.004))
    return model


def basket(rng: Generator) -> Model:
    """A laundry basket, a waste-paper bin or a pail: round or square, open or lidded."""
    model = Model()
    body = paint(rng) if rng.random() < 0.5 else wood(rng, 0.4)
    radius, height = rng.uniform(0.16, 0.24), rng.uniform(0.35, 0.62)
    power = 2.0 if rng.random() < 0.6 else 6.0
    plan = [(0.8, 0.0), (0.9, 0.5), (1.0, 1.0), (0.94, 1.0), (0.76, 0.06)]
    rings = [oval(2 * f * radius, 2 * f * radius, y * height, power=power) for f, y in plan]
    model.add(body, loft([point_ring((0, 0, 0)), *rings, point_ring((0, 0.06 * height, 0))]))
    if rng.random() < 0.5:
        linen = cloth(rng)
        for _ in range(3):
            x, z = rng.uniform(-0.3, 0.3, 2) * radius
            model.add(linen, box(0.9 * radius, 0.12, 0.8 * radius, (x, 0.78 * height, z), radius=0.05).turned("y", 30))
    return model


def bottle(rng: Generator) -> Model:
    """A bottle or a jar of soap or cream."""
    model = Model()
    radius, height = rng.uniform(0.025, 0.04), rng.uniform(0.12, 0.22)
    body = [(0, 0), (radius, 0), (radius, 0.72 * height), (0.35 * radius, 0.82 * height), (0.35 * radius, 0.9 * height)]
    model.add(plain(colour(rng)), lathe(fillet([*body, (0, 0.9 * height)], 0.012), sides=20))
    model.add(
        plain(DARK if rng.random() < 0.5 else WHITE),
        cylinder(0.42 * radius, 0.12 * height, (0, 0.88 * height, 0), sides=12),
    )
    return model


def mat(rng: Generator) -> Model:
    """A small mat of ``THICKNESS``."""
    model = Model()
    model.add(cloth(rng, 1.2), box(rng.uniform(0.6, 0.9), THICKNESS, rng.uniform(0.4, 0.55)))
    return model
