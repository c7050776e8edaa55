"""Offices, classrooms, meeting rooms and waiting rooms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import (
    DARK,
    HARD,
    SOFT,
    Finish,
    Model,
    colour,
    fitting,
    image,
    paint,
    palette,
    pick,
    plain,
    wood,
)
from activevision.scenes.procedural.joinery import four_legs, star_base
from activevision.scenes.procedural.solids import box, cylinder, fillet, lathe, plate, sphere, torus, tube
from activevision.scenes.procedural.tables import drawer_block
from activevision.scenes.procedural.textures import blend, noise
from activevision.scenes.rooms.parametric.kitchen import STEEL, WHITE
from activevision.scenes.scene import Material


def office_chair(rng: Generator) -> Model:
    """A swivel chair on castors."""
    model = Model()
    soft, base = pick(rng, SOFT), plain(DARK) if rng.random() < 0.6 else fitting(rng)
    height, width = rng.uniform(0.44, 0.52), rng.uniform(0.46, 0.54)
    model.add(base, *star_base(rng.uniform(0.28, 0.32), height - 0.06, 5, castors=True))
    model.add(soft, box(width, 0.09, width * 0.96, (0, height - 0.08, 0), radius=0.04, inner=4).puffed(0.02))
    rise = rng.uniform(0.45, 0.7)
    back = box(width * 0.92, rise, 0.07, (0, 0, 0), radius=0.033, inner=6).bowed(0.05).turned("x", -8)
    model.add(soft, back.moved(0, height + 0.1, -0.44 * width))
    model.add(
        base,
        tube(
            fillet(
                [(0, height - 0.05, -0.1), (0, height - 0.05, -0.52 * width), (0, height + 0.3, -0.56 * width)], 0.08
            ),
            0.018,
            8,
        ),
    )
    if rng.random() < 0.7:
        for side in (-1, 1):
            x = side * (width / 2 + 0.035)
            model.add(
                base,
                tube(
                    fillet([(0.7 * x, height - 0.06, 0), (x, height - 0.05, 0), (x, height + 0.2, 0)], 0.04), 0.014, 8
                ),
            )
            model.add(base, box(0.06, 0.03, 0.26, (x, height + 0.19, 0), radius=0.012))
    return model


def filing_cabinet(rng: Generator) -> Model:
    """Metal, two to four drawers."""
    model = Model()
    rows = int(rng.integers(2, 5))
    body = plain(np.full(3, rng.uniform(0.35, 0.85)) * (1 + rng.uniform(-0.06, 0.06, 3)))
    parts, pulls = drawer_block(rng.uniform(0.4, 0.46), 0.33 * rows, rng.uniform(0.5, 0.62), rows, 2)
    model.add(body, *parts)
    model.add(fitting(rng, body), *pulls)
    return model


def whiteboard(rng: Generator) -> Model:
    """A board for the wall: white with marker scribbles, or dark with chalk, with a tray."""
    model = Model()
    width, height = rng.uniform(2.0, 3.0), rng.uniform(1.05, 1.25)
    chalk = rng.random() < 0.4
    ground = (
        np.array([0.13, 0.27, 0.22])
        if chalk and rng.random() < 0.7
        else np.array([0.14, 0.15, 0.16])
        if chalk
        else np.full(3, 0.96)
    )
    model.add(image(_scribbles(rng, ground, chalk)), plate(width, height, 0.012, (0, 0.02, 0), inner=10))
    frame = wood(rng) if chalk and rng.random() < 0.6 else plain(STEEL)
    _rim(model, frame, width, height, over=0.05, rise=0.02, apart=0.02, lift=0.025, depth=0.03, z=0.003)
    model.add(frame, box(0.6 * width, 0.015, 0.09, (0, 0.0, 0.05)))
    for index in range(3):
        model.add(
            plain(palette(rng, 1)[0]),
            cylinder(0.009, 0.11, sides=8).turned("z", 90).moved(0.2 * index - 0.1, 0.024, 0.06),
        )
    return model


def _rim(
    model: Model, finish: Finish, width: float, height: float, *, over: float, rise: float, apart: float, lift: float,
    depth: float, z: float,
) -> None:  # fmt: skip
    """Four bars round a board: two across that are ``over`` longer than it, two upright ones ``apart`` wider apart."""
    for y in (0.0, height + rise):
        model.add(finish, box(width + over, 0.03, depth, (0, y, z)))
    for side in (-1, 1):
        model.add(finish, box(0.03, height, depth, (side * (width + apart) / 2, lift, z)))


def _scribbles(rng: Generator, ground: np.ndarray, chalk: bool) -> np.ndarray:
    """Lines of writing, a diagram and a formula, as strokes."""
    rows, columns = 128, 256
    smear = noise(rng, (4, 4), 256)[:rows]
    picture = blend(ground, ground * (1.35 if chalk else 0.93), smear).astype(np.float32)
    inks = (
        np.array([[0.95, 0.95, 0.9], [0.95, 0.9, 0.5]])
        if chalk
        else np.array([[0.1, 0.15, 0.5], [0.1, 0.1, 0.12], [0.7, 0.15, 0.15]])
    )
    y = 14
    while y < 100 and rng.random() < 0.93:
        x, ink = 12, inks[rng.integers(len(inks))] * 255
        stop = int(rng.uniform(60, 130))
        while x < stop:
            length = int(rng.integers(4, 16))
            t = np.arange(length)
            wave = (y + 2.2 * np.sin(t * rng.uniform(1.2, 2.4) + rng.uniform(0, 6))).round().astype(int)
            picture[wave.clip(0, rows - 2), (x + t).clip(0, columns - 1)] = ink
            picture[wave.clip(0, rows - 2) + 1, (x + t).clip(0, columns - 1)] = ink
            x += length + 5
        y += int(rng.integers(12, 18))
    ink = inks[rng.integers(len(inks))] * 255
    left, top = int(rng.integers(150, 175)), int(rng.integers(12, 24))
    picture[top : top + 66, left : left + 2] = picture[top + 66 : top + 68, left : left + 76] = ink
    t = np.arange(70)
    curve = top + 60 - 50 * (0.5 + 0.45 * np.sin(t / rng.uniform(8, 16) + rng.uniform(0, 6)))
    second = inks[rng.integers(len(inks))] * 255
    for thick in (0, 1):
        picture[curve.astype(int) + thick, left + 3 + t] = second
    return picture.clip(0, 255).astype(np.uint8)


def notice_board(rng: Generator) -> Model:
    """Cork with sheets of paper, or a printed poster or map."""
    model = Model()
    width, height = rng.uniform(0.8, 1.3), rng.uniform(0.7, 0.95)
    cork = np.array([0.72, 0.55, 0.36]) if rng.random() < 0.7 else colour(rng)
    size = 128
    picture = blend(cork, cork * 0.8, noise(rng, (50, 50), size, 1))
    for _ in range(int(rng.integers(5, 10))):
        tall, wide = int(rng.integers(20, 38)), int(rng.integers(14, 30))
        top, left = int(rng.integers(4, size - tall - 4)), int(rng.integers(4, size - wide - 4))
        sheet = np.full(3, 0.95) if rng.random() < 0.6 else 0.5 * colour(rng) + 0.5
        picture[top : top + tall, left : left + wide] = sheet * 255
        for line in range(top + 4, top + tall - 3, 4):
            picture[line, left + 3 : left + wide - 3 - int(rng.integers(0, 6))] = sheet * 120
    model.add(image(picture), plate(width, height, 0.01, (0, 0.02, 0), inner=6))
    frame = pick(rng, HARD)
    _rim(model, frame, width, height, over=0.06, rise=0.01, apart=0.03, lift=0.02, depth=0.022, z=0.002)
    return model


def school_desk(rng: Generator) -> Model:
    """A small table on metal legs, for one or two pupils, with a shelf under its top."""
    model = Model()
    top = wood(rng) if rng.random() < 0.7 else paint(rng)
    steel = plain(np.full(3, rng.uniform(0.15, 0.6))) if rng.random() < 0.6 else plain(colour(rng))
    width, depth, height = rng.choice([0.65, 1.2]), rng.uniform(0.48, 0.55), rng.uniform(0.68, 0.75)
    model.add(top, box(width, 0.025, depth, (0, height - 0.025, 0), radius=0.006))
    model.add(steel, box(width - 0.1, 0.012, depth - 0.12, (0, height - 0.13, -0.02)))
    model.add(steel, box(width - 0.1, 0.1, 0.012, (0, height - 0.13, -depth / 2 + 0.05)))
    for side in (-1, 1):
        x = side * (width / 2 - 0.05)
        model.add(
            steel,
            tube(
                fillet(
                    [
                        (x, 0.012, -depth / 2 + 0.04),
                        (x, height - 0.035, -depth / 2 + 0.05),
                        (x, height - 0.035, depth / 2 - 0.05),
                        (x, 0.012, depth / 2 - 0.02),
                    ],
                    0.05,
                ),
                0.014,
                8,
            ),
        )
        model.add(steel, tube([(x, 0.016, -depth / 2 + 0.03), (x, 0.016, depth / 2 - 0.02)], 0.014, 8))
    return model


def school_chair(rng: Generator) -> Model:
    """A stackable chair: a shell or boards on bent tube."""
    model = Model()
    seat = wood(rng) if rng.random() < 0.5 else plain(colour(rng))
    steel = plain(np.full(3, rng.uniform(0.15, 0.6)))
    width, height = rng.uniform(0.38, 0.42), rng.uniform(0.42, 0.46)
    model.add(seat, box(width, 0.016, 0.38, (0, height - 0.016, 0.01), radius=0.007, inner=4).bowed(0.0))
    model.add(
        seat,
        box(width, rng.uniform(0.16, 0.3), 0.016, (0, 0, 0), radius=0.007, inner=6)
        .bowed(0.04)
        .turned("x", -8)
        .moved(0, height + 0.18, -0.2),
    )
    for side in (-1, 1):
        x = side * (width / 2 - 0.03)
        model.add(
            steel,
            tube(
                fillet(
                    [(x, 0.0, 0.17), (x, height - 0.03, 0.15), (x, height - 0.03, -0.15), (x, height + 0.4, -0.235)],
                    0.05,
                ),
                0.011,
                8,
            ),
        )
        model.add(steel, tube([(x, height - 0.04, -0.1), (x, 0.0, -0.2)], 0.011, 8))
    return model


def printer(rng: Generator) -> Model:
    model = Model()
    body = plain(WHITE * rng.uniform(0.85, 1.0)) if rng.random() < 0.6 else plain(DARK * 2)
    width, height, depth = rng.uniform(0.4, 0.5), rng.uniform(0.2, 0.34), rng.uniform(0.34, 0.42)
    model.add(body, box(width, height, depth, radius=0.02))
    model.add(plain(DARK), box(0.7 * width, 0.05, 0.02, (0, 0.3 * height, depth / 2 - 0.008)))
    model.add(plain(np.full(3, 0.97)), box(0.55 * width, 0.004, 0.14, (0, 0.32 * height, depth / 2 + 0.05)))
    model.add(plain(DARK), box(0.5 * width, 0.012, 0.15, (0, 0.27 * height, depth / 2 + 0.04)))
    model.add(plain(DARK * 3), box(0.8 * width, 0.012, 0.6 * depth, (0, height - 0.004, -0.05), radius=0.005))
    return model


def keyboard(rng: Generator) -> Model:
    """A keyboard with a mouse beside it."""
    model = Model()
    dark = rng.random() < 0.6
    body, keys = plain(DARK * 1.5 if dark else WHITE), plain(DARK * 3 if dark else WHITE * 0.8)
    model.add(body, box(0.43, 0.018, 0.14, radius=0.006))
    model.add(
        keys,
        *(box(0.022, 0.008, 0.02, ((c - 7) * 0.0275, 0.016, (r - 2) * 0.026)) for r in range(5) for c in range(15)),
    )
    model.add(body, box(0.06, 0.034, 0.1, (0.29, 0, 0), radius=0.016))
    return model


def pen_pot(rng: Generator) -> Model:
    """Pens in a pot, or a letter tray with paper."""
    model = Model()
    if rng.random() < 0.5:
        model.add(
            plain(colour(rng)),
            lathe([(0, 0), (0.04, 0), (0.04, 0.1), (0.036, 0.1), (0.036, 0.006), (0, 0.006)], sides=20),
        )
        for index in range(4):
            x, z = 0.025 * np.cos(1.6 * index), 0.025 * np.sin(1.6 * index)
            model.add(plain(colour(rng)), tube([(0.6 * x, 0.01, 0.6 * z), (1.3 * x, 0.16, 1.3 * z)], 0.005, sides=6))
        return model
    tray = plain(DARK * 2) if rng.random() < 0.5 else plain(colour(rng))
    for level in range(int(rng.integers(1, 4))):
        y = 0.07 * level
        model.add(tray, box(0.25, 0.006, 0.33, (0, y, 0)))
        for side in (-1, 1):
            model.add(tray, box(0.006, 0.055, 0.33, (side * 0.125, y, 0)))
        model.add(tray, box(0.25, 0.055, 0.006, (0, y, -0.162)))
        model.add(plain(np.full(3, 0.96)), box(0.21, rng.uniform(0.005, 0.03), 0.297, (0, y + 0.006, 0)))
    return model


def waste_bin(rng: Generator) -> Model:
    model = Model()
    radius, height = rng.uniform(0.12, 0.16), rng.uniform(0.28, 0.38)
    body = plain(DARK * rng.uniform(1, 5)) if rng.random() < 0.6 else plain(colour(rng))
    profile = [(0, 0), (0.78 * radius, 0), (radius, height), (radius - 0.006, height), (0.78 * radius, 0.02), (0, 0.02)]
    model.add(body, lathe(profile, sides=28))
    for _ in range(3):
        x, z = rng.uniform(-0.4, 0.4, 2) * radius
        model.add(plain(np.full(3, 0.95)), sphere(0.04, (x, 0.4 * height, z), 8))
    return model


def clock(rng: Generator) -> Model:
    """A round clock for the wall."""
    model = Model()
    radius = rng.uniform(0.13, 0.18)
    disc = cylinder(radius, 0.03, sides=36).turned("x", 90)
    model.add(plain(np.full(3, 0.95)), disc.moved(0, radius, -0.01))
    model.add(fitting(rng), torus(radius + 0.01, 0.012, sides=36).moved(0, radius, 0.015))
    for hour in range(12):
        mark = box(0.008, 0.025, 0.004, (0, 0.8 * radius, 0)).turned("z", 30.0 * hour)
        model.add(plain(DARK), mark.moved(0, radius, 0.021))
    for long, wide, angle in ((0.5, 0.014, rng.uniform(0, 360)), (0.75, 0.009, rng.uniform(0, 360))):
        model.add(plain(DARK), box(wide, long * radius, 0.004).turned("z", angle).moved(0, radius, 0.034))
    return model


def globe(rng: Generator) -> Model:
    """A globe on a stand."""
    model = Model()
    size = 64
    land = noise(rng, (4, 6), size, 4) > 0.54
    picture = np.where(land[..., None], [150, 165, 90], [80, 140, 200]).astype(np.uint8)
    ball = sphere(0.15, sides=28)
    wide = np.arctan2(ball.vertices[:, 2], ball.vertices[:, 0]) / (2 * np.pi) + 0.5
    ball = replace(ball, uv=np.stack([wide, ball.vertices[:, 1] / 0.3], axis=1))
    model.add(Finish(Material((1.0, 1.0, 1.0), picture)), ball.moved(y=0.08))
    steel = fitting(rng)
    model.add(steel, cylinder(0.1, 0.02, sides=24, bevel=0.006), cylinder(0.012, 0.09, sides=10))
    angle = np.radians(np.linspace(-80, 80, 14))
    model.add(steel, tube(np.stack([0.165 * np.cos(angle), 0.23 + 0.165 * np.sin(angle), 0 * angle], 1), 0.007, 6))
    return model


def water_cooler(rng: Generator) -> Model:
    model = Model()
    body = plain(WHITE * rng.uniform(0.9, 1.0)) if rng.random() < 0.7 else plain(DARK * 3)
    model.add(body, box(0.32, 0.95, 0.34, radius=0.03))
    model.add(plain(DARK * 2), box(0.22, 0.26, 0.03, (0, 0.56, 0.165)))
    for side, tone in ((-1, [0.2, 0.4, 0.9]), (1, [0.9, 0.2, 0.2])):
        model.add(plain(np.array(tone)), box(0.03, 0.04, 0.05, (side * 0.05, 0.72, 0.19), radius=0.008))
    bottle = [(0, 0), (0.05, 0), (0.05, 0.05), (0.135, 0.1), (0.135, 0.4), (0.11, 0.43), (0, 0.43)]
    model.add(plain(np.array([0.55, 0.75, 0.92])), lathe(fillet(bottle, 0.03), (0, 0.94, 0), sides=28))
    return model


def meeting_table(rng: Generator) -> Model:
    """A long table for six to ten."""
    model = Model()
    top = pick(rng, HARD)
    width, depth, height = rng.uniform(1.9, 2.6), rng.uniform(0.95, 1.2), rng.uniform(0.72, 0.76)
    model.add(top, box(width, 0.04, depth, (0, height - 0.04, 0), radius=0.012))
    frame = fitting(rng) if rng.random() < 0.6 else top
    if rng.random() < 0.5:
        model.add(frame, *four_legs("square", width - 0.1, depth - 0.1, height - 0.04, 0.07))
        model.add(frame, box(width - 0.4, 0.06, 0.03, (0, height - 0.1, 0)))
    else:
        for side in (-1, 1):
            x = side * 0.3 * width
            model.add(frame, box(0.1, height - 0.04, 0.5 * depth, (x, 0, 0)), box(0.4, 0.03, 0.7 * depth, (x, 0, 0)))
    return model


def waiting_seat(rng: Generator) -> Model:
    """Two to four shells or padded seats on one beam."""
    model = Model()
    count, pitch = int(rng.integers(2, 5)), 0.56
    soft = pick(rng, SOFT) if rng.random() < 0.5 else plain(colour(rng))
    steel = fitting(rng)
    width = count * pitch
    model.add(steel, box(width - 0.1, 0.05, 0.08, (0, 0.34, -0.02)))
    for side in (-1, 1):
        x = side * (width / 2 - 0.25)
        model.add(steel, box(0.05, 0.36, 0.05, (x, 0, -0.02)), box(0.06, 0.03, 0.5, (x, 0, 0), radius=0.01))
    for index in range(count):
        x = (index - (count - 1) / 2) * pitch
        model.add(soft, box(0.5, 0.06, 0.46, (x, 0.39, 0.02), radius=0.025, inner=4).puffed(0.01))
        model.add(soft, box(0.5, 0.44, 0.05, radius=0.022, inner=4).turned("x", -12).moved(x, 0.44, -0.2))
    for index in range(count + 1):
        x = (index - count / 2) * pitch
        model.add(
            steel, tube(fillet([(x, 0.38, -0.1), (x, 0.62, -0.1), (x, 0.62, 0.18), (x, 0.38, 0.2)], 0.05), 0.012, 8)
        )
    return model


def projector_screen(rng: Generator) -> Model:
    """A screen that is pulled down before the wall, white or with a slide on it."""
    model = Model()
    width = rng.uniform(1.7, 2.4)
    height = 0.65 * width
    size = 128
    picture = np.full((size, size, 3), 245, np.uint8)
    if rng.random() < 0.6:
        tones = palette(rng, 4)
        picture[8:22, 10 : 10 + int(rng.integers(50, 100))] = tones[0] * 255
        for bar in range(6):
            tall = int(rng.integers(15, 75))
            picture[110 - tall : 110, 14 + bar * 10 : 22 + bar * 10] = tones[1] * 255
        for line in range(36, 110, 10):
            picture[line : line + 3, 82 : 82 + int(rng.integers(18, 40))] = tones[2] * 200
    model.add(image(picture), plate(width, height, 0.006, (0, 0.02, 0), inner=10))
    model.add(plain(np.full(3, 0.9)), box(width + 0.14, 0.09, 0.09, (0, height + 0.02, 0), radius=0.02))
    model.add(plain(DARK), box(width + 0.02, 0.025, 0.02, (0, 0, 0)))
    return model
