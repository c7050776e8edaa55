"""What parts are made of: materials with the real size of their texture, drawn from one distribution for every class.

Colours come from the same two samplers whatever the class, so that colour does not tell the class.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.scenes.procedural import textures
from activevision.scenes.procedural.solids import Solid, merge
from activevision.scenes.scene import Material, Mesh

Colour: TypeAlias = NDArray[np.float64]
DARK = np.array([0.09, 0.09, 0.1])


@dataclass(frozen=True, eq=False)
class Finish:
    """A material, and how many metres one repeat of its texture covers (1 for uv that already are in [0, 1])."""

    material: Material
    tile: float = 1.0

    @property
    def mean_colour(self) -> Colour:
        """(3,) in [0, 1]."""
        texture = self.material.texture
        tint = np.ones(3) if texture is None else texture.reshape(-1, 3).mean(0) / 255
        return tint * np.array(self.material.colour)


class Model:
    """Solids gathered by what they are made of."""

    def __init__(self) -> None:
        self._parts: dict[Finish, list[Solid]] = {}

    def add(self, finish: Finish, *solids: Solid) -> None:
        self._parts.setdefault(finish, []).extend(solids)

    def place(
        self,
        other: Model,
        x: float = 0.0,
        y: float = 0.0,
        z: float = 0.0,
        lean_deg: float = 0.0,
        turn_deg: float = 0.0,
        scale: tuple[float, float, float] = (1.0, 1.0, 1.0),
    ) -> None:
        """Adds another model: leant about x, turned about y, scaled, then moved."""
        for finish, solids in other._parts.items():
            solid = merge(solids)
            if lean_deg:
                solid = solid.turned("x", lean_deg)
            if turn_deg:
                solid = solid.turned("y", turn_deg)
            if scale != (1.0, 1.0, 1.0):
                solid = solid.scaled(*scale)
            self.add(finish, solid.moved(x, y, z))

    def bounds(self) -> NDArray[np.float64]:
        """(2, 3): lower and upper corner."""
        corners = [(s.vertices.min(0), s.vertices.max(0)) for solids in self._parts.values() for s in solids]
        return np.stack([np.min([low for low, _ in corners], 0), np.max([high for _, high in corners], 0)])

    def meshes(self) -> tuple[Mesh, ...]:
        """One mesh a finish, as instance 1, the lowest point on y = 0."""
        ground = float(self.bounds()[0, 1])
        return tuple(_mesh(merge(solids).moved(y=-ground), finish) for finish, solids in self._parts.items() if solids)


def _mesh(solid: Solid, finish: Finish) -> Mesh:
    textured = finish.material.texture is not None
    return Mesh(
        vertices=solid.vertices.astype(np.float32),
        faces=solid.faces.astype(np.int32),
        uv=(solid.uv / finish.tile).astype(np.float32) if textured else None,
        normals=solid.normals.astype(np.float32),
        material=finish.material,
    )


def colour(rng: Generator) -> Colour:
    """A colour of paint, cloth, plastic or glaze: a third are greys and off-whites, the rest any hue."""
    if rng.random() < 0.33:
        hue, saturation, value = rng.random(), rng.uniform(0, 0.1), rng.uniform(0.25, 0.97)
    else:
        hue, saturation, value = rng.random(), rng.uniform(0.2, 0.62), rng.uniform(0.4, 0.92)
    return np.array(colorsys.hsv_to_rgb(hue, saturation, value))


def contrast(rng: Generator, base: Colour) -> Colour:
    """A colour clearly lighter or darker than ``base``."""
    other = colour(rng)
    if abs(other.mean() - base.mean()) < 0.3:
        other = other * 0.35 if base.mean() > 0.5 else 0.4 * other + 0.6
    return other


def wood(rng: Generator, scale: float = 1.0) -> Finish:
    tones = np.array([[0.87, 0.72, 0.52], [0.74, 0.53, 0.33], [0.55, 0.35, 0.2], [0.36, 0.22, 0.14], [0.62, 0.3, 0.2]])
    first, second = rng.choice(len(tones), 2, replace=False)
    light = tones[first] + rng.uniform(0, 0.35) * (tones[second] - tones[first])
    return _textured(textures.wood(rng, light, light * rng.uniform(0.5, 0.72)), 0.5 * scale)


def paint(rng: Generator, scale: float = 1.0) -> Finish:
    base = colour(rng)
    return _textured(textures.mottled(rng, base, base * 0.88), 0.6 * scale)


def metal(rng: Generator, scale: float = 1.0) -> Finish:
    base = np.full(3, rng.uniform(0.3, 0.85)) * (1 + rng.uniform(-0.08, 0.08, 3))
    return _textured(textures.brushed(rng, base, base * 0.7), 0.3 * scale)


def stone(rng: Generator, scale: float = 1.0) -> Finish:
    base = colour(rng)
    return _textured(textures.marble(rng, base, contrast(rng, base)), 0.7 * scale)


def glaze(rng: Generator, scale: float = 1.0) -> Finish:
    base = colour(rng)
    return _textured(textures.speckle(rng, base, contrast(rng, base)), 0.35 * scale)


def cloth(rng: Generator, scale: float = 1.0) -> Finish:
    base = colour(rng)
    make = (textures.weave, textures.weave, textures.stripes, textures.checks, textures.dots)[rng.integers(5)]
    other = base * rng.uniform(0.6, 0.8) if make is textures.weave else contrast(rng, base)
    return _textured(make(rng, base, other), rng.uniform(0.12, 0.3) * scale)


def leather(rng: Generator, scale: float = 1.0) -> Finish:
    base = colour(rng)
    return _textured(textures.leather(rng, base, base * 0.65), 0.25 * scale)


def tiled(rng: Generator, scale: float = 1.0) -> Finish:
    base = colour(rng)
    return _textured(textures.tiles(rng, base, contrast(rng, base)), rng.uniform(0.4, 0.8) * scale)


HARD = (wood, wood, wood, paint, paint, metal)
TOPS = (*HARD, stone)
SOFT = (cloth, cloth, leather)
FIRED = (glaze, paint, stone, metal)


def pick(rng: Generator, makers: tuple[Callable[[Generator, float], Finish], ...], scale: float = 1.0) -> Finish:
    """One finish of the given kinds; ``scale`` shrinks textures for small things."""
    return makers[rng.integers(len(makers))](rng, scale)


def plain(shade: Colour) -> Finish:
    """One flat colour, for small parts."""
    red, green, blue = (float(c) for c in np.clip(shade, 0, 1))
    return Finish(Material((red, green, blue)))


def fitting(rng: Generator, against: Finish | None = None) -> Finish:
    """Handles, feet, taps: steel, brass or black; of those, one that stands out ``against`` another finish."""
    tones = np.array([[0.78, 0.79, 0.8], [0.72, 0.58, 0.32], [0.12, 0.12, 0.13], [0.5, 0.5, 0.52]])
    if against is not None:
        distance = np.abs(tones - against.mean_colour).max(1)
        tones = tones[np.argsort(-distance)[:2]]
    return plain(tones[rng.integers(len(tones))])


def image(texture: textures.Texture) -> Finish:
    """A whole picture for ``solids.plate``."""
    return Finish(Material((1.0, 1.0, 1.0), texture))


def palette(rng: Generator, count: int) -> Colour:
    """``count`` colours (count, 3)."""
    return np.stack([colour(rng) for _ in range(count)])


def _textured(texture: textures.Texture, tile: float) -> Finish:
    return Finish(Material((1.0, 1.0, 1.0), texture), tile)
