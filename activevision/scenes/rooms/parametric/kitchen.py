"""Kitchen units that share a look, and what stands on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import (
    DARK,
    Finish,
    Model,
    colour,
    fitting,
    metal,
    paint,
    plain,
    stone,
    wood,
)
from activevision.scenes.procedural.joinery import handle
from activevision.scenes.procedural.solids import box, cylinder, fillet, lathe, torus, tube

STEEL = np.array([0.74, 0.75, 0.76])
WHITE = np.array([0.93, 0.93, 0.92])


@dataclass(frozen=True, eq=False)
class Look:
    """What the units of one kitchen have in common; the first draws of every unit's generator."""

    front: Finish
    body: Finish
    top: Finish
    steel: Finish
    appliance: Finish
    height: float
    thick: float
    pull: int
    style: int


def look(rng: Generator) -> Look:
    front = wood(rng) if rng.random() < 0.35 else paint(rng)
    top = (stone, wood, paint)[rng.integers(3)](rng)
    white = rng.random() < 0.5
    appliance = plain(WHITE) if white else metal(rng)
    return Look(
        front,
        plain(front.mean_colour * 0.92),
        top,
        fitting(rng, against=front),
        appliance,
        rng.uniform(0.86, 0.92),
        rng.uniform(0.028, 0.045),
        int(rng.integers(3)),
        int(rng.integers(3)),
    )


WIDTH, DEPTH = 0.6, 0.6


def _carcass(model: Model, style: Look, width: float, worktop: bool = True) -> float:
    """A plinth, a box and a worktop; returns the height up to which fronts may go."""
    model.add(plain(DARK * 1.5), box(width, 0.1, DEPTH - 0.09, (0, 0, -0.045)))
    under = style.height - style.thick
    model.add(style.body, box(width, under - 0.1, DEPTH - 0.05, (0, 0.1, -0.025)))
    if worktop:
        model.add(style.top, box(width, style.thick, DEPTH, (0, under, 0)))
    return under


def _front(model: Model, style: Look, x: float, y: float, width: float, height: float, z: float, drawer: bool) -> None:
    """One door or drawer front standing out from z."""
    model.add(style.front, box(width - 0.006, height - 0.006, 0.02, (x, y + 0.003, z + 0.01), radius=0.003))
    if style.style == 1 and height > 0.25:
        model.add(style.front, box(width - 0.14, height - 0.14, 0.014, (x, y + 0.07, z + 0.016), radius=0.006))
    elif style.style == 2 and height > 0.25:
        for side in (-1, 1):
            model.add(style.front, box(0.06, height - 0.006, 0.012, (x + side * (width / 2 - 0.033), y, z + 0.022)))
    spot = (x, y + height - 0.06, z + 0.02) if drawer else (x + 0.38 * width, y + height - 0.14, z + 0.02)
    model.add(style.steel, handle(style.pull, 0.14, spot, upright=not drawer))


def cupboard(rng: Generator) -> Model:
    """A base unit with a door and a drawer, or with drawers."""
    model, style = Model(), look(rng)
    under = _carcass(model, style, WIDTH)
    z = DEPTH / 2 - 0.05
    if rng.random() < 0.6:
        _front(model, style, 0, 0.1, WIDTH, 0.72 * (under - 0.1), z, drawer=False)
        _front(model, style, 0, 0.1 + 0.72 * (under - 0.1), WIDTH, 0.28 * (under - 0.1), z, drawer=True)
    else:
        for row in range(3):
            _front(model, style, 0, 0.1 + row * (under - 0.1) / 3, WIDTH, (under - 0.1) / 3, z, drawer=True)
    return model


