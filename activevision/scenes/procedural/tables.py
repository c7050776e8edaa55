"""Tables and desks."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import HARD, TOPS, Finish, Model, fitting, pick
from activevision.scenes.procedural.joinery import LEG_STYLES, disc_base, four_legs, handle
from activevision.scenes.procedural.solids import Solid, box, fillet, lathe, loft, oval, point_ring, tube


def table(rng: Generator) -> Model:
    """Round, oval, rounded or square top, side to dining size, on legs, column, trestles, crossed legs or hairpins."""
    model = Model()
    top_finish, frame = pick(rng, TOPS), pick(rng, HARD)
    if rng.random() < 0.5:
        frame = top_finish
    size = rng.integers(3)
    height = (rng.uniform(0.7, 0.78), rng.uniform(0.36, 0.48), rng.uniform(0.5, 0.64))[size]
    length = (rng.uniform(0.9, 1.9), rng.uniform(0.7, 1.3), rng.uniform(0.42, 0.6))[size]
    thick = rng.uniform(0.022, 0.05)
    shape = rng.integers(4)
    depth = length if shape == 0 else length * rng.uniform(0.5, 0.95)
    under = height - thick
    power = (2.0, 2.0, 5.0, 60.0)[shape]
    edge = 0.35 * thick
    if shape == 3:
        model.add(top_finish, box(length, thick, depth, (0, under, 0), radius=edge))
    else:
        rings = [(length - 2 * edge, depth - 2 * edge, under), (length, depth, under + edge)]
        rings += [(length, depth, height - edge), (length - 2 * edge, depth - 2 * edge, height)]
        skin = [oval(w, d, y, power=power) for w, d, y in rings]
        model.add(top_finish, loft([point_ring((0, under, 0)), *skin, point_ring((0, height, 0))]))
    inset = 0.72 if shape < 2 else 0.96
    _table_base(rng, model, frame, length * inset, depth * inset, under)
    if rng.random() < 0.15 and shape >= 2:
        model.add(frame, box(length * 0.8, 0.02, depth * 0.75, (0, 0.3 * height, 0), radius=0.006))
    return model


def _table_base(rng: Generator, model: Model, frame: Finish, length: float, depth: float, under: float) -> None:
    style = rng.integers(6)
    thick = rng.uniform(0.045, 0.08) * (0.6 + 0.4 * min(length, 1.4))
    if style <= 1:
        legs = LEG_STYLES[rng.integers(len(LEG_STYLES))]
        model.add(frame, *four_legs(legs, length, depth, under, thick))
        if legs != "splayed":
            model.add(frame, box(length - 2 * thick, 0.07, 0.02, (0, under - 0.07, depth / 2 - thick)))
            model.add(frame, box(length - 2 * thick, 0.07, 0.02, (0, under - 0.07, -depth / 2 + thick)))
            for side in (-1, 1):
                model.add(frame, box(0.02, 0.07, depth - 2 * thick, (side * (length / 2 - thick), under - 0.07, 0)))
    elif style == 2:
        model.add(frame, disc_base(0.36 * depth, under, 0.035 + 0.03 * depth))
        model.add(frame, lathe([(0, 0), (0.03, 0), (0.22 * depth, 0.05), (0, 0.05)], (0, under - 0.05, 0)))
    elif style == 3:
        for side in (-1, 1):
            x = side * 0.36 * length
            model.add(frame, box(0.07, under - 0.06, 0.14, (x, 0.03, 0), radius=0.01))
            model.add(frame, box(0.08, 0.06, 0.85 * depth, (x, 0, 0), radius=0.02))
            model.add(frame, box(0.08, 0.05, 0.8 * depth, (x, under - 0.05, 0), radius=0.02))
        model.add(frame, box(0.72 * length, 0.09, 0.03, (0, 0.35 * under, 0)))
    elif style == 4:
        for side in (-1, 1):
            x = side * 0.4 * length
            for swing in (-1, 1):
                path = [(x, 0.02, swing * depth * 0.42), (x, under, -swing * depth * 0.36)]
                model.add(frame, tube(path, 0.4 * thick, sides=10))
        model.add(frame, tube([(-0.4 * length, under / 2, 0), (0.4 * length, under / 2, 0)], 0.25 * thick, sides=8))
        model.add(frame, *(box(0.05, 0.025, 0.95 * depth, (s * 0.4 * length, 0, 0)) for s in (-1, 1)))
    else:
        steel = fitting(rng)
        for sx in (-1, 1):
            for sz in (-1, 1):
                x, z = sx * 0.42 * length, sz * 0.4 * depth
                path = [(x - sx * 0.1, under, z), (x, 0.008, z), (x, 0.008, z), (x, under, z - sz * 0.1)]
                model.add(steel, tube(fillet(path, 0.03, 4), 0.008, sides=6))


def desk(rng: Generator) -> Model:
    """A worktop for one, open towards +Z: drawers, panel or frame ends, a modesty panel, maybe a hutch or a return."""
    model = Model()
    top, body = pick(rng, TOPS), pick(rng, HARD)
    if rng.random() < 0.6:
        body = top
    width, depth, height = rng.uniform(1.05, 1.65), rng.uniform(0.55, 0.75), rng.uniform(0.71, 0.77)
    thick = rng.uniform(0.025, 0.04)
    under = height - thick
    model.add(top, box(width, thick, depth, (0, under, 0), radius=0.008))
    pull, steel = int(rng.integers(4)), fitting(rng)
    side = 1 if rng.random() < 0.5 else -1
    both = rng.random() < 0.35
    pedestal = rng.uniform(0.34, 0.42)
    for s in (-1, 1):
        x = s * (width / 2 - 0.03)
        if s == side or both:
            x -= s * (pedestal / 2 - 0.01)
            drawers = drawer_block(pedestal, under - 0.04, depth - 0.06, int(rng.integers(2, 5)), pull)
            model.add(body, *(part.moved(x, 0.04, -0.01) for part in drawers[0]))
            model.add(steel, *(part.moved(x, 0.04, -0.01) for part in drawers[1]))
            model.add(body, box(pedestal - 0.06, 0.05, depth - 0.14, (x, 0, -0.01)))
        elif rng.random() < 0.5:
            model.add(body, box(0.03, under, depth - 0.06, (x, 0, 0)))
        else:
            for z in (-1, 1):
                model.add(steel, box(0.04, under, 0.04, (x, 0, z * (depth / 2 - 0.05))))
            model.add(steel, box(0.04, 0.03, depth - 0.1, (x, 0, 0)))
    model.add(body, box(width - 0.1, under * rng.uniform(0.35, 0.7), 0.018, (0, under * 0.29, -depth / 2 + 0.06)))
    if rng.random() < 0.35:
        _hutch(rng, model, body, width, depth, height)
    elif rng.random() < 0.3:
        long = rng.uniform(0.5, 0.8)
        x = -side * (width / 2 - 0.25)
        model.add(top, box(0.5, thick, long, (x, under, depth / 2 + long / 2), radius=0.008))
        model.add(body, box(0.46, under, 0.03, (x, 0, depth / 2 + long - 0.04)))
    return model


def _hutch(rng: Generator, model: Model, body: Finish, width: float, depth: float, height: float) -> None:
    rise, deep = rng.uniform(0.3, 0.55), 0.24
    z = -depth / 2 + deep / 2
    model.add(body, box(width, 0.02, deep, (0, height + rise - 0.02, z)))
    for x in np.linspace(-1, 1, int(rng.integers(3, 5))) * (width / 2 - 0.01):
        model.add(body, box(0.02, rise - 0.02, deep, (x, height, z)))
    model.add(body, box(width, rise, 0.012, (0, height, -depth / 2 + 0.006)))
    if rng.random() < 0.5:
        model.add(body, box(width, 0.018, deep, (0, height + rise * 0.5, z)))


def drawer_block(width: float, height: float, depth: float, rows: int, pull: int) -> tuple[list[Solid], list[Solid]]:
    """A chest of one column of drawers standing on y = 0, and its handles."""
    parts = [box(width, height, depth - 0.02, (0, 0, -0.01))]
    pulls = []
    pitch = height / rows
    for row in range(rows):
        y = row * pitch
        parts.append(box(width - 0.016, pitch - 0.014, 0.03, (0, y + 0.007, depth / 2 - 0.015), radius=0.006))
        pulls.append(handle(pull, 0.35 * width, (0, y + pitch / 2, depth / 2)))
    return parts, pulls
