"""One furnished room: a plan, its shell, lamps, pieces and the place to stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import pi

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from activevision.scenes.rooms.classes import CLASSES, RoomClass
from activevision.scenes.rooms.coverings import covering, dado, pick_covering
from activevision.scenes.rooms.floor import GRID, Block, Floor
from activevision.scenes.rooms.layout import Layout
from activevision.scenes.rooms.pieces import Kit, Piece
from activevision.scenes.rooms.plan import WINDOW, Plan, draw_plan
from activevision.scenes.rooms.roles import CATEGORIES
from activevision.scenes.rooms.shell import Part, ceiling_lamp, daylight, hang, shell, turned_meshes
from activevision.scenes.scene import Instance, Lamp, Scene

EYE_HEIGHT = 1.5
LEAST_WALKABLE = 0.12
"""Share of the floor on which a walker's middle can be."""
_ATTEMPTS = 60


@dataclass(frozen=True, eq=False)
class Drawing:
    """A furnished room before it is made into meshes.

    kind: its class. floor: plan and pieces. lamps, lamp_parts: what shines, and its meshes. generator: for the rest.
    """

    kind: RoomClass
    floor: Floor
    lamps: tuple[Lamp, ...]
    lamp_parts: tuple[Part, ...]
    generator: Generator


def draw_room(label: str, generator: Callable[[int], Generator], pieces: Mapping[str, tuple[Piece, ...]]) -> Drawing:
    """The room of that class which the generators draw; ``generator(attempt)`` gives those of one attempt.

    An attempt that finds no place for a required piece, or leaves too little floor to walk on, is followed by another.
    """
    kind = CLASSES[label]
    for attempt in range(_ATTEMPTS):
        rng = generator(attempt)
        plan = draw_plan(rng, kind.proportions)
        layout = Layout(plan, Kit(pieces, rng), rng)
        parts, lamps = _lamps(rng, kind, layout.floor)
        if all(rule.apply(layout) for rule in kind.rules) and _walkable(layout.floor):
            return Drawing(kind, layout.floor, tuple(lamps), tuple(parts), rng)
    raise AssertionError(f"no {label} could be furnished in {_ATTEMPTS} attempts")


def _walkable(floor: Floor) -> bool:
    return floor.walkable.sum() * GRID**2 >= LEAST_WALKABLE * floor.plan.area


def _lamps(rng: Generator, kind: RoomClass, floor: Floor) -> tuple[list[Part], list[Lamp]]:
    """Ceiling lamps evenly spread, and the daylight of the windows."""
    plan = floor.plan
    style = kind.lamps[rng.integers(len(kind.lamps))]
    every = 9.0 if style in ("panel", "tube") else 16.0
    columns, rows = (max(1, round(side / np.sqrt(every))) for side in (plan.width, plan.depth))
    warm = rng.uniform(0.78, 1.0)
    tint = np.array([1.0, 0.5 + 0.5 * warm, 0.2 + 0.8 * warm])
    model = ceiling_lamp(rng, style, max(0.1, plan.height - 2.4))
    turn = 0.0 if plan.depth >= plan.width else pi / 2
    spots = [
        (((c + 0.5) / columns - 0.5) * plan.width, ((r + 0.5) / rows - 0.5) * plan.depth)
        for c in range(columns)
        for r in range(rows)
    ]
    spots = [spot for spot in spots if plan.inside(spot, 0.3)] or [(0.0, 0.0)]
    power = 0.14 * plan.area / len(spots) + 0.6
    parts, lamps = [], []
    low, high = model.bounds()
    for x, z in spots:
        meshes, bottom = hang(model, x, z, plan.height, turn)
        parts.append(Part("ceiling lamp", meshes))
        red, green, blue = (float(c) for c in power * tint)
        lamps.append(Lamp((x, bottom - 0.1, z), (red, green, blue), 0.08))
        half = (high - low) / 2
        floor.occupy(Block(x, z, half[0] + 0.05, half[2] + 0.05, turn, bottom - 0.25, plan.height))
    for wall in plan.walls:
        lamps += [daylight(wall, opening, 0.9) for opening in wall.openings if opening.kind == WINDOW]
    return parts, lamps


def room_scene(drawing: Drawing, id: str, label: str, source: str, licence: str, credit: str) -> Scene:
    """The scene of a drawn room: every wall, door, window, lamp and piece is an instance of its category."""
    rng, kind, plan = drawing.generator, drawing.kind, drawing.floor.plan
    walls = pick_covering(rng, kind.walls)
    if rng.random() < kind.dado:
        walls = dado(covering("wall tiles", rng), walls, float(rng.uniform(1.1, 1.6)), plan.height)
    parts = shell(rng, plan, pick_covering(rng, kind.floors), walls, pick_covering(rng, kind.ceilings))
    parts += drawing.lamp_parts
    for one in drawing.floor.placed:
        block = one.block
        parts.append(Part(one.body.category, turned_meshes(one.body.meshes, block.turn, (block.x, block.low, block.z))))
    meshes, instances = [], []
    for number, part in enumerate(parts, start=1):
        instances.append(Instance(number, part.category, CATEGORIES.index(part.category) + 1))
        meshes += [replace(mesh, instance=number) for mesh in part.meshes]
    x, z = station(drawing.floor)
    return Scene(id, label, tuple(meshes), tuple(instances), source, licence, credit, (x, EYE_HEIGHT, z), drawing.lamps)


def station(floor: Floor) -> tuple[float, float]:
    """(x, z) of the roomiest walkable place among those that see most of the room."""
    plan = floor.plan
    free = np.pad(floor.walkable, 1)
    labels, count = ndimage.label(free)
    if count > 1:
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        free = labels == sizes.argmax()
    room = (ndimage.distance_transform_edt(free) * GRID)[1:-1, 1:-1]
    order = np.argsort(-room, axis=None, kind="stable")[:40]
    candidates = floor.cells.reshape(-1, 2)[order]
    seen = np.array([_visible(plan, floor, candidate) for candidate in candidates])
    score = seen + 0.25 * np.minimum(room.reshape(-1)[order], 1.0)
    x, z = candidates[int(score.argmax())]
    return float(x), float(z)


def _visible(plan: Plan, floor: Floor, eye: np.ndarray) -> float:
    """Share of the room's floor to which a level line of sight at eye height runs free of walls and tall pieces."""
    targets = floor.cells[::2, ::2].reshape(-1, 2)
    targets = targets[plan.inside(targets)]
    steps = np.linspace(0.1, 1.0, 24)[:, None, None]
    points = eye + steps * (targets - eye)
    clear = plan.inside(points).all(0)
    for block in floor.blocks:
        if block.high > EYE_HEIGHT > block.low:
            dx, dz = points[..., 0] - block.x, points[..., 1] - block.z
            c, s = np.cos(block.turn), np.sin(block.turn)
            hit = (np.abs(dx * c - dz * s) < block.half_width) & (np.abs(dx * s + dz * c) < block.half_depth)
            clear &= ~hit.any(0)
    return float(clear.mean())