def sink_unit(rng: Generator) -> Model:
    """A double unit with a steel basin, a draining board and a tap."""
    model, style = Model(), look(rng)
    width = 2 * WIDTH
    under = _carcass(model, style, width, worktop=False)
    for side in (-1, 1):
        _front(model, style, side * width / 4, 0.1, width / 2, under - 0.1, DEPTH / 2 - 0.05, drawer=False)
    basin_x, basin, deep = -0.26 if rng.random() < 0.5 else 0.26, 0.44, 0.38
    top = style.thick
    for x, wide in _around(width, basin_x, basin):
        model.add(style.top, box(wide, top, DEPTH, (x, under, 0)))
    for side in (-1, 1):
        model.add(style.top, box(basin, top, (DEPTH - deep) / 2, (basin_x, under, side * (DEPTH + deep) / 4)))
    steel = plain(STEEL)
    model.add(steel, box(basin, 0.01, deep, (basin_x, under - 0.15, 0)))
    for side in (-1, 1):
        model.add(steel, box(0.012, 0.16 + top, deep, (basin_x + side * (basin / 2 - 0.006), under - 0.15, 0)))
        model.add(steel, box(basin, 0.16 + top, 0.012, (basin_x, under - 0.15, side * (deep / 2 - 0.006))))
    for line in range(7):
        model.add(steel, box(0.008, 0.006, 0.36, (-basin_x + (line - 3) * 0.05, style.height - 0.001, 0)))
    neck = [(basin_x, style.height - 0.01, -0.24), (basin_x, style.height + 0.26, -0.24)]
    neck += [(basin_x, style.height + 0.26, -0.06), (basin_x, style.height + 0.16, -0.06)]
    model.add(
        style.steel, tube(fillet(neck, 0.09, 5), 0.014, sides=10), cylinder(0.026, 0.03, (basin_x, style.height, -0.24))
    )
    model.add(style.steel, box(0.09, 0.014, 0.018, (basin_x + 0.05, style.height + 0.03, -0.24), radius=0.005))
    return model


def _around(width: float, hole: float, wide: float) -> list[tuple[float, float]]:
    """Middles and widths of what is left of (−width/2, width/2) beside a hole."""
    edges = (-width / 2, hole - wide / 2, hole + wide / 2, width / 2)
    return [((a + b) / 2, b - a) for a, b in ((edges[0], edges[1]), (edges[2], edges[3]))]


def cooker(rng: Generator) -> Model:
    """An oven under four rings or plates, with a row of knobs."""
    model, style = Model(), look(rng)
    height = style.height
    body, black = style.appliance, plain(DARK)
    model.add(plain(DARK * 1.5), box(WIDTH - 0.01, 0.1, DEPTH - 0.09, (0, 0, -0.045)))
    model.add(body, box(WIDTH - 0.004, height - 0.1, DEPTH - 0.03, (0, 0.1, -0.015), radius=0.006))
    z = DEPTH / 2 - 0.03
    model.add(black, box(WIDTH - 0.1, 0.36, 0.02, (0, 0.26, z), radius=0.005))
    model.add(plain(DARK * 2.6), box(WIDTH - 0.2, 0.24, 0.012, (0, 0.31, z + 0.008)))
    model.add(style.steel, tube([(-0.22, 0.67, z + 0.05), (0.22, 0.67, z + 0.05)], 0.011, sides=8))
    for x in (-0.22, 0.22):
        model.add(style.steel, box(0.014, 0.014, 0.05, (x, 0.663, z + 0.025)))
    knob = cylinder(0.019, 0.025, sides=14).turned("x", 90)
    model.add(black, *(knob.moved((i - 2) * 0.1, height - 0.09, z) for i in range(5)))
    gas = rng.random() < 0.5
    model.add(black, box(WIDTH - 0.03, 0.012, DEPTH - 0.08, (0, height - 0.004, -0.015)))
    for x in (-0.14, 0.14):
        for depth in (-0.15, 0.11):
            radius = 0.095 if (x < 0) == (depth < 0) else 0.075
            if gas:
                model.add(plain(STEEL), cylinder(0.4 * radius, 0.02, (x, height + 0.008, depth), sides=16))
                for angle in (0, 90):
                    bar = box(2 * radius, 0.012, 0.012).turned("y", angle)
                    model.add(plain(DARK * 1.8), bar.moved(x, height + 0.028, depth))
            else:
                ring = torus(radius, 0.006, sides=24).turned("x", 90)
                model.add(plain(STEEL * 0.8), ring.moved(x, height + 0.008, depth))
    return model


def dishwasher(rng: Generator) -> Model:
    """A flat front with a strip of buttons, under the worktop."""
    model, style = Model(), look(rng)
    under = _carcass(model, style, WIDTH)
    z = DEPTH / 2 - 0.05
    model.add(style.appliance, box(WIDTH - 0.006, under - 0.23, 0.022, (0, 0.105, z + 0.01), radius=0.004))
    model.add(style.appliance, box(WIDTH - 0.006, 0.11, 0.03, (0, under - 0.12, z + 0.012), radius=0.004))
    model.add(plain(DARK), box(0.16, 0.03, 0.004, (0.12, under - 0.08, z + 0.028)))
    model.add(style.steel, handle(2, 0.3, (-0.1, under - 0.1, z + 0.024)))
    return model


