"""The room itself as meshes: floor, ceiling, walls with their openings, skirting, doors, windows and lamps.

Large surfaces are cut into cells of ``CELL``, because light is baked onto vertices: shadows fall between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.scenes.mesh_files import transformed
from activevision.scenes.procedural.finishes import Finish, Model, fitting, paint, plain, wood
from activevision.scenes.procedural.joinery import handle
from activevision.scenes.procedural.solids import box, cylinder, lathe, plate
from activevision.scenes.procedural.textures import blend, noise
from activevision.scenes.rooms.coverings import Covering
from activevision.scenes.rooms.plan import DOOR, Opening, Plan, Wall
from activevision.scenes.scene import Lamp, Material, Mesh

CELL = 0.25
_WALL_THICKNESS = 0.16
_LEAF_RECESS = 0.05
_SKIRTING = (0.08, 0.012)


@dataclass(frozen=True, eq=False)
class Part:
    """Meshes that are one instance of a category."""

    category: str
    meshes: tuple[Mesh, ...]


def shell(rng: Generator, plan: Plan, floor: Covering, wall: Covering, ceiling: Covering) -> list[Part]:
    """Floor, ceiling, walls, doors and windows of a plan, as one part each."""
    parts = [
        Part("floor", (_slab(rng, plan, 0.0, floor, upward=True),)),
        Part("ceiling", (_slab(rng, plan, plan.height, ceiling, upward=False),)),
    ]
    skirting = paint(rng) if rng.random() < 0.6 else wood(rng)
    trim = plain(np.full(3, rng.uniform(0.82, 0.95))) if rng.random() < 0.65 else wood(rng)
    leaf = trim if rng.random() < 0.4 else (wood(rng) if rng.random() < 0.6 else paint(rng))
    sky = _sky(rng)
    panels = int(rng.integers(4))
    steel = fitting(rng)
    for side in plan.walls:
        parts.append(Part("wall", (_wall(side, plan.height, wall), *_skirting(side, skirting))))
        for opening in side.openings:
            if opening.kind == DOOR:
                model = _door(opening, leaf, trim, steel, panels)
            else:
                model = _window(rng, opening, trim, steel, sky)
            parts.append(Part(opening.kind, _in_wall(model, side, opening)))
    return parts


def _slab(rng: Generator, plan: Plan, y: float, covering: Covering, upward: bool) -> Mesh:
    """The floor or the ceiling."""
    notch = plan.notch
    xs = _steps(-plan.width / 2, plan.width / 2, () if notch is None else (notch[0], notch[2]))
    zs = _steps(-plan.depth / 2, plan.depth / 2, () if notch is None else (notch[1], notch[3]))
    x, z = np.meshgrid(xs, zs)
    middles = np.stack(np.meshgrid((xs[1:] + xs[:-1]) / 2, (zs[1:] + zs[:-1]) / 2), axis=-1)
    vertices = np.stack([x, np.full_like(x, y), z], axis=-1).reshape(-1, 3)
    offset = rng.random(2)
    uv = np.stack([x, z], axis=-1).reshape(-1, 2) / covering.repeat + offset
    if rng.random() < 0.5:
        uv = uv[:, ::-1]
    faces = _grid_faces(plan.inside(middles))
    return _mesh(vertices, faces if upward else faces[:, ::-1], uv, covering.material)


def _wall(wall: Wall, height: float, covering: Covering) -> Mesh:
    cuts = [edge for o in wall.openings for edge in (o.start, o.stop)]
    levels = [edge for o in wall.openings for edge in (o.bottom, o.top)]
    s, y = _steps(0.0, wall.length, cuts), _steps(0.0, height, levels)
    middle_s, middle_y = np.meshgrid((s[1:] + s[:-1]) / 2, (y[1:] + y[:-1]) / 2)
    solid = np.ones(middle_s.shape, bool)
    for o in wall.openings:
        solid &= ~((middle_s > o.start) & (middle_s < o.stop) & (middle_y > o.bottom) & (middle_y < o.top))
    along, up = (axis.ravel() for axis in np.meshgrid(s, y))
    vertices = np.stack([wall.start[0] + along * wall.along[0], up, wall.start[1] + along * wall.along[1]], axis=-1)
    faces = _grid_faces(solid)[:, ::-1]  # rows go up here, not down
    return _mesh(vertices, faces, np.stack([along, up], axis=-1) / covering.repeat, covering.material)


def _skirting(wall: Wall, finish: Finish) -> tuple[Mesh, ...]:
    """Boards along the foot of the wall, between its doors."""
    height, thick = _SKIRTING
    doors = sorted((o for o in wall.openings if o.kind == DOOR), key=lambda o: o.start)
    edges = [0.0, *(edge for o in doors for edge in (o.start - 0.06, o.stop + 0.06)), wall.length]
    model = Model()
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        pieces = ceil((stop - start) / CELL)
        if stop - start < 0.02:
            continue
        width = (stop - start) / pieces
        # a front and a top; the back and the ends never show
        for index in range(pieces):
            middle = start + (index + 0.5) * width - wall.length / 2
            model.add(finish, box(width, height, thick, (middle, 0, thick / 2)))
    x, z = wall.at(wall.length / 2)
    return turned_meshes(raw_meshes(model), wall.heading, (x, 0.0, z))


def _door(opening: Opening, leaf: Finish, trim: Finish, steel: Finish, panels: int) -> Model:
    """A closed leaf in a frame, its lower middle at the origin of the wall's inner face, facing +Z."""
    width, height = opening.width, opening.top
    model = _reveal(opening, trim, _LEAF_RECESS + 0.04)
    z = -_LEAF_RECESS - 0.02
    model.add(leaf, box(width, height, 0.04, (0, 0, z)))
    face = z + 0.02
    if panels in (1, 2):
        rows = (0.12, 0.55) if panels == 1 else (0.08, 0.38, 0.68)
        tall = 0.36 if panels == 1 else 0.25
        columns = (-0.22, 0.22) if panels == 1 else (0.0,)
        wide = 0.34 if panels == 1 else 0.7
        for row in rows:
            for column in columns:
                panel = box(wide * width, tall * height, 0.02, (column * width, row * height, face), radius=0.009)
                model.add(leaf, panel)
    elif panels == 3:
        for row in range(9):
            model.add(leaf, box(0.9 * width, 0.012, 0.012, (0, (0.1 + 0.095 * row) * height, face), radius=0.003))
    grip = -(width / 2 - 0.09)
    model.add(steel, box(0.05, 0.2, 0.01, (grip, 0.95, face + 0.005), radius=0.003))
    model.add(steel, handle(2, 0.12, (grip + 0.05, 1.06, face + 0.02)))
    model.add(steel, cylinder(0.01, 0.04).turned("x", 90).moved(grip, 1.06, face))
    _architrave(model, opening, trim, sill=False)
    return model


