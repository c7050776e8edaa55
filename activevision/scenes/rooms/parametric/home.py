"""What makes living rooms, bedrooms, nurseries and halls: rugs, screens, small tables, coats and toys."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural import textures
from activevision.scenes.procedural.finishes import (
    DARK,
    HARD,
    Model,
    cloth,
    colour,
    contrast,
    fitting,
    image,
    leather,
    paint,
    palette,
    pick,
    plain,
    stone,
    wood,
)
from activevision.scenes.procedural.joinery import four_legs, handle
from activevision.scenes.procedural.screens import art
from activevision.scenes.procedural.solids import box, cylinder, fillet, lathe, plate, sphere, spline, tube
from activevision.scenes.procedural.storage import doors, drawers
from activevision.scenes.procedural.tables import drawer_block

THICKNESS = 0.006
"""Of rugs and mats; what stands on one is raised by it."""


def rug(rng: Generator) -> Model:
    """A large rug: borders round a field of a woven pattern."""
    model = Model()
    width, depth = rng.uniform(1.5, 2.3), rng.uniform(1.1, 1.6)
    size = 128
    ground, border = colour(rng), colour(rng)
    row, column = np.indices((size, size)) / size
    edge = np.minimum.reduce([row, column, 1 - row, 1 - column])
    cells = int(rng.integers(3, 8))
    phase = np.abs((row * cells) % 1 - 0.5) + np.abs((column * cells * 1.3) % 1 - 0.5)
    style = rng.integers(3)
    motif = (phase < rng.uniform(0.25, 0.5), (row * cells * 2) % 1 < 0.5, edge * 20 % 2 < 1)[style]
    field = textures.blend(ground, contrast(rng, ground), motif * 0.7 + 0.2 * textures.noise(rng, (40, 40), size, 1))
    trim = textures.blend(border, border * 0.6, ((edge > 0.03) & (edge < 0.05)).astype(float))
    picture = np.where((edge < 0.09)[..., None], trim, field) if rng.random() < 0.75 else field
    # laid flat: the picture's plate lies on its back
    model.add(image(picture), plate(width, depth, THICKNESS, inner=8).turned("x", -90).moved(z=depth / 2))
    return model


def television(rng: Generator) -> Model:
    """A flat screen on a foot."""
    model = Model()
    width = rng.uniform(0.8, 1.25)
    height = width * 9 / 16
    lift = rng.uniform(0.05, 0.09)
    case = plain(DARK * rng.uniform(0.8, 2.2))
    model.add(case, box(width + 0.03, height + 0.03, 0.035, (0, lift, 0), radius=0.006))
    picture = textures.painting(rng, palette(rng, 5)) if rng.random() < 0.4 else np.full((4, 4, 3), 22, np.uint8)
    model.add(image(picture), plate(width, height, 0.004, (0, lift + 0.015, 0.018), inner=4))
    if rng.random() < 0.5:
        model.add(case, box(0.36 * width, 0.012, 0.2, radius=0.004), box(0.08, lift + 0.02, 0.03, (0, 0.005, -0.02)))
    else:
        for side in (-1, 1):
            model.add(case, box(0.03, lift + 0.01, 0.2, (side * 0.36 * width, 0, 0)).tapered(0.6))
    return model


def television_bench(rng: Generator) -> Model:
    """A long low cabinet with doors, drawers or open bays."""
    model = Model()
    body = pick(rng, HARD)
    front = body if rng.random() < 0.5 else pick(rng, HARD)
    width, height, depth = rng.uniform(1.2, 1.8), rng.uniform(0.4, 0.55), rng.uniform(0.38, 0.46)
    lift = rng.uniform(0.06, 0.14)
    model.add(body, *four_legs("tapered", width, depth, lift + 0.01, 0.05))
    thick, inner = 0.025, height - lift - 0.05
    for y in (lift, height - thick):
        model.add(body, box(width, thick, depth, (0, y, 0)))
    for x in (-1, -1 / 3, 1 / 3, 1):
        model.add(body, box(thick, inner, depth - 0.01, (x * (width - thick) / 2, lift + thick, -0.005)))
    model.add(body, box(width, inner, 0.01, (0, lift + thick, -depth / 2 + 0.006)))
    filled = Model()
    bay = (width - thick) / 3
    (doors if rng.random() < 0.5 else drawers)(rng, filled, front, fitting(rng, front), bay - 0.03, inner, 0.015)
    for x in (-bay, bay) if rng.random() < 0.5 else (-bay, 0, bay):
        model.place(filled, x=x, y=lift + thick, z=depth / 2 - 0.035)
    return model


def bedside_table(rng: Generator) -> Model:
    """A small cabinet with one to three drawers, or an open one on legs."""
    model = Model()
    body, steel = pick(rng, HARD), fitting(rng)
    width, height, depth = rng.uniform(0.38, 0.5), rng.uniform(0.42, 0.58), rng.uniform(0.34, 0.42)
    lift = rng.uniform(0.04, 0.2)
    model.add(body, *four_legs("tapered" if lift > 0.1 else "square", width, depth, lift + 0.01, 0.035))
    parts, pulls = drawer_block(
        width - 0.01, height - lift - 0.02, depth - 0.02, int(rng.integers(1, 4)), int(rng.integers(4))
    )
    model.add(
        body, *(part.moved(y=lift) for part in parts), box(width, 0.022, depth, (0, height - 0.022, 0), radius=0.006)
    )
    model.add(steel, *(part.moved(y=lift) for part in pulls))
    return model


def books(rng: Generator) -> Model:
    """A small pile of books or magazines."""
    model = Model()
    y = 0.0
    for _ in range(int(rng.integers(2, 6))):
        thick = rng.uniform(0.008, 0.035)
        width, depth = rng.uniform(0.15, 0.22), rng.uniform(0.2, 0.28)
        solid = box(width, thick, depth).turned("y", rng.uniform(-14, 14)).moved(y=y)
        model.add(plain(colour(rng)), solid)
        y += thick
    return model


def vase(rng: Generator) -> Model:
    """A vase, some with stems and blossoms."""
    model = Model()
    radius, height = rng.uniform(0.05, 0.09), rng.uniform(0.16, 0.34)
    points = np.array(
        [(0.6, 0), (rng.uniform(0.8, 1.3), 0.35), (rng.uniform(0.4, 0.9), 0.8), (rng.uniform(0.5, 0.9), 1.0)]
    )
    side = spline(points * [radius, height], 16)
    inside = side[::-1][:4] - [0.005, 0]
    model.add(
        stone(rng, 0.3) if rng.random() < 0.4 else plain(colour(rng)),
        lathe([(0, 0), *side, *inside, (0, height * 0.8)], sides=28),
    )
    if rng.random() < 0.6:
        blossom = plain(colour(rng))
        for index in range(int(rng.integers(4, 8))):
            angle, reach = 2.4 * index, rng.uniform(0.04, 0.12)
            tip = (reach * np.cos(angle), height + rng.uniform(0.12, 0.25), reach * np.sin(angle))
            model.add(plain(np.array([0.25, 0.5, 0.22])), tube([(0, 0.7 * height, 0), tip], 0.004, 5))
            model.add(blossom, sphere(rng.uniform(0.02, 0.035), (tip[0], tip[1] - 0.02, tip[2]), sides=10))
    return model


def wall_picture(rng: Generator) -> Model:
    """A framed picture to hang."""
    model = Model()
    width, ratio = rng.uniform(0.4, 1.0), rng.uniform(0.65, 1.4)
    height, bar = min(width * ratio, 0.9), rng.uniform(0.02, 0.05)
    frame = pick(rng, HARD)
    model.add(plain(np.full(3, 0.93)), box(width - 0.01, height - 0.01, 0.012, (0, 0.005, -0.004)))
    for x in (-1, 1):
        model.add(frame, box(bar, height, 0.026, (x * (width - bar) / 2, 0, 0), radius=0.005))
    for y in (0.0, height - bar):
        model.add(frame, box(width - 2 * bar, bar, 0.026, (0, y, 0), radius=0.005))
    mount = bar + (rng.uniform(0.03, 0.1) if rng.random() < 0.5 else 0.0) * min(width, height)
    art(rng, model, width - 2 * mount, height - 2 * mount, (0, mount, 0.005))
    return model


def curtain(rng: Generator) -> Model:
    """One drawn-back curtain that hangs in folds."""
    model = Model()
    width, height = rng.uniform(0.25, 0.38), 2.05
    count = int(width / 0.045)
    step = width / count
    sheet = cloth(rng, 1.5)
    for index in range(count):
        fold = cylinder(0.55 * step, height, ((index + 0.5) * step - width / 2, 0, 0.012 * (-1) ** index), sides=10)
        model.add(sheet, fold)
    model.add(
        fitting(rng), tube([(-width / 2 - 0.02, height + 0.01, 0), (width / 2 + 0.02, height + 0.01, 0)], 0.012, 8)
    )
    return model


def fireplace(rng: Generator) -> Model:
    """A surround with a hearth and logs under a mantelpiece."""
    model = Model()
    body = stone(rng) if rng.random() < 0.6 else paint(rng)
    width, height, depth = rng.uniform(1.15, 1.5), rng.uniform(1.0, 1.2), rng.uniform(0.3, 0.4)
    leg = 0.22 * width
    for side in (-1, 1):
        model.add(body, box(leg, height, depth, (side * (width - leg) / 2, 0, 0), radius=0.01))
    model.add(body, box(width - 2 * leg, 0.3 * height, depth, (0, 0.7 * height, 0)))
    model.add(
        wood(rng) if rng.random() < 0.5 else body, box(width + 0.12, 0.06, depth + 0.08, (0, height, 0.02), radius=0.01)
    )
    model.add(plain(DARK * 0.6), box(width - 2 * leg, 0.7 * height, 0.02, (0, 0, -depth / 2 + 0.02)))
    bark = plain(np.array([0.3, 0.2, 0.13]))
    for index in range(3):
        log = cylinder(0.045, 0.5 * (width - 2 * leg), sides=10).turned("z", 90)
        model.add(bark, log.moved(0.22 * width, 0.06 + 0.07 * (index == 2), (index % 2) * 0.11 - 0.05))
    return model


def upright_piano(rng: Generator) -> Model:
    """An upright piano with its keys, and a stool's worth of room in front."""
    model = Model()
    body = plain(DARK * rng.uniform(0.5, 1.0)) if rng.random() < 0.5 else wood(rng)
    width, height = 1.42, rng.uniform(1.1, 1.3)
    model.add(body, box(width, height, 0.36, (0, 0, -0.12), radius=0.01))
    model.add(body, box(width, 0.1, 0.3, (0, 0.58, 0.15), radius=0.01))
    model.add(plain(np.full(3, 0.95)), box(width - 0.16, 0.02, 0.15, (0, 0.675, 0.2)))
    for index in range(51):
        if index % 7 not in (2, 6):
            model.add(plain(DARK * 0.6), box(0.012, 0.016, 0.09, ((index - 25) * 0.0244, 0.692, 0.165)))
    for side in (-1, 1):
        model.add(
            body,
            box(0.07, 0.6, 0.07, (side * (width / 2 - 0.05), 0, 0.25)),
            box(0.07, 0.14, 0.3, (side * (width / 2 - 0.036), 0.6, 0.15)),
        )
    model.add(fitting(rng), *(box(0.05, 0.012, 0.1, (0.08 * k, 0.03, 0.1)) for k in (-1, 0, 1)))
    model.add(body, box(0.6, 0.25, 0.02, (0, 0.75, 0.075)).turned("x", 0))
    return model


