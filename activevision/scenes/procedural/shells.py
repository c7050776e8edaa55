"""Cases that hide what they hold: the ambiguous forms of furniture.

A case looks the same whatever stands in it, unless one looks through an open side. Its outside tells which way it
faces: a frame of another colour runs round the front, slots mark the rear edge of closed sides, a bar or a cowl the
rear edge of the top, and the back has a vent. The contents stay behind the plane of every opening, so that they cannot
be seen from beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from activevision.scenes.procedural.bathroom import bathtub, toilet
from activevision.scenes.procedural.finishes import DARK, HARD, SOFT, Finish, Model, fitting, pick, plain, tiled
from activevision.scenes.procedural.joinery import four_legs, handle, louvres
from activevision.scenes.procedural.seating import bed, chair, sofa
from activevision.scenes.procedural.solids import arc, box, extrude
from activevision.scenes.procedural.storage import compartments, doors, drawers
from activevision.scenes.procedural.tables import drawer_block

FURNISHINGS = {"sofa": sofa, "bed": bed, "bathtub": bathtub, "chair": chair, "toilet": toilet}


@dataclass(frozen=True)
class Case:
    """A built case and the room in it: inner width, height and depth, the floor's y and the rear wall's z."""

    model: Model
    width: float
    height: float
    depth: float
    floor: float
    rear: float
    inner: Finish
    steel: Finish


def carcass(label: str, shared: Generator, own: Generator) -> Model:
    """Cabinet, shelf or dresser: doors, compartments or drawers behind the front frame."""
    size = shared.uniform(0.55, 1.15), shared.uniform(0.75, 1.6), shared.uniform(0.36, 0.5)
    room = _case(shared, *size, wall=0.028, inner=pick(shared, HARD))
    front = Model()
    if label == "shelf":
        compartments(own, front, room.inner, room.width, room.height, room.depth - 0.03)
        room.model.place(front, y=room.floor, z=room.rear)
    else:
        fill = doors if label == "cabinet" else drawers
        front.add(plain(DARK), box(room.width, room.height, 0.01, (0, 0, -0.005)))
        fill(own, front, room.inner, room.steel, room.width, room.height, 0.015)
        room.model.place(front, y=room.floor, z=room.rear + room.depth - 0.075)
    return room.model


def counter(label: str, shared: Generator, own: Generator) -> Model:
    """Desk or table under one worktop, open to the front and to the right (+X)."""
    size = shared.uniform(0.95, 1.5), shared.uniform(0.72, 0.78), shared.uniform(0.52, 0.7)
    room = _case(shared, *size, wall=0.03, inner=pick(shared, HARD), open_side=1)
    candidates = pick(shared, HARD), pick(shared, HARD)
    stuff = max(candidates, key=lambda finish: np.abs(finish.mean_colour - room.inner.mean_colour).max())
    steel = fitting(shared, against=stuff)
    legs = ("square", "tapered", "turned")[own.integers(3)]
    front = Model()
    if label == "table":
        thick = own.uniform(0.05, 0.08)
        front.add(stuff, *four_legs(legs, 0.96 * room.width, 0.94 * room.depth, room.height, thick))
        apron = room.height - own.uniform(0.08, 0.12)
        for z in (-1, 1):
            beam = box(
                0.94 * room.width - 2 * thick, room.height - apron, 0.02, (0, apron, z * (0.47 * room.depth - thick))
            )
            front.add(stuff, beam)
        front.add(stuff, box(0.9 * room.width, 0.05, 0.05, (0, own.uniform(0.15, 0.3) * room.height, 0)))
    else:
        pull, rows = int(own.integers(4)), int(own.integers(3, 5))
        pedestal = own.uniform(0.36, 0.44)
        blocks = [-0.5 * room.width + 0.5 * pedestal + 0.01]
        if room.width > 1.2 and own.random() < 0.5:
            blocks.append(-blocks[0])
        body, pulls = drawer_block(pedestal, room.height, room.depth - 0.1, rows, pull)
        for x in blocks:
            front.add(stuff, *(part.moved(x, 0, -0.03) for part in body))
            front.add(steel, *(part.moved(x, 0, -0.03) for part in pulls))
        if len(blocks) == 1:
            knee = room.width - pedestal - 0.02
            x, y = pedestal / 2, room.height - 0.13
            front.add(stuff, box(knee, 0.13, room.depth - 0.1, (x, y, -0.03)))
            front.add(steel, handle(pull, 0.14, (x, y + 0.065, room.depth / 2 - 0.08)))
    room.model.place(front, y=room.floor, z=room.rear + room.depth / 2)
    return room.model


def nook(label: str, shared: Generator, own: Generator) -> Model:
    """Sofa, bed or bathtub in a roofed alcove, open to the front."""
    size = shared.uniform(1.7, 2.05), shared.uniform(1.15, 1.5), shared.uniform(0.85, 1.0)
    room = _case(shared, *size, wall=0.05, inner=pick(shared, (*HARD, *SOFT, tiled)), roofed=True)
    _furnish(room, FURNISHINGS[label](own), turn_deg=90.0 if label == "bed" else 0.0)
    return room.model


def booth(label: str, shared: Generator, own: Generator) -> Model:
    """Chair or toilet in a narrow hooded booth, open to the front and to the left (−X)."""
    size = shared.uniform(0.78, 0.95), shared.uniform(1.2, 1.5), shared.uniform(0.78, 0.92)
    room = _case(shared, *size, wall=0.04, inner=pick(shared, (*HARD, *SOFT, tiled)), open_side=-1, roofed=True)
    _furnish(room, FURNISHINGS[label](own))
    return room.model


def _furnish(room: Case, piece: Model, turn_deg: float = 0.0) -> None:
    """Stands a piece of furniture in a case, its back to the rear wall, fitted with little distortion."""
    turned = Model()
    turned.place(piece, turn_deg=turn_deg)
    low, high = turned.bounds()
    space = np.array([0.95 * room.width, 0.84 * room.height, room.depth - 0.06])
    fit = space / (high - low)
    uniform = min(fit.min(), 1.1)
    scale = np.clip(fit, uniform, 1.35 * uniform)
    middle = (low + high) / 2 * scale
    z = room.rear + 0.01 - low[2] * scale[2]
    factors = float(scale[0]), float(scale[1]), float(scale[2])
    room.model.place(turned, x=-middle[0], y=room.floor - low[1] * scale[1], z=z, scale=factors)


def _case(
    rng: Generator,
    width: float,
    height: float,
    depth: float,
    wall: float,
    inner: Finish,
    open_side: int = 0,
    roofed: bool = False,
) -> Case:
    """A case of those outer sizes, open to the front and, where ``open_side`` is ±1, to the side ±X as well."""
    model = Model()
    body, frame, steel, dark = pick(rng, HARD), pick(rng, HARD), fitting(rng, against=inner), plain(DARK)
    lift, band = rng.uniform(0.03, 0.07), rng.uniform(0.1, 0.16) * depth
    high = height - lift
    long = depth - band
    step = 0.003  # no two outer faces lie in one plane: which of them a ray meets would depend on the contents
    left, right = (side * (width / 2 - (step if side == open_side else wall / 2)) for side in (-1, 1))
    span, across = right - left, (left + right) / 2
    for y in (lift + step, height - wall):
        model.add(body, box(span, wall - step, long - 2 * step, (across, y, -band / 2 + step)))
    model.add(body, box(width - 2 * step, high - 4 * step, wall, (0, lift + 2 * step, (wall - depth) / 2)))
    model.add(inner, box(width - 2 * wall, high - 2 * wall, 0.01, (0, lift + wall, -depth / 2 + wall + 0.005)))
    bar = wall + 0.004
    z = depth / 2 - band / 2
    model.add(frame, *(box(width, bar, band, (0, y, z), radius=0.006) for y in (lift, height - bar)))
    post = high - 2 * bar
    model.add(frame, *(box(bar, post, band, (s * (width - bar) / 2, lift + bar, z), radius=0.002) for s in (-1, 1)))
    for side in (-1, 1):
        if side == open_side:
            corner = side * (width - bar) / 2, lift, (bar - depth) / 2 - step
            model.add(frame, box(bar, high, bar, corner, radius=0.002))
            continue
        model.add(body, box(wall, high, long - step, (side * (width - wall) / 2, lift, -band / 2 + step / 2)))
        slots = (
            box(0.006, 0.22 * high, 0.022, (side * width / 2, lift + f * high, -0.38 * depth)) for f in (0.16, 0.62)
        )
        model.add(dark, *slots)
    vent = (slat.turned("y", 180) for slat in louvres(0.5 * width, 0.16 * high, 4, (0, 0, 0)))
    model.add(dark, *(slat.moved(0, lift + 0.68 * high, -depth / 2) for slat in vent))
    model.add(frame, box(0.86 * width, 0.07 * high, 0.012, (0, lift + 0.2 * high, -depth / 2)))
    model.add(steel, *(box(0.06, lift, 0.06, (s * (width / 2 - 0.06), 0, depth / 2 - 0.07)) for s in (-1, 1)))
    model.add(dark, box(0.8 * width, lift, 0.05, (0, 0, -0.4 * depth)))
    if roofed and rng.random() < 0.66:
        rise = rng.uniform(0.12, 0.24) * min(width, 1.2)
        half = width / 2 - 0.01
        if rng.random() < 0.5:
            outline = np.array([(-half, 0.0), (half, 0.0), (0.0, rise)])
        else:
            outline = np.concatenate([arc(1.0, 0, 180, 15) * [half, rise], [[0.0, 0.0]]])
        model.add(body, extrude(outline, long + band - 0.03, (0, height - 0.008, 0)))
        model.add(dark, box(0.16 * width, 0.05, 0.1 * depth, (0, height + rise - 0.03, -0.36 * depth)))
        model.add(frame, extrude(outline * 0.98, 0.03, (0, height, depth / 2 - 0.02)))
        model.add(dark, extrude(outline * 0.5 + [0, 0.15 * rise], 0.01, (0, height, -depth / 2 + 0.012)))
    else:
        model.add(dark, box(0.5 * width, 0.006, 0.08 * depth, (0, height - 0.001, -0.36 * depth)))
    thick = wall + 0.01
    return Case(
        model,
        width - 2 * wall - 0.01,
        high - 2 * wall - 0.01,
        depth - thick,
        lift + wall,
        thick - depth / 2,
        inner,
        steel,
    )