def fridge(rng: Generator) -> Model:
    """A tall fridge with its freezer above or below."""
    model, style = Model(), look(rng)
    height, width = rng.uniform(1.5, 1.95), rng.uniform(0.6, 0.72)
    body = style.appliance if rng.random() < 0.8 else paint(rng)
    model.add(plain(DARK), box(width - 0.04, 0.05, 0.56, (0, 0, -0.02)))
    model.add(body, box(width, height - 0.04, 0.58, (0, 0.04, -0.04), radius=0.01))
    split = rng.uniform(0.3, 0.42) if rng.random() < 0.55 else rng.uniform(0.62, 0.7)
    low = 0.05 + split * (height - 0.06)
    for y, high in ((0.05, low - 0.054), (low, height - low - 0.01)):
        model.add(body, box(width - 0.006, high, 0.06, (0, y, 0.285), radius=0.014))
        grip = min(0.5, 0.5 * high)
        at = y + high - grip / 2 - 0.08 if y < 0.1 else y + grip / 2 + 0.08
        model.add(
            style.steel,
            tube([(-width / 2 + 0.06, at - grip / 2, 0.345), (-width / 2 + 0.06, at + grip / 2, 0.345)], 0.011, 8),
        )
        for end in (-1, 1):
            model.add(style.steel, box(0.016, 0.016, 0.04, (-width / 2 + 0.06, at + end * grip / 2.2, 0.33)))
    return model


def wall_cupboard(rng: Generator) -> Model:
    """A cupboard that hangs over the worktop."""
    model, style = Model(), look(rng)
    height, depth = 0.7, 0.34
    model.add(style.body, box(WIDTH, height, depth - 0.02, (0, 0, -0.01)))
    z = depth / 2 - 0.02
    if rng.random() < 0.75:
        flipped = Model()
        _front(flipped, style, 0, 0, WIDTH, height, 0, drawer=False)
        model.place(flipped, z=z)
    else:
        for side in (-1, 1):
            _front(model, style, side * WIDTH / 4, 0, WIDTH / 2, height, z, drawer=False)
    return model


def hood(rng: Generator) -> Model:
    """A cooker hood with its chimney, to hang above a cooker."""
    model, style = Model(), look(rng)
    body = plain(STEEL) if rng.random() < 0.7 else style.appliance
    model.add(body, box(WIDTH, 0.06, 0.48, (0, 0, 0)))
    if rng.random() < 0.6:
        model.add(body, box(WIDTH, 0.16, 0.48, (0, 0.06, 0)).turned("x", 180).tapered(0.45).turned("x", 180))
        model.add(body, box(0.24, 0.5, 0.22, (0, 0.2, -0.1)))
    else:
        model.add(body, box(0.26, 0.6, 0.26, (0, 0.06, -0.1)))
    model.add(plain(DARK * 2), box(0.4, 0.006, 0.3, (0, -0.004, 0)))
    return model


def microwave(rng: Generator) -> Model:
    model = Model()
    body = plain(WHITE) if rng.random() < 0.5 else plain(DARK * rng.uniform(1, 6))
    width, height, depth = rng.uniform(0.44, 0.52), rng.uniform(0.26, 0.3), 0.34
    model.add(body, box(width, height - 0.01, depth, (0, 0.01, 0), radius=0.008))
    model.add(plain(DARK), box(0.66 * width, 0.72 * height, 0.008, (-0.12 * width, 0.14 * height, depth / 2)))
    model.add(plain(DARK * 2), box(0.18 * width, 0.16 * height, 0.006, (0.37 * width, 0.66 * height, depth / 2)))
    for row in range(4):
        for column in (-1, 1):
            key = (0.37 * width + column * 0.035, (0.14 + 0.12 * row) * height, depth / 2)
            model.add(plain(STEEL), box(0.025, 0.018, 0.006, key))
    model.add(
        plain(STEEL),
        tube(
            [(0.24 * width, 0.2 * height, depth / 2 + 0.03), (0.24 * width, 0.8 * height, depth / 2 + 0.03)], 0.008, 8
        ),
    )
    for y in (0.2, 0.8):
        model.add(plain(STEEL), box(0.012, 0.012, 0.03, (0.24 * width, y * height, depth / 2 + 0.015)))
    return model