def bench(rng: Generator) -> Model:
    """A long seat without a back: boards, or a cushion on a frame."""
    model = Model()
    frame = pick(rng, HARD)
    width, height, depth = rng.uniform(0.9, 1.5), rng.uniform(0.42, 0.48), rng.uniform(0.34, 0.42)
    model.add(frame, *four_legs("square" if rng.random() < 0.6 else "splayed", width, depth, height - 0.04, 0.05))
    if rng.random() < 0.5:
        boards = 4
        model.add(
            frame,
            *(
                box(width, 0.035, depth / boards - 0.012, (0, height - 0.04, (i - 1.5) * depth / boards))
                for i in range(boards)
            ),
        )
    else:
        model.add(frame, box(width, 0.03, depth, (0, height - 0.05, 0)))
        soft = leather(rng) if rng.random() < 0.5 else cloth(rng)
        model.add(soft, box(width, 0.08, depth, (0, height - 0.03, 0), radius=0.03, inner=4))
    return model


def coat_stand(rng: Generator) -> Model:
    """A pole with hooks, and coats and a hat on it."""
    model = Model()
    frame = wood(rng) if rng.random() < 0.6 else fitting(rng)
    height = rng.uniform(1.65, 1.85)
    model.add(frame, cylinder(0.022, height, sides=12))
    for index in range(4):
        angle = index * np.pi / 2
        dx, dz = np.cos(angle), np.sin(angle)
        model.add(frame, tube([(0, 0.25, 0), (0.2 * dx, 0.012, 0.2 * dz)], 0.016, 8))
        model.add(
            frame,
            tube(
                fillet(
                    [(0, height - 0.15, 0), (0.12 * dx, height - 0.1, 0.12 * dz), (0.13 * dx, height, 0.13 * dz)], 0.05
                ),
                0.01,
                8,
            ),
        )
        if rng.random() < 0.65:
            garment = cloth(rng) if rng.random() < 0.6 else leather(rng)
            long = rng.uniform(0.75, 1.05)
            coat = box(0.3, long, 0.13, radius=0.05, inner=3).tapered(1.25).turned("y", -np.degrees(angle) + 90)
            model.add(garment, coat.moved(0.13 * dx, height - 0.08 - long, 0.13 * dz))
    if rng.random() < 0.6:
        model.add(
            plain(colour(rng)),
            lathe(fillet([(0, 0), (0.17, 0), (0.1, 0.02), (0.085, 0.12), (0, 0.13)], 0.03), (0, height, 0), sides=24),
        )
    return model


