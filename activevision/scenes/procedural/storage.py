"""Cabinets, shelves and dressers, and the fronts that make them one or the other."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.finishes import (
    DARK,
    HARD,
    TOPS,
    Finish,
    Model,
    fitting,
    palette,
    pick,
    plain,
)
from activevision.scenes.procedural.joinery import LEG_STYLES, four_legs, handle
from activevision.scenes.procedural.solids import box, cylinder, lathe, spline


def cabinet(rng: Generator) -> Model:
    """One to three doors, low or tall, on legs, a plinth or the floor, with or without a cornice."""
    model = Model()
    body, front = pick(rng, HARD), pick(rng, HARD)
    if rng.random() < 0.6:
        front = body
    steel = fitting(rng, against=front)
    tall = rng.random() < 0.5
    width, depth = rng.uniform(0.5, 1.2), rng.uniform(0.34, 0.55)
    height = rng.uniform(1.5, 2.0) if tall else rng.uniform(0.7, 1.1)
    lift = _carcass(rng, model, body, width, height, depth)
    model.add(body, box(width, height - lift, depth - 0.03, (0, lift, -0.015), radius=0.006))
    inner = Model()
    doors(rng, inner, front, steel, width - 0.01, height - lift - 0.01, depth=0.02)
    model.place(inner, y=lift + 0.005, z=depth / 2 - 0.03)
    return model


def shelf(rng: Generator) -> Model:
    """An open grid of compartments with or without a back, or boards between posts; books and boxes on some."""
    model = Model()
    body = pick(rng, HARD)
    width, depth, height = rng.uniform(0.5, 1.3), rng.uniform(0.25, 0.42), rng.uniform(0.7, 2.0)
    board = rng.uniform(0.016, 0.035)
    if rng.random() < 0.3:
        posts, rows = fitting(rng), int(rng.integers(3, 6))
        levels = np.linspace(0.08, height - 0.04, rows)
        model.add(posts, *four_legs("round", width, depth, height, 0.03))
        model.add(body, *(box(width, board, depth, (0, y, 0), radius=0.006) for y in levels))
        for low, high in pairwise(levels):
            _things(rng, model, width - 0.08, high - low - board, depth - 0.06, (0, low + board, 0))
        return model
    lift = _carcass(rng, model, body, width, height, depth)
    for side in (-1, 1):
        model.add(body, box(board, height - lift, depth, (side * (width - board) / 2, lift, 0)))
    for y in (lift, height - board):
        model.add(body, box(width, board, depth, (0, y, 0)))
    if rng.random() < 0.7:
        model.add(body, box(width, height - lift, 0.01, (0, lift, -depth / 2 + 0.005)))
    inner = Model()
    compartments(rng, inner, body, width - 2 * board, height - lift - 2 * board, depth - 0.02)
    model.place(inner, y=lift + board, z=-depth / 2 + 0.01)
    return model


def dresser(rng: Generator) -> Model:
    """A chest of drawers in a grid, with a top board, on legs or a plinth."""
    model = Model()
    body, front, top = pick(rng, HARD), pick(rng, HARD), pick(rng, TOPS)
    if rng.random() < 0.6:
        front = body
    steel = fitting(rng, against=front)
    width, depth, height = rng.uniform(0.5, 1.4), rng.uniform(0.4, 0.55), rng.uniform(0.7, 1.2)
    lift = _carcass(rng, model, body, width, height, depth)
    model.add(body, box(width, height - lift - 0.02, depth - 0.03, (0, lift, -0.015)))
    model.add(top, box(width + 0.03, 0.03, depth + 0.02, (0, height - 0.03, 0), radius=0.01))
    inner = Model()
    drawers(rng, inner, front, steel, width - 0.02, height - lift - 0.05, depth=0.02)
    model.place(inner, y=lift + 0.01, z=depth / 2 - 0.03)
    return model


def _carcass(rng: Generator, model: Model, body: Finish, width: float, height: float, depth: float) -> float:
    """Legs, plinth or nothing under a body, and maybe a cornice; returns the height that the body stands at."""
    if height > 1.2 and rng.random() < 0.4:
        model.add(body, box(width + 0.05, 0.04, depth + 0.03, (0, height - 0.04, 0), radius=0.012))
    style = rng.integers(3)
    if style == 0:
        return 0.0
    if style == 1:
        model.add(body, box(width - 0.04, 0.07, depth - 0.06, (0, 0, -0.01)))
        return 0.07
    lift = rng.uniform(0.08, 0.2)
    legs = LEG_STYLES[rng.integers(len(LEG_STYLES))]
    model.add(body, *four_legs(legs, width - 0.02, depth - 0.02, lift, 0.045))
    return lift


def doors(
    rng: Generator, model: Model, front: Finish, steel: Finish, width: float, height: float, depth: float
) -> None:
    """Doors side by side that fill width × height and stand ``depth`` out from z = 0, with their handles."""
    count = max(1, min(4, round(width / rng.uniform(0.32, 0.5))))
    leaf = width / count
    style, pull = rng.integers(4), int(rng.integers(3))
    high = height * rng.uniform(0.45, 0.6)
    for index in range(count):
        x = (index - (count - 1) / 2) * leaf
        model.add(front, box(leaf - 0.014, height - 0.014, depth, (x, 0.007, depth / 2), radius=0.004))
        stile = min(0.07, 0.2 * leaf)
        if style == 1:
            for side in (-1, 1):
                model.add(front, box(stile, height - 0.01, 0.014, (x + side * (leaf - stile - 0.01) / 2, 0.005, depth)))
            for y in (0.005, height / 2 - stile / 2, height - stile - 0.005):
                model.add(front, box(leaf - 2 * stile, stile, 0.013, (x, y, depth)))
        elif style == 2:
            for y in (0.06 * height, 0.54 * height):
                panel = box(leaf - 2.4 * stile, 0.4 * height, 0.03, (x, y, depth), radius=0.014)
                model.add(front, panel)
        elif style == 3:
            rows = min(20, max(6, int(height / 0.07)))
            pitch = 0.9 * height / rows
            slats = (box(leaf * 0.74, 0.7 * pitch, 0.02, (x, 0.05 * height + i * pitch, depth)) for i in range(rows))
            model.add(front, *slats)
        hinge_left = index % 2 == 0 if count > 1 else rng.random() < 0.5
        grip = x + (1 if hinge_left else -1) * (leaf / 2 - 0.045)
        model.add(steel, handle(pull, min(0.16, 0.3 * height), (grip, high, depth + 0.012), upright=True))


def drawers(
    rng: Generator, model: Model, front: Finish, steel: Finish, width: float, height: float, depth: float
) -> None:
    """Drawers in a grid that fill width × height and stand ``depth`` out from z = 0, with their handles."""
    columns = 1 if width < 0.75 else int(rng.integers(1, 3)) if width < 1.1 else int(rng.integers(2, 4))
    rows = max(2, min(6, round(height / rng.uniform(0.17, 0.27))))
    pull, pair = int(rng.integers(4)), width / columns > 0.5
    heights = np.full(rows, 1.0) if rng.random() < 0.5 else np.linspace(1.5, 0.8, rows)
    heights = heights / heights.sum() * height
    levels = np.concatenate([[0], np.cumsum(heights)[:-1]])
    cell = width / columns
    for column in range(columns):
        x = (column - (columns - 1) / 2) * cell
        for y, high in zip(levels, heights, strict=True):
            model.add(front, box(cell - 0.018, high - 0.018, depth, (x, y + 0.009, depth / 2), radius=0.006))
            for offset in (-0.25, 0.25) if pair else (0,):
                spot = (x + offset * cell, y + high / 2, depth)
                model.add(steel, handle(pull, min(0.12, 0.3 * cell), spot))


def compartments(rng: Generator, model: Model, body: Finish, width: float, height: float, depth: float) -> None:
    """Open shelves that fill width × height forwards from z = 0 to ``depth``, and what stands on them."""
    rows = max(2, min(6, round(height / rng.uniform(0.27, 0.4))))
    columns = max(1, min(4, round(width / rng.uniform(0.35, 0.7))))
    board = 0.018
    for row in range(1, rows):
        model.add(body, box(width, board, depth - 0.01, (0, row * height / rows, depth / 2 - 0.005)))
    for column in range(1, columns):
        model.add(body, box(board, height, depth - 0.012, (width * (column / columns - 0.5), 0, depth / 2 - 0.006)))
    for row in range(rows):
        for column in range(columns):
            x = width * ((column + 0.5) / columns - 0.5)
            base = (x, row * height / rows + (board if row else 0), depth / 2)
            _things(rng, model, width / columns - 2 * board, height / rows - board, depth - 0.06, base)


def _things(
    rng: Generator, model: Model, width: float, height: float, depth: float, base: tuple[float, float, float]
) -> None:
    """Nothing, books, a box or a vase, within width × height × depth standing on ``base``."""
    kind = rng.random()
    x, y, z = base
    if kind < 0.4:
        shades = [plain(c) for c in palette(rng, 3)]
        left, right = x - width / 2 + 0.01, x - width / 2 + width * rng.uniform(0.35, 0.95)
        while left < right - 0.02:
            thick = rng.uniform(0.018, 0.05)
            tall = min(height - 0.03, rng.uniform(0.6, 0.95) * min(height, 0.34))
            spine = (left + thick / 2, y, z + rng.uniform(-0.1, 0.0) * depth)
            model.add(shades[rng.integers(3)], box(thick - 0.002, tall, 0.75 * min(depth, 0.24), spine))
            left += thick
    elif kind < 0.55:
        size = rng.uniform(0.5, 0.85), rng.uniform(0.4, 0.75), rng.uniform(0.6, 0.9)
        model.add(
            plain(palette(rng, 1)[0]), box(size[0] * width, size[1] * height, size[2] * depth, (x, y, z), radius=0.01)
        )
    elif kind < 0.68:
        radius = 0.3 * min(width, depth, height)
        profile = [(0.5, 0), (1, 0.9), (0.75, 1.6), (0.35, 2.0), (0.5, 2.4)] * np.array(
            [radius, min(radius, 0.38 * height)]
        )
        outside = spline(profile, 9)
        model.add(plain(palette(rng, 1)[0]), lathe([(0, 0), *outside, (0, outside[-1, 1])], base, sides=18))
    elif kind < 0.74:
        model.add(plain(DARK), cylinder(0.2 * min(width, depth), 0.5 * height, base, sides=18, bevel=0.01))
