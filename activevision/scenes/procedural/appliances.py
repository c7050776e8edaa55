"""Lamps and fans."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import (
    DARK,
    HARD,
    SOFT,
    TOPS,
    Finish,
    Model,
    colour,
    fitting,
    pick,
    plain,
)
from activevision.scenes.procedural.joinery import cable, disc_base, louvres, star_base
from activevision.scenes.procedural.solids import (
    Solid,
    arc,
    box,
    cylinder,
    extrude,
    fillet,
    lathe,
    merge,
    sphere,
    spline,
    spun,
    torus,
    tube,
)

GLOW = np.array([1.0, 0.95, 0.8])


def lamp(rng: Generator) -> Model:
    """A table lamp with a turned foot, a floor lamp, a tripod, an arc, a jointed desk lamp, or a globe."""
    model = Model()
    body, shade, steel = pick(rng, TOPS), pick(rng, (*SOFT, *HARD)), fitting(rng)
    style = ("table", "table", "floor", "tripod", "arc", "desk", "globe")[rng.integers(7)]
    if style == "table":
        rise, radius = rng.uniform(0.25, 0.42), rng.uniform(0.06, 0.1)
        belly = [(rng.uniform(0.3, 1.5), 0.25), (rng.uniform(0.5, 1.5), 0.55), (rng.uniform(0.15, 0.5), 0.85)]
        outside = spline(np.array([(1.0, 0.0), *belly, (0.012 / radius, 1.0)]) * [radius, rise], 18)
        outside[:, 0] = np.maximum(outside[:, 0], 0.01)
        model.add(body, lathe([(0, 0), *outside, (0, rise)], crease_deg=60))
        model.add(steel, cylinder(0.009, 0.1, (0, rise - 0.01, 0), sides=10))
        _shade(rng, model, shade, rise + 0.03, rng.uniform(0.13, 0.22), rng.uniform(0.16, 0.26))
    elif style == "floor":
        rise = rng.uniform(1.2, 1.5)
        if rng.random() < 0.5:
            model.add(steel, disc_base(rng.uniform(0.13, 0.18), rise, 0.013))
        else:
            model.add(steel, *star_base(0.2, rise, 3, castors=False))
        _shade(rng, model, shade, rise - 0.08, rng.uniform(0.17, 0.27), rng.uniform(0.22, 0.34))
    elif style == "tripod":
        rise, spread = rng.uniform(1.0, 1.3), rng.uniform(0.26, 0.36)
        model.add(body, spun(tube([(spread, 0.012, 0), (0.02, rise, 0)], 0.016, sides=8), 3))
        model.add(steel, cylinder(0.04, 0.05, (0, rise - 0.04, 0), sides=18, bevel=0.01))
        _shade(rng, model, shade, rise + 0.02, rng.uniform(0.18, 0.27), rng.uniform(0.22, 0.32))
    elif style == "arc":
        rise, reach = rng.uniform(1.6, 1.9), rng.uniform(0.7, 1.0)
        model.add(body, cylinder(0.17, 0.05, (-reach / 2, 0, 0), sides=32, bevel=0.01))
        path = spline(
            [(-reach / 2, 0.04, 0), (-reach / 2, 0.7 * rise, 0), (-0.1 * reach, rise, 0), (reach / 2, 0.84 * rise, 0)],
            24,
        )
        model.add(steel, tube(path, 0.012, sides=8))
        dome = Model()
        _dome(dome, shade, rng.uniform(0.14, 0.2))
        model.place(dome, x=reach / 2, y=0.84 * rise - 0.1)
    elif style == "desk":
        first, second = rng.uniform(0.28, 0.4), rng.uniform(0.25, 0.36)
        model.add(body, cylinder(0.09, 0.025, sides=32, bevel=0.008))
        elbow = np.array([0, 0.02 + 0.94 * first, -0.34 * first])
        wrist = elbow + np.array([0, 0.5 * second, 0.86 * second])
        model.add(steel, tube(np.array([[0, 0.02, 0], elbow]), 0.009, sides=8), tube([elbow, wrist], 0.009, sides=8))
        model.add(
            steel,
            sphere(0.018, elbow - np.array([0, 0.018, 0]), 12),
            sphere(0.018, wrist - np.array([0, 0.018, 0]), 12),
        )
        dome = Model()
        _dome(dome, shade, rng.uniform(0.07, 0.1))
        model.place(dome, y=float(wrist[1]) - 0.06, z=float(wrist[2]) + 0.02, lean_deg=-rng.uniform(15, 40))
    else:
        radius, rise = rng.uniform(0.11, 0.18), rng.uniform(0.05, 1.2)
        model.add(
            steel, disc_base(0.8 * radius, rise, 0.02) if rise > 0.3 else cylinder(0.6 * radius, rise, bevel=0.01)
        )
        model.add(shade, sphere(radius, (0, rise - 0.01, 0), 32))
    return model


def _shade(rng: Generator, model: Model, finish: Finish, y: float, radius: float, height: float) -> None:
    """An open drum or cone round a bulb, held above ``y``."""
    top = radius * rng.uniform(0.4, 1.0)
    wall = 0.006
    profile = [(radius - wall, 0), (radius, 0), (top, height), (top - wall, height), (radius - wall, 0)]
    model.add(finish, lathe(np.array(profile) + np.array([0, y]), sides=40))
    model.add(plain(GLOW), sphere(0.035, (0, y + 0.3 * height, 0), 14))
    spider = tube(
        [(0, y + 0.75 * height, 0), (top + 0.25 * (radius - top) - wall, y + 0.75 * height, 0)], 0.004, sides=6
    )
    model.add(plain(DARK), spun(spider, 3), cylinder(0.008, 0.8 * height, (0, y - 0.04, 0), sides=8))


def _dome(model: Model, finish: Finish, radius: float) -> None:
    """A bowl-shaped shade open below, with its bulb."""
    outer, inner = arc(radius, 0, 84, 9), arc(radius - 0.006, 84, 0, 9)
    neck = [(0.02, radius), (0.02, radius + 0.04), (0, radius + 0.04)]
    model.add(finish, lathe([(0, radius - 0.006), *inner, *outer, *neck], sides=32))
    model.add(plain(GLOW), sphere(0.4 * radius, (0, 0.1 * radius, 0), 16))


def fan(rng: Generator) -> Model:
    """A caged fan on a table foot, a column or a floor stand, with three to five blades."""
    model = Model()
    body, blade, steel = pick(rng, HARD), plain(colour(rng)), fitting(rng)
    radius, depth = rng.uniform(0.14, 0.24), rng.uniform(0.09, 0.13)
    rise = (radius + rng.uniform(0.06, 0.14), radius + rng.uniform(0.06, 0.14), rng.uniform(0.9, 1.2))[rng.integers(3)]
    head = Model()
    cage(head, steel, radius, depth, wires=int(rng.integers(18, 30)), rings=int(rng.integers(2, 4)), sides=(-1, 1))
    blades(rng, head, blade, radius * 0.86, depth * 0.5)
    motor = cylinder(0.3 * radius, 0.6 * radius + 0.03, bevel=0.03).turned("x", -90)
    head.add(body, motor.moved(z=-depth / 2 + 0.01))
    head.add(body, cylinder(0.16 * radius, 0.012, bevel=0.005).turned("x", 90).moved(z=depth / 2))
    if rise < 0.6 and rng.random() < 0.5:
        model.add(body, box(1.4 * radius, 0.05, 1.2 * radius, radius=0.02))
        model.add(body, box(0.05, rise, 0.05, (0, 0.01, -0.5 * radius), radius=0.015))
    elif rng.random() < 0.5:
        model.add(body, disc_base(0.8 * radius + 0.03, rise, 0.022).moved(z=-0.5 * radius))
    else:
        model.add(
            body, *(part.moved(z=-0.5 * radius) for part in star_base(0.8 * radius + 0.05, rise, 4, castors=False))
        )
    model.place(head, y=rise, lean_deg=-rng.uniform(0, 15))
    return model


def cage(
    model: Model, finish: Finish, radius: float, depth: float, wires: int, rings: int, sides: tuple[int, ...]
) -> None:
    """Domes of radial wires and rings round the z axis, ``depth`` thick in all; sides: −1 behind, 1 in front."""
    for side in sides:
        bulge = side * depth / 2
        profile = [(0.14 * radius, bulge), (0.6 * radius, 0.97 * bulge), (0.9 * radius, 0.62 * bulge), (radius, 0.0)]
        curve = spline([(r, 0, z) for r, z in profile], 7)
        model.add(finish, spun(tube(curve, 0.0022, sides=4), wires, "z"))
        for index in range(rings):
            point = curve[round((index + 0.5) * 5 / rings)]
            model.add(finish, torus(point[0], 0.0025).moved(z=point[2]))
    model.add(finish, torus(radius, 0.006, 40))


def blades(rng: Generator, model: Model, finish: Finish, radius: float, depth: float) -> None:
    """A hub with three to five twisted blades round the z axis."""
    count = int(rng.integers(3, 6))
    width = radius * rng.uniform(0.5, 0.7)
    outline = np.array([(0.15, -0.2), (0.55, -0.5), (0.92, -0.42), (1.0, 0.0), (0.85, 0.36), (0.5, 0.42), (0.15, 0.2)])
    petal = extrude(fillet([*outline, outline[0]], 0.2, 2) * [radius, width], 0.006).turned("x", -28)
    model.add(
        finish, spun(petal, count, "z"), cylinder(0.22 * radius, depth, bevel=0.01).turned("x", 90).moved(z=-depth / 2)
    )


def head(label: str, shared: Generator, own: Generator) -> Model:
    """Lamp or fan in one drum on one stand, told apart by what lies behind the drum's rim.

    The drum has a motor or ballast behind with a vent and a cable, and a rim of another colour in front.
    """
    model = Model()
    drum, rim, steel = pick(shared, HARD), pick(shared, HARD), fitting(shared)
    inner = plain(colour(shared))
    radius = shared.uniform(0.16, 0.24)
    depth = radius * shared.uniform(0.6, 0.85)
    rise = radius + shared.uniform(0.08, 0.32)
    wall = 0.012
    shell = [(0, 0), (0.5 * radius, 0.0), (0.93 * radius, 0.15 * depth), (radius, 0.45 * depth), (radius, 0.8 * depth)]
    inside = [(radius - wall, 0.8 * depth), (radius - wall, 0.5 * depth), (0, 0.5 * depth)]
    parts: list[tuple[Finish, Solid]] = [(drum, lathe([*fillet(shell, 0.03), *inside], sides=40))]
    lip = [(radius - wall, 0.7 * depth), (radius + 0.006, 0.7 * depth), (radius + 0.006, depth), (radius - wall, depth)]
    parts.append((rim, lathe([*fillet([*lip, lip[0]], 0.003, 2)], sides=40)))
    parts.append((drum, cylinder(0.42 * radius, 0.3 * depth, (0, -0.28 * depth, 0), bevel=0.02)))
    aimed = Model()
    for finish, solid in parts:
        aimed.add(finish, solid.turned("x", 90).moved(z=-depth / 2))
    vent = merge(louvres(0.5 * radius, 0.4 * radius, 4, (0, 0, 0))).turned("y", 180)
    aimed.add(plain(DARK), vent.moved(0, -0.2 * radius, -0.78 * depth))
    floor = Model()
    if label == "fan":
        blades(own, floor, inner, radius * 0.82, 0.2 * depth)
        cage(floor, steel, radius - wall, 0.16 * depth, wires=24, rings=3, sides=(1,))
        aimed.place(floor, z=0.2 * depth)
    else:
        bowl = spline([(0.25 * radius, 0.02 * depth), (0.7 * radius, 0.12 * depth), (radius - wall, 0.42 * depth)], 10)
        dish = lathe([(0, 0), (radius - wall, 0), *bowl[::-1], (0, 0.02 * depth)], sides=36)
        floor.add(inner, dish.turned("x", 90))
        bulb = np.array([(0.1, 0), (0.1, 0.06), (0.24, 0.2), (0.26, 0.3), (0.18, 0.4), (0, 0.44)]) * [
            radius,
            0.9 * depth,
        ]
        floor.add(plain(GLOW), lathe([(0, 0), *spline(bulb, 14)], sides=24, crease_deg=60).turned("x", 90))
        if own.random() < 0.5:
            floor.add(steel, torus(0.55 * radius, 0.006).moved(z=0.38 * depth))
            floor.add(
                steel,
                spun(
                    tube([(0.55 * radius, 0, 0.38 * depth), (0.95 * radius, 0, 0.38 * depth)], 0.004, sides=6), 3, "z"
                ),
            )
        aimed.place(floor, z=0.01)
    model.place(aimed, y=rise)
    yoke = -0.68 * depth
    if shared.random() < 0.5:
        model.add(rim, box(1.3 * radius, 0.04, 1.1 * radius, (0, 0, -0.3 * depth), radius=0.015))
    else:
        model.add(rim, cylinder(0.85 * radius, 0.025, (0, 0, yoke), sides=36, bevel=0.008))
    model.add(steel, cylinder(0.016, rise, (0, 0.01, yoke), sides=14))
    model.add(
        plain(DARK), cable((0.25 * radius, rise - 0.2 * radius, -0.75 * depth), 0.0, shared.uniform(0.3, 0.8) * radius)
    )
    return model