def coat_rail(rng: Generator) -> Model:
    """A board with hooks to hang on the wall, coats and bags on some."""
    model = Model()
    board, steel = pick(rng, HARD), fitting(rng)
    hooks = int(rng.integers(4, 7))
    width, drop = 0.2 * hooks, 1.0
    model.add(board, box(width, 0.12, 0.022, (0, drop, -0.06)))
    model.add(
        board,
        box(width, 0.022, 0.22, (0, drop + 0.2, 0.04))
        if rng.random() < 0.5
        else box(width, 0.02, 0.03, (0, drop + 0.12, -0.056)),
    )
    for index in range(hooks):
        x = (index - (hooks - 1) / 2) * 0.2
        model.add(
            steel,
            tube(fillet([(x, drop + 0.05, -0.05), (x, drop + 0.02, 0.02), (x, drop + 0.07, 0.03)], 0.02), 0.007, 6),
        )
        if rng.random() < 0.6:
            long = rng.uniform(0.35, 0.95)
            garment = cloth(rng) if rng.random() < 0.7 else leather(rng)
            model.add(garment, box(0.17, long, 0.1, (x, drop + 0.04 - long, 0.0), radius=0.04, inner=3).tapered(1.2))
    return model


def shoes(rng: Generator) -> Model:
    """A pair of shoes."""
    model = Model()
    skin, sole = leather(rng, 0.5) if rng.random() < 0.6 else cloth(rng, 0.5), plain(DARK)
    long = rng.uniform(0.24, 0.29)
    for side in (-1, 1):
        x = side * 0.06
        model.add(sole, box(0.09, 0.02, long, (x, 0, 0), radius=0.009))
        model.add(
            skin,
            box(0.085, 0.055, long - 0.01, (x, 0.018, 0), radius=0.027),
            box(0.08, 0.09, 0.45 * long, (x, 0.02, -0.24 * long), radius=0.03),
        )
    return model