def _window(rng: Generator, opening: Opening, trim: Finish, steel: Finish, sky: Finish) -> Model:
    """Casements with bars before a bright sky, with a sill."""
    width, height, base = opening.width, opening.top - opening.bottom, opening.bottom
    model = _reveal(opening, trim, _WALL_THICKNESS)
    z = -_WALL_THICKNESS + 0.03
    model.add(sky, plate(width, height, 0.004, (0, base, -_WALL_THICKNESS)))
    bar = 0.055
    casements = max(1, round(width / rng.uniform(0.6, 0.95)))
    pane = width / casements
    bars = int(rng.integers(0, 3))
    for index in range(casements):
        x = (index - (casements - 1) / 2) * pane
        for side in (-1, 1):
            model.add(trim, box(bar, height, 0.045, (x + side * (pane - bar) / 2, base, z)))
        for y in (base, base + height - bar):
            model.add(trim, box(pane - 2 * bar, bar, 0.045, (x, y, z)))
        for row in range(bars):
            y = base + height * (row + 1) / (bars + 1)
            model.add(trim, box(pane - 2 * bar, 0.025, 0.03, (x, y, z)))
        if (casements > 1 and index % 2 == 0) or casements == 1:
            model.add(steel, box(0.02, 0.11, 0.03, (x + pane / 2 - bar / 2, base + 0.45 * height, z + 0.035)))
    model.add(trim, box(width + 0.12, 0.03, _WALL_THICKNESS + 0.05, (0, base - 0.03, -_WALL_THICKNESS / 2 + 0.025)))
    _architrave(model, opening, trim, sill=True)
    return model


