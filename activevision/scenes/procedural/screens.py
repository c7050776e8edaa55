"""Monitors, panels and pictures: flat things that show themselves on one side."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural import textures
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
)
from activevision.scenes.procedural.joinery import cable, disc_base, louvres
from activevision.scenes.procedural.solids import Point, Solid, box, cylinder, merge, plate, tube


def monitor(rng: Generator) -> Model:
    """A flat, curved, portrait or boxy tube display on a foot, or a laptop."""
    model = Model()
    case, steel = pick(rng, (paint, *HARD)), fitting(rng)
    style = ("flat", "curved", "portrait", "tube", "laptop")[rng.integers(5)]
    ratio = {"flat": 9 / 16, "curved": 9 / 21, "portrait": 16 / 9, "tube": 3 / 4, "laptop": 10 / 16}[style]
    width = rng.uniform(0.42, 0.75) * {"flat": 1.0, "curved": 1.2, "portrait": 0.55, "tube": 0.7, "laptop": 0.6}[style]
    height = width * ratio
    show = image(textures.screen(rng, colour(rng), palette(rng, 4)))
    rim = 0.03 if style == "tube" else rng.uniform(0.008, 0.022)
    outer = width + 2 * rim
    head = Model()
    bow = rng.uniform(0.03, 0.07) if style == "curved" else 0.0
    thick = 0.1 if style == "tube" else 0.012 if style == "laptop" else 0.028
    head.add(case, box(outer, height + 2 * rim, thick, (0, 0, -thick / 2), radius=0.006, inner=10).bowed(bow))
    head.add(show, plate(width, height, 0.004, (0, rim, 0), inner=10).bowed(bow * (width / outer) ** 2))
    lift = rng.uniform(0.08, 0.18)
    if style == "laptop":
        deep = 0.68 * outer
        model.add(case, box(outer, 0.016, deep, radius=0.006))
        keys = (
            box(outer * 0.058, 0.004, deep * 0.085, ((i - 6) * outer * 0.069, 0.015, (row - 3) * deep * 0.105))
            for row in range(5)
            for i in range(13)
        )
        model.add(plain(DARK), *keys)
        model.add(steel, box(0.3 * outer, 0.003, 0.26 * deep, (0, 0.015, 0.32 * deep)))
        model.place(head, y=0.012, z=-deep / 2 + 0.01, lean_deg=-rng.uniform(8, 30))
        return model
    if style == "tube":
        funnel = (
            box(0.84 * height, 0.75 * width, 0.84 * outer, radius=0.03).tapered(0.62).turned("z", 90).turned("y", 90)
        )
        head.add(case, funnel.moved(0, height / 2 + rim, -0.8 * width - 0.02))
        head.add(case, *louvres(0.3 * width, 0.03, 3, (0.2 * width, -0.004, 0.0)))
        model.add(case, disc_base(0.36 * width, 0.07, 0.2 * width).moved(z=-0.35 * width))
        model.place(head, y=0.06)
        return model
    model.place(head, y=lift)
    _stand(rng, model, steel, width, lift, height)
    return model


def _stand(rng: Generator, model: Model, steel: Finish, width: float, lift: float, height: float) -> None:
    style = rng.integers(3)
    top = lift + 0.45 * height
    foot = min(width, 0.6)
    if style == 0:
        model.add(steel, box(0.45 * foot, 0.012, 0.2, (0, 0, -0.03), radius=0.005))
        model.add(steel, box(0.05, top, 0.02, (0, 0.005, -0.045), radius=0.005))
    elif style == 1:
        model.add(steel, cylinder(0.11, 0.014, (0, 0, -0.05), sides=32, bevel=0.005))
        model.add(steel, cylinder(0.018, top, (0, 0.005, -0.05), sides=14))
    else:
        for side in (-1, 1):
            hub, tip = (side * 0.05, lift + 0.03, -0.04), (side * 0.36 * foot, 0.01, 0.09)
            model.add(steel, tube([(side * 0.36 * foot, 0.01, -0.12), hub, tip], 0.01, sides=8))
        model.add(steel, box(0.16, 0.1, 0.02, (0, lift, -0.04), radius=0.005))


def panel(rng: Generator) -> Model:
    """A radiator, a pegboard, an acoustic panel or a louvred screen of one to three leaves, on feet."""
    model = Model()
    frame, field, steel = pick(rng, HARD), pick(rng, (*HARD, *SOFT)), fitting(rng)
    width, height = rng.uniform(0.45, 1.1), rng.uniform(0.5, 1.6)
    leaves = int(rng.integers(1, 4)) if height > 1.1 else 1
    if leaves > 1:
        width = rng.uniform(0.4, 0.55)
    lift, thick = rng.uniform(0.04, 0.12), rng.uniform(0.03, 0.06)
    style = int(rng.integers(4))
    fold = rng.uniform(18, 32)
    leaf = Model()
    _frame(leaf, frame, width, height, thick, 0.04)
    leaf.add(frame, box(width - 0.02, height - 0.02, 0.012, (0, 0.01, -thick / 2 + 0.012)))
    relief(rng, leaf, field, steel, width - 0.08, height - 0.08, thick * 0.8, (0, 0.04, -thick / 2 + 0.018), style)
    pitch = width * np.cos(np.radians(fold)) if leaves > 1 else 0.0
    for index in range(leaves):
        turn = 0.0 if leaves == 1 else fold * (1 if index % 2 else -1)
        model.place(leaf, x=(index - (leaves - 1) / 2) * pitch, y=lift, turn_deg=turn)
        if leaves == 1:
            for side in (-1, 1):
                x = side * 0.38 * width
                model.add(steel, box(0.035, 0.03, 0.24 + 0.06 * height, (x, 0, 0), radius=0.01))
                model.add(steel, box(0.03, lift, 0.03, (x, 0.01, 0)))
        else:
            sine = np.sin(np.radians(turn))
            for side in (-1, 1):
                spot = ((index - (leaves - 1) / 2) * pitch + side * 0.42 * pitch, 0, -side * 0.42 * width * sine)
                model.add(steel, box(0.035, lift + 0.01, 0.035, spot))
    return model


def _frame(model: Model, finish: Finish, width: float, height: float, depth: float, bar: float) -> None:
    """Four bars round an opening, their outside width × height standing on y = 0 and centred on z = 0."""
    for y in (0, height - bar):
        model.add(finish, box(width, bar, depth, (0, y, 0), radius=0.006))
    for side in (-1, 1):
        model.add(
            finish, box(bar, height - 2 * bar + 0.008, depth, (side * (width - bar) / 2, bar - 0.004, 0), radius=0.004)
        )


def relief(
    rng: Generator,
    model: Model,
    field: Finish,
    steel: Finish,
    width: float,
    height: float,
    depth: float,
    at: Point,
    style: int,
) -> None:
    """What makes a panel: fins, louvres, pads or pegs over width × height, standing ``depth`` out from ``at``."""
    x0, y0, z = at
    if style == 0:
        count = min(16, max(6, int(width / rng.uniform(0.04, 0.07))))
        pitch = width / count
        model.add(
            field,
            *(_fin(0.6 * pitch, height, depth, (x0 + (i - (count - 1) / 2) * pitch, y0, z)) for i in range(count)),
        )
    elif style == 1:
        count = min(16, max(5, int(height / rng.uniform(0.05, 0.09))))
        pitch = height / count
        slat = box(width, 0.012, 1.1 * depth, radius=0.004).turned("x", 35)
        model.add(field, *(slat.moved(x0, y0 + (i + 0.4) * pitch, z + 0.5 * depth) for i in range(count)))
    elif style == 2:
        columns, rows = (min(4, max(2, round(size / 0.2))) for size in (width, height))
        wide, high = width / columns, height / rows
        for column in range(columns):
            for row in range(rows):
                spot = (x0 + (column - (columns - 1) / 2) * wide, y0 + row * high + 0.004, z + depth / 2)
                model.add(field, box(wide - 0.008, high - 0.008, depth, spot, radius=0.45 * depth))
    else:
        model.add(field, box(width, height, 0.01, (x0, y0, z)))
        columns, rows = (min(9, max(4, round(size / 0.11))) for size in (width, height))
        peg = cylinder(0.018, depth, sides=10).turned("x", 90)
        for column in range(columns):
            for row in range(rows):
                x, y = x0 + width * ((column + 0.5) / columns - 0.5), y0 + height * (row + 0.5) / rows
                model.add(steel, peg.moved(x, y, z))


def _fin(width: float, height: float, depth: float, at: Point) -> Solid:
    return box(width, height, depth, (at[0], at[1], at[2] + depth / 2), radius=0.3 * min(width, depth))


def picture(rng: Generator) -> Model:
    """A framed painting with or without a mount, propped by a strut on a table or standing on an easel."""
    model = Model()
    frame, backing = pick(rng, HARD), pick(rng, HARD)
    width, ratio = rng.uniform(0.25, 0.9), rng.uniform(0.65, 1.5)
    height = width * ratio
    bar, depth = rng.uniform(0.06, 0.13) * min(width, height), rng.uniform(0.02, 0.04)
    head = Model()
    _frame(head, frame, width, height, depth, bar)
    if rng.random() < 0.5:
        inner = Model()
        _frame(inner, plain(colour(rng)), width - 1.5 * bar, height - 1.5 * bar, depth * 0.5, 0.35 * bar)
        head.place(inner, y=0.75 * bar, z=depth * 0.4)
    head.add(backing, box(width - bar, height - bar, 0.01, (0, bar / 2, -depth / 2 + 0.008)))
    art(rng, head, width - 1.8 * bar, height - 1.8 * bar, (0, 0.9 * bar, -depth / 2 + 0.016))
    if width < 0.5 or rng.random() < 0.4:
        lean = rng.uniform(8, 16)
        model.place(head, y=depth / 2 * np.sin(np.radians(lean)), lean_deg=-lean)
        sine, cosine = np.sin(np.radians(lean)), np.cos(np.radians(lean))
        hinge = (0.0, 0.7 * height * cosine, -0.7 * height * sine - depth)
        model.add(
            backing,
            box(0.16 * width, 0.72 * height, 0.008).turned("x", 0.9 * lean).moved(0, 0.004, hinge[2] - 0.16 * height),
        )
        return model
    sill = rng.uniform(0.5, 0.8)
    top = sill + height + 0.15
    for side in (-1, 1):
        foot, apex = (side * (0.3 + 0.25 * width), 0.012, 0.12), (side * 0.05, top, -0.12)
        model.add(backing, tube([foot, apex], 0.016, sides=8))
    model.add(backing, tube([(0, 0.012, -0.5), (0, top - 0.05, -0.14)], 0.016, sides=8))
    model.add(backing, box(0.7 * width + 0.1, 0.03, 0.08, (0, sill - 0.03, 0.05), radius=0.006))
    model.place(head, y=sill, z=0.05, lean_deg=-7)
    return model


def art(rng: Generator, model: Model, width: float, height: float, at: Point) -> None:
    """A painting of width × height in the plane z = at[2]."""
    model.add(image(textures.painting(rng, palette(rng, 5))), plate(width, height, 0.006, at))


def slab(label: str, shared: Generator, own: Generator) -> Model:
    """Monitor, panel or picture in one case, told apart by what its recessed front shows.

    The back has a housing with a vent and a cable; the front rim has another colour, so that the sides show which way
    it faces.
    """
    model = Model()
    case, rim, steel = pick(shared, HARD), pick(shared, HARD), fitting(shared)
    field = pick(shared, (*HARD, *SOFT))
    width = shared.uniform(0.5, 0.95)
    height = width * shared.uniform(0.55, 0.8)
    thick, bar, lift = shared.uniform(0.06, 0.09), shared.uniform(0.025, 0.045), shared.uniform(0.05, 0.12)
    band = 0.35 * thick
    _stand(shared, model, steel, width, lift, height)
    body = Model()
    _frame(body, rim, width, height, band, bar)
    model.place(body, y=lift, z=thick - band / 2)
    model.add(case, box(width - 0.004, height - 0.004, 0.5 * thick, (0, lift + 0.002, 0.25 * thick), radius=0.012))
    wall = box(width - 0.008, height - 0.008, 0.3 * thick, (0, lift + 0.004, 0.5 * thick))
    model.add(case, wall)
    housing = 0.55 * width, 0.55 * height, 0.05
    model.add(case, box(*housing, (0, lift + 0.2 * height, -0.02), radius=0.02))
    vent = merge(louvres(0.4 * width, 0.16 * height, 5, (0, 0, 0))).turned("y", 180)
    model.add(plain(DARK), vent.moved(0, lift + 0.5 * height, -0.046))
    model.add(plain(DARK), cable((0.2 * width, lift + 0.25 * height, -0.04), 0.0, shared.uniform(0.05, 0.2) * width))
    for y in (0.3, 0.4, 0.5):
        port = box(0.006, 0.05 * height, 0.2 * thick, (0, 0, 0))
        model.add(plain(DARK), port.moved(-width / 2 + 0.002, lift + y * height, 0.3 * thick))
    opening = width - 2 * bar, height - 2 * bar
    floor = (0.0, lift + bar, 0.66 * thick)
    if label == "monitor":
        show = image(textures.screen(own, colour(shared), palette(shared, 4)))
        model.add(show, plate(*opening, 0.008, floor))
    elif label == "picture":
        mount = 0.12 * opening[1]
        model.add(plain(colour(own)), box(*opening, 0.008, floor))
        at = (0, floor[1] + mount, floor[2] + 0.004)
        art(own, model, opening[0] - 2 * mount, opening[1] - 2 * mount, at)
    else:
        relief(own, model, field, steel, *opening, 0.22 * thick, floor, int(own.integers(4)))
    return model