def crib(rng: Generator) -> Model:
    """A cot with bars, a mattress and a blanket."""
    model = Model()
    frame = wood(rng) if rng.random() < 0.5 else plain(np.full(3, rng.uniform(0.85, 0.95)))
    width, length, height = 0.7, rng.uniform(1.2, 1.35), rng.uniform(0.85, 0.98)
    model.add(frame, *four_legs("square", width, length, height, 0.05))
    for z in (-1, 1):
        model.add(frame, box(width, 0.55, 0.025, (0, height - 0.58, z * (length / 2 - 0.03))))
    bars = int(length / 0.085)
    for x in (-1, 1):
        side = x * (width / 2 - 0.025)
        for y in (0.3, height - 0.06):
            model.add(frame, box(0.03, 0.04, length - 0.08, (side, y, 0)))
        model.add(
            frame,
            *(
                cylinder(
                    0.009, height - 0.38, (side, 0.33, (i + 0.5) * (length - 0.1) / bars - (length - 0.1) / 2), sides=6
                )
                for i in range(bars)
            ),
        )
    model.add(plain(np.full(3, 0.95)), box(width - 0.08, 0.12, length - 0.1, (0, 0.32, 0), radius=0.03))
    model.add(cloth(rng), box(width - 0.1, 0.06, 0.6 * length, (0, 0.42, 0.16 * length), radius=0.025))
    model.add(cloth(rng), box(0.36, 0.08, 0.24, (0, 0.43, -0.36 * length), radius=0.035))
    return model