def _reveal(opening: Opening, trim: Finish, deep: float) -> Model:
    """The sides and the head of the hole in the wall."""
    model = Model()
    height = opening.top - opening.bottom
    for side in (-1, 1):
        x = side * (opening.width / 2 + 0.005)
        model.add(trim, box(0.01, height, deep, (x, opening.bottom, -deep / 2)))
    model.add(trim, box(opening.width, 0.01, deep, (0, opening.top, -deep / 2)))
    return model


def _architrave(model: Model, opening: Opening, trim: Finish, sill: bool) -> None:
    """Boards on the wall round the opening."""
    wide, thick = 0.06, 0.016
    height = opening.top - opening.bottom
    for side in (-1, 1):
        x = side * (opening.width + wide) / 2
        model.add(trim, box(wide, height, thick, (x, opening.bottom, thick / 2)))
    model.add(trim, box(opening.width + 2 * wide, wide, thick, (0, opening.top, thick / 2)))


def _sky(rng: Generator) -> Finish:
    """What one sees outside: a bright sky over blurred greenery or houses."""
    size = 64
    row = np.linspace(0, 1, size)[:, None] * np.ones(size)
    zenith, haze = np.array([0.62, 0.78, 0.96]), np.array([0.95, 0.97, 1.0])
    if rng.random() < 0.35:
        zenith = np.array([0.86, 0.89, 0.93])
    image = blend(zenith, haze, row + 0.25 * (noise(rng, (2, 3), size) - 0.5)).astype(np.float32)
    ground = np.array([0.55, 0.68, 0.45]) if rng.random() < 0.6 else np.array([0.72, 0.68, 0.64])
    land = blend(ground, ground * 0.7, noise(rng, (5, 5), size))
    horizon = 0.72 + 0.1 * noise(rng, (1, 5), size)[0]
    image = np.where((row > horizon)[..., None], land, image)
    return Finish(Material((0.4, 0.4, 0.4), image.astype(np.uint8), (1.0, 1.0, 1.0)))


def ceiling_lamp(rng: Generator, style: str, drop: float) -> Model:
    """A lamp that hangs from y = 0 downwards by at most ``drop`` metres; its underside shines."""
    model = Model()
    steel = fitting(rng)
    glow = Finish(Material((0.95, 0.95, 0.92), None, (0.9, 0.86, 0.78)))
    if style == "panel":
        width, length = (0.6, 0.6) if rng.random() < 0.5 else (0.3, 1.2)
        model.add(steel, box(width + 0.04, 0.03, length + 0.04, (0, -0.03, 0)))
        model.add(glow, box(width, 0.012, length, (0, -0.04, 0)))
    elif style == "tube":
        length = rng.uniform(1.1, 1.5)
        model.add(plain(np.full(3, 0.9)), box(0.14, 0.05, length, (0, -0.05, 0), radius=0.01))
        for x in (-0.035, 0.035):
            model.add(
                glow, cylinder(0.014, length - 0.06, sides=10).turned("x", 90).moved(x, -0.065, -length / 2 + 0.03)
            )
    elif style == "pendant":
        fall = min(drop, rng.uniform(0.35, 0.75))
        radius = rng.uniform(0.13, 0.26)
        shade = wood(rng) if rng.random() < 0.2 else paint(rng)
        model.add(steel, cylinder(0.05, 0.025, (0, -0.025, 0), sides=16), cylinder(0.004, fall, (0, -fall, 0), sides=6))
        height = radius * rng.uniform(0.6, 1.2)
        slim = rng.uniform(0.15, 0.7)
        outline = [(slim * radius, 0), (radius, -height), (0.97 * radius, -height), (0.95 * slim * radius, -0.006)]
        model.add(shade, lathe(np.array([*outline, outline[0]])[::-1] + np.array([0, -fall]), sides=28))
        model.add(glow, lathe([(0, -0.03), (0.9 * radius, -0.02), (0.9 * radius, 0.0), (0, 0.01)],
                              (0, -fall - height + 0.02, 0), sides=24))  # fmt: skip
    else:
        radius, deep = rng.uniform(0.15, 0.25), rng.uniform(0.07, 0.12)
        model.add(steel, cylinder(radius + 0.015, 0.03, (0, -0.03, 0), sides=32))
        t = np.linspace(0, np.pi / 2, 8)
        bowl = np.stack([radius * np.sin(t), -0.03 - deep * np.cos(t)], axis=1)
        model.add(glow, lathe([*bowl, (0, -0.03)], sides=32, crease_deg=60))
    return model