def kettle(rng: Generator) -> Model:
    """An electric kettle or a coffee machine."""
    model = Model()
    body = metal(rng) if rng.random() < 0.5 else paint(rng)
    dark = plain(DARK)
    if rng.random() < 0.55:
        profile = fillet([(0, 0), (0.085, 0), (0.07, 0.2), (0.02, 0.235), (0, 0.24)], 0.03)
        model.add(dark, cylinder(0.09, 0.02))
        model.add(body, lathe(profile, (0, 0.02, 0), sides=28))
        model.add(
            dark, tube(fillet([(0.06, 0.22, 0), (0.14, 0.21, 0), (0.13, 0.07, 0), (0.075, 0.06, 0)], 0.05, 4), 0.012, 8)
        )
        model.add(body, tube([(-0.06, 0.16, 0), (-0.115, 0.225, 0)], [0.028, 0.014], 10))
        return model
    model.add(dark, box(0.2, 0.03, 0.28, radius=0.008))
    model.add(body, box(0.2, 0.34, 0.1, (0, 0, -0.09), radius=0.012))
    model.add(body, box(0.2, 0.09, 0.26, (0, 0.25, -0.01), radius=0.012))
    model.add(plain(np.array([0.25, 0.16, 0.1])), cylinder(0.06, 0.13, (0, 0.03, 0.05), sides=20, bevel=0.02))
    model.add(
        dark,
        tube(
            fillet([(0.05, 0.14, 0.05), (0.11, 0.13, 0.05), (0.11, 0.05, 0.05), (0.055, 0.05, 0.05)], 0.03, 3), 0.007, 6
        ),
    )
    return model


def pot(rng: Generator) -> Model:
    """A saucepan, or a casserole with a lid."""
    model = Model()
    body = metal(rng) if rng.random() < 0.5 else plain(colour(rng))
    radius, height = rng.uniform(0.09, 0.13), rng.uniform(0.08, 0.15)
    wall = 0.005
    profile = [
        (0, 0),
        (0.95 * radius, 0),
        (radius, 0.02),
        (radius, height),
        (radius - wall, height),
        (radius - wall, 0.02),
        (0, 0.012),
    ]
    model.add(body, lathe(profile, sides=32))
    if rng.random() < 0.5:
        model.add(plain(DARK), tube([(radius, 0.8 * height, 0), (radius + 0.17, 0.95 * height, 0)], 0.011, 8))
    else:
        model.add(
            body,
            lathe(
                [(0, height), (radius + 0.003, height), (0.6 * radius, height + 0.02), (0, height + 0.028)], sides=32
            ),
        )
        model.add(plain(DARK), cylinder(0.016, 0.025, (0, height + 0.026, 0), sides=12))
        for side in (-1, 1):
            model.add(plain(DARK), box(0.03, 0.014, 0.07, (side * (radius + 0.012), 0.7 * height, 0), radius=0.005))
    return model


def fruit_bowl(rng: Generator) -> Model:
    """A shallow bowl of fruit."""
    model = Model()
    radius = rng.uniform(0.12, 0.17)
    profile = [
        (0, 0),
        (0.4 * radius, 0),
        (0.8 * radius, 0.04),
        (radius, 0.09),
        (0.96 * radius, 0.09),
        (0.75 * radius, 0.05),
        (0, 0.02),
    ]
    model.add(plain(colour(rng)), lathe(profile, sides=32, crease_deg=60))
    tones = np.array([[0.85, 0.2, 0.12], [0.95, 0.6, 0.1], [0.9, 0.85, 0.25], [0.5, 0.7, 0.2]])
    from_middle = [(0.0, 0.06, 0.0)] + [
        (0.55 * np.cos(a), 0.04, 0.55 * np.sin(a)) for a in np.arange(5) * 2 * np.pi / 5
    ]
    for x, y, z in from_middle:
        fruit = cylinder(0.036, 0.072, sides=12, bevel=0.034).moved(x * radius, y, z * radius)
        model.add(plain(tones[rng.integers(4)]), fruit)
    return model


def place_setting(rng: Generator) -> Model:
    """A plate with a knife, a fork and a glass."""
    model = Model()
    china = plain(WHITE) if rng.random() < 0.6 else plain(colour(rng))
    profile = [(0, 0), (0.07, 0), (0.125, 0.016), (0.123, 0.02), (0.07, 0.006), (0, 0.006)]
    model.add(china, lathe(profile, sides=32))
    for x in (-0.155, 0.155):
        model.add(plain(STEEL), box(0.014, 0.004, 0.2, (x, 0, 0)))
    glass = [(0, 0), (0.03, 0), (0.033, 0.1), (0.03, 0.1), (0.027, 0.006), (0, 0.006)]
    model.add(plain(np.array([0.8, 0.86, 0.88])), lathe(glass, (0.13, 0, -0.13), sides=20))
    return model