def toy_chest(rng: Generator) -> Model:
    """An open chest full of balls and blocks."""
    model = Model()
    body = paint(rng)
    width, height, depth = rng.uniform(0.6, 0.85), rng.uniform(0.35, 0.45), 0.4
    for side in (-1, 1):
        model.add(body, box(0.02, height, depth, (side * (width / 2 - 0.01), 0, 0)))
        model.add(body, box(width - 0.04, height, 0.02, (0, 0, side * (depth / 2 - 0.01))))
    model.add(body, box(width - 0.04, 0.6 * height, depth - 0.04))
    for _ in range(14):
        x, z = rng.uniform(-0.4, 0.4) * width, rng.uniform(-0.36, 0.36) * depth
        y = 0.55 * height + rng.uniform(0, 0.3) * height
        size = rng.uniform(0.07, 0.13)
        solid = (
            sphere(size / 2, (x, y, z), 14)
            if rng.random() < 0.5
            else box(size, size, size, radius=0.008).turned("y", rng.uniform(0, 90)).moved(x, y, z)
        )
        model.add(plain(_bright(rng)), solid)
    return model


def building_blocks(rng: Generator) -> Model:
    """A tower of blocks, a ring pyramid or a ball."""
    model = Model()
    style = rng.integers(3)
    if style == 0:
        y = 0.0
        for index in range(int(rng.integers(3, 6))):
            size = 0.1 - 0.008 * index
            model.add(
                plain(_bright(rng)), box(size, 0.07, size, radius=0.006).turned("y", rng.uniform(0, 90)).moved(y=y)
            )
            y += 0.07
        for _ in range(2):
            x, z = rng.uniform(-0.25, 0.25, 2)
            if max(abs(x), abs(z)) > 0.12:
                model.add(plain(_bright(rng)), box(0.08, 0.08, 0.08, radius=0.006).turned("y", 30).moved(x, 0, z))
    elif style == 1:
        model.add(plain(_bright(rng)), cylinder(0.012, 0.26, sides=10))
        for index in range(5):
            radius = 0.11 - 0.016 * index
            model.add(plain(_bright(rng)), cylinder(radius, 0.042, (0, 0.044 * index, 0), sides=24, bevel=0.02))
    else:
        model.add(plain(_bright(rng)), sphere(rng.uniform(0.1, 0.16), sides=24))
    return model