def hang(model: Model, x: float, z: float, ceiling: float, turn: float) -> tuple[tuple[Mesh, ...], float]:
    """Meshes of a lamp under the ceiling, and the height of its lowest point."""
    bottom = float(model.bounds()[0, 1])
    return turned_meshes(raw_meshes(model), turn, (x, ceiling, z)), ceiling + bottom


def daylight(wall: Wall, opening: Opening, strength: float) -> Lamp:
    """The light that comes in at a window, as a large soft ball just inside of it."""
    x, z = wall.at(opening.middle, 0.6)
    power = strength * opening.width * (opening.top - opening.bottom)
    y = (opening.bottom + opening.top) / 2
    return Lamp((x, y, z), (0.92 * power, power, 1.12 * power), 0.3)


def raw_meshes(model: Model) -> tuple[Mesh, ...]:
    """The model's meshes where they were built: ``Model.meshes`` stands its lowest point on y = 0."""
    low = float(model.bounds()[0, 1])
    return tuple(transformed(mesh, np.eye(3), (0.0, low, 0.0)) for mesh in model.meshes())


def turned_meshes(meshes: Sequence[Mesh], turn: float, offset: tuple[float, float, float]) -> tuple[Mesh, ...]:
    """Meshes turned about Y by ``turn`` radians and moved."""
    cosine, sine = np.cos(turn), np.sin(turn)
    matrix = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
    return tuple(transformed(mesh, matrix, offset) for mesh in meshes)


def _in_wall(model: Model, wall: Wall, opening: Opening) -> tuple[Mesh, ...]:
    """Meshes of a model built facing +Z, with x = 0 at the opening's middle and z = 0 on the wall's inner face."""
    x, z = wall.at(opening.middle)
    return turned_meshes(raw_meshes(model), wall.heading, (x, 0.0, z))


def _steps(start: float, stop: float, cuts: Sequence[float]) -> NDArray[np.float64]:
    """From start to stop in cells of at most ``CELL``, with an edge at every cut."""
    edges = sorted({start, stop, *(c for c in cuts if start < c < stop)})
    pieces = [np.linspace(a, b, max(1, ceil((b - a) / CELL - 1e-9)) + 1)[:-1] for a, b in pairwise(edges)]
    return np.concatenate([*pieces, [stop]])


def _grid_faces(solid: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Two triangles for each cell (rows, columns) that is solid; counter-clockwise for x right and rows towards −z."""
    rows, columns = solid.shape
    corner = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns))[solid]
    above = corner + columns + 1
    return np.concatenate(
        [np.stack([corner, above, above + 1], 1), np.stack([corner, above + 1, corner + 1], 1)]
    ).astype(np.int32)


def _mesh(vertices: NDArray[np.float64], faces: NDArray[np.int32], uv: NDArray[np.float64], material: Material) -> Mesh:
    return Mesh(vertices.astype(np.float32), np.ascontiguousarray(faces), uv.astype(np.float32), None, material)