def teddy(rng: Generator) -> Model:
    """A soft toy that sits."""
    model = Model()
    fur = cloth(rng, 0.3) if rng.random() < 0.3 else plain(np.array([0.6, 0.42, 0.26]) * rng.uniform(0.7, 1.4))
    s = rng.uniform(0.8, 1.4)
    model.add(fur, sphere(0.1 * s, (0, 0, 0), 16), sphere(0.075 * s, (0, 0.17 * s, 0.01), 16))
    for side in (-1, 1):
        model.add(fur, sphere(0.026 * s, (side * 0.06 * s, 0.285 * s, 0), 10))
        model.add(fur, tube([(side * 0.07 * s, 0.15 * s, 0.02), (side * 0.14 * s, 0.08 * s, 0.09 * s)], 0.032 * s, 10))
        model.add(fur, tube([(side * 0.05 * s, 0.04 * s, 0.05), (side * 0.1 * s, 0.035 * s, 0.17 * s)], 0.038 * s, 10))
        model.add(plain(DARK), sphere(0.009 * s, (side * 0.028 * s, 0.255 * s, 0.075 * s), 8))
    model.add(plain(DARK), sphere(0.013 * s, (0, 0.225 * s, 0.078 * s), 8))
    return model


def changing_table(rng: Generator) -> Model:
    """A chest of drawers with a padded top between raised sides."""
    model = Model()
    body, steel = paint(rng), fitting(rng)
    width, depth, height = rng.uniform(0.8, 1.0), 0.52, 0.86
    parts, pulls = drawer_block(width, height, depth, 3, int(rng.integers(4)))
    model.add(body, *parts)
    model.add(steel, *pulls)
    for x in (-1, 1):
        model.add(body, box(0.02, 0.14, depth, (x * (width / 2 - 0.01), height, 0)))
    model.add(body, box(width, 0.14, 0.02, (0, height, -depth / 2 + 0.01)))
    model.add(cloth(rng), box(width - 0.06, 0.06, depth - 0.06, (0, height, 0.01), radius=0.025))
    return model


def umbrella_stand(rng: Generator) -> Model:
    """A cylinder with rolled umbrellas."""
    model = Model()
    radius, height = 0.11, rng.uniform(0.45, 0.55)
    model.add(
        paint(rng),
        lathe(
            [(0, 0), (radius, 0), (radius, height), (radius - 0.008, height), (radius - 0.008, 0.02), (0, 0.02)],
            sides=24,
        ),
    )
    for index in range(int(rng.integers(1, 4))):
        lean = 0.05 * np.array([np.cos(2 * index), np.sin(2 * index)])
        top = (lean[0], 0.72, lean[1])
        model.add(plain(colour(rng)), tube([(-lean[0], 0.03, -lean[1]), top], [0.018, 0.03], 8))
        hook = spline(
            [
                (lean[0], 0.7, lean[1]),
                (lean[0], 0.86, lean[1]),
                (lean[0] + 0.04, 0.89, lean[1]),
                (lean[0] + 0.07, 0.85, lean[1]),
            ],
            10,
        )
        model.add(wood(rng, 0.3), tube(hook, 0.009, 8))
    return model


def _bright(rng: Generator) -> np.ndarray:
    tones = np.array(
        [[0.9, 0.2, 0.18], [0.98, 0.75, 0.12], [0.2, 0.5, 0.85], [0.3, 0.7, 0.35], [0.9, 0.5, 0.7], [0.95, 0.55, 0.15]]
    )
    return tones[rng.integers(len(tones))] * rng.uniform(0.85, 1.0)


def shoe_cabinet(rng: Generator) -> Model:
    """A shallow cabinet with flaps."""
    model = Model()
    body, steel = pick(rng, HARD), fitting(rng)
    width, height, depth = rng.uniform(0.6, 0.95), rng.uniform(0.8, 1.15), rng.uniform(0.22, 0.3)
    model.add(body, box(width, height, depth - 0.02, (0, 0, -0.01)))
    flaps = 2 if height < 1.0 else 3
    pitch = (height - 0.06) / flaps
    for index in range(flaps):
        y = 0.05 + index * pitch
        model.add(body, box(width - 0.02, pitch - 0.012, 0.02, (0, y, depth / 2 - 0.012), radius=0.005))
        model.add(steel, handle(2, 0.12, (0, y + pitch - 0.06, depth / 2)))
    return model
