"""What covers floors, walls and ceilings: tileable textures with the size that one repeat has in metres.

Every class of rooms chooses among several coverings, and most coverings are shared by several classes, so that a wall
or a floor alone does not tell the class.
"""

from __future__ import annotations

import colorsys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.scenes.procedural.textures import Field, Texture, blend, noise
from activevision.scenes.scene import Material

SIZE = 256
_WOODS = ((0.80, 0.62, 0.42), (0.70, 0.50, 0.31), (0.55, 0.38, 0.24), (0.42, 0.28, 0.19), (0.84, 0.74, 0.60))


@dataclass(frozen=True, eq=False)
class Covering:
    """A material and how many metres one repeat of its texture covers."""

    material: Material
    repeat: float


def covering(name: str, rng: Generator) -> Covering:
    """A covering of that kind, one of ``COVERINGS``."""
    texture, repeat = COVERINGS[name](rng)
    return Covering(Material((1.0, 1.0, 1.0), texture), repeat)


def dado(lower: Covering, upper: Covering, height: float, room_height: float) -> Covering:
    """A wall covered by ``lower`` up to ``height`` and by ``upper`` above it, in one texture as high as the room.

    Its repeat is the room's height, so that it repeats along the wall but not up it.
    """
    rows = 512
    pixels = rows / room_height
    image = np.empty((rows, rows, 3), np.uint8)
    metres = (np.arange(rows) + 0.5) / pixels
    edge = rows - round(height * pixels)
    for part, span in ((upper, slice(0, edge)), (lower, slice(edge, rows))):
        assert part.material.texture is not None
        # A whole number of repeats across the texture, so that it has no seam.
        count = max(1, round(room_height / part.repeat))
        size = max(1, round(rows / count))
        small = cv2.resize(part.material.texture, (size, size), interpolation=cv2.INTER_AREA)
        across = (np.arange(rows) * count * size // rows) % size
        down = (metres / part.repeat * size).astype(int) % size
        image[span] = small[down[span]][:, across]
    image[max(edge - 6, 0) : edge] = (image[max(edge - 6, 0) : edge] * 0.8).astype(np.uint8)
    return Covering(Material((1.0, 1.0, 1.0), image), room_height)


def _pixels() -> tuple[Field, Field]:
    indices: Field = np.indices((SIZE, SIZE), np.float32)
    return indices[0], indices[1]


def _grain(rng: Generator, along: int = 1) -> Field:
    """Wood grain that runs along ``along`` (0 down, 1 across)."""
    field = noise(rng, (40, 2) if along == 1 else (2, 40), SIZE, octaves=3)
    return field


def _wood_tone(rng: Generator) -> NDArray[np.float64]:
    base = np.array(_WOODS[rng.integers(len(_WOODS))])
    return np.clip(base * rng.uniform(0.85, 1.12), 0, 1)


def _planks(rng: Generator) -> tuple[Texture, float]:
    """Long boards with butt joints."""
    rows = int(rng.choice([8, 10, 12]))
    row, column = _pixels()
    index = (row * rows // SIZE).astype(int)
    offset = rng.integers(0, SIZE, rows)[index]
    shifted = (column + offset) % SIZE
    board = (shifted > SIZE / 2).astype(int)
    shade = rng.uniform(0, 1, (rows, 2))[index, board]
    pitch = SIZE / rows
    joint = ((row % pitch) < 1) | (shifted < 1) | (np.abs(shifted - SIZE / 2) < 0.7)
    tone = _wood_tone(rng)
    image = blend(tone, tone * 0.62, 0.45 * shade + 0.5 * _grain(rng) + 0.55 * joint)
    return image, rows * rng.uniform(0.11, 0.17)


def _parquet(rng: Generator) -> tuple[Texture, float]:
    """Basket weave: squares of strips, turned in turn."""
    cells, strips = 4, int(rng.choice([4, 5]))
    row, column = _pixels()
    size = SIZE / cells
    across = ((row // size + column // size) % 2).astype(bool)
    strip = np.where(across, row, column) % size // (size / strips)
    key = ((row // size) * 31 + (column // size) * 17 + strip * 7).astype(int)
    shade = rng.random(4096)[key % 4096]
    gap = np.where(across, row, column) % (size / strips) < 1
    grain = np.where(across, _grain(rng, 1), _grain(rng, 0))
    tone = _wood_tone(rng)
    return blend(tone, tone * 0.6, 0.5 * shade + 0.35 * grain + 0.5 * gap), cells * rng.uniform(0.28, 0.4)


def _floor_tiles(rng: Generator) -> tuple[Texture, float]:
    """Square stoneware, plain or in two colours."""
    count = 4
    tile = rng.uniform(0.2, 0.4)
    base = _pale(rng, 0.5, 0.92)
    other = base if rng.random() < 0.55 else np.clip(base * rng.uniform(0.3, 0.75), 0, 1)
    return _tiled(rng, base, other, count, 1.2), count * tile


def _wall_tiles(rng: Generator) -> tuple[Texture, float]:
    """Glazed tiles in light colours, square or brick-shaped."""
    base = _pale(rng, 0.75, 0.97)
    if rng.random() < 0.5:
        return _tiled(rng, base, base, 8, 1.0), 8 * rng.uniform(0.1, 0.2)
    row, column = _pixels()
    height, width = SIZE / 12, SIZE / 6
    shifted = column + (row // height % 2) * width / 2
    key = ((row // height) * 13 + (shifted % SIZE) // width).astype(int)
    joint = (row % height < 1) | (shifted % width < 1)
    return blend(base, base * 0.6, np.where(joint, 0.6, 0.15 * rng.random(256)[key % 256])), 6 * rng.uniform(0.18, 0.24)


def _tiled(
    rng: Generator, first: NDArray[np.float64], second: NDArray[np.float64], count: int, joint: float
) -> Texture:
    row, column = _pixels()
    pitch = SIZE / count
    odd = (row // pitch + column // pitch) % 2
    key = ((row // pitch) * count + column // pitch).astype(int)
    shade = 0.16 * rng.random(count * count)[key] + 0.12 * noise(rng, (6, 6), SIZE)
    image = np.where(odd[..., None] > 0, blend(second, second * 0.8, shade), blend(first, first * 0.8, shade))
    grout = (row % pitch < joint) | (column % pitch < joint)
    colour = (np.clip(first * 0.55 + 0.05, 0, 1) * 255).astype(np.uint8)
    return np.where(grout[..., None], colour, image)


def _carpet(rng: Generator) -> tuple[Texture, float]:
    """Short pile in one colour."""
    base = _tint(rng, 0.15, 0.5, 0.35, 0.75)
    return blend(base, base * 0.62, 0.75 * noise(rng, (90, 90), SIZE, octaves=1) + 0.25 * noise(rng, (4, 4), SIZE)), 0.9


def _linoleum(rng: Generator) -> tuple[Texture, float]:
    """Marbled sheet flooring."""
    base = _tint(rng, 0.08, 0.35, 0.5, 0.8)
    other = np.clip(base + rng.uniform(-0.2, 0.2), 0, 1)
    return blend(base, other, 0.6 * noise(rng, (12, 5), SIZE, 4) + 0.25 * noise(rng, (60, 60), SIZE, 1)), 1.6


def _concrete(rng: Generator) -> tuple[Texture, float]:
    base = np.full(3, rng.uniform(0.45, 0.68)) * (1 + rng.uniform(-0.03, 0.03, 3))
    stain = noise(rng, (3, 3), SIZE, octaves=5)
    pores = noise(rng, (80, 80), SIZE, octaves=1) > 0.82
    return blend(base, base * 0.72, 0.8 * stain + 0.35 * pores), 2.2


def _terrazzo(rng: Generator) -> tuple[Texture, float]:
    base = _pale(rng, 0.65, 0.88)
    chips = noise(rng, (64, 64), SIZE, octaves=1)
    dark = blend(base, base * 0.45, (chips > 0.74) * 0.8)
    light = noise(rng, (64, 64), SIZE, octaves=1) > 0.8
    return np.where(light[..., None], np.uint8(235), dark), 1.1


def _paint(rng: Generator) -> tuple[Texture, float]:
    """Emulsion paint on smooth plaster, rolled on."""
    base = _pale(rng, 0.8, 0.96) if rng.random() < 0.6 else _tint(rng, 0.1, 0.38, 0.6, 0.88)
    return blend(base, base * 0.9, 0.5 * noise(rng, (3, 3), SIZE, 4) + 0.4 * noise(rng, (90, 90), SIZE, 1)), 2.4


def _rough_plaster(rng: Generator) -> tuple[Texture, float]:
    base = _pale(rng, 0.72, 0.95)
    return blend(base, base * 0.84, 0.75 * noise(rng, (56, 56), SIZE, 2) + 0.25 * noise(rng, (3, 3), SIZE, 4)), 1.2


def _wallpaper(rng: Generator) -> tuple[Texture, float]:
    """Stripes, or a motif on staggered places."""
    base = _tint(rng, 0.04, 0.3, 0.7, 0.95)
    other = np.clip(base * rng.uniform(0.68, 0.88), 0, 1) if rng.random() < 0.7 else _tint(rng, 0.2, 0.5, 0.5, 0.8)
    row, column = _pixels()
    if rng.random() < 0.45:
        pitch = SIZE / int(rng.choice([8, 12, 16]))
        band = ((column % pitch) < pitch * rng.uniform(0.2, 0.6)).astype(np.float32)
        return blend(base, other, 0.75 * band + 0.15 * noise(rng, (60, 60), SIZE, 1)), rng.uniform(0.8, 1.4)
    cells = int(rng.choice([4, 6]))
    pitch = SIZE / cells
    stagger = column + (row // pitch % 2) * pitch / 2
    y, x = (row % pitch) / pitch - 0.5, (stagger % pitch) / pitch - 0.5
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    petals = int(rng.integers(3, 7))
    motif = radius < rng.uniform(0.18, 0.3) * (1 + rng.uniform(0.2, 0.6) * np.cos(petals * angle))
    eye = radius < 0.06
    return blend(base, other, 0.8 * motif - 0.6 * eye + 0.1 * noise(rng, (60, 60), SIZE, 1)), rng.uniform(0.7, 1.3)


def _panelling(rng: Generator) -> tuple[Texture, float]:
    """Upright boards, in wood or painted."""
    tone = _wood_tone(rng) if rng.random() < 0.6 else _pale(rng, 0.7, 0.95)
    boards = int(rng.choice([8, 10, 12]))
    _, column = _pixels()
    pitch = SIZE / boards
    shade = rng.random(boards)[(column // pitch).astype(int) % boards]
    groove = (column % pitch) < 2
    return blend(tone, tone * 0.62, 0.3 * shade + 0.4 * _grain(rng, 0) + 0.8 * groove), boards * 0.12


def _brick(rng: Generator) -> tuple[Texture, float]:
    tone = np.array([0.62, 0.36, 0.28]) * rng.uniform(0.8, 1.15) if rng.random() < 0.6 else _pale(rng, 0.7, 0.92)
    row, column = _pixels()
    height, width = SIZE / 16, SIZE / 5.0
    shifted = (column + (row // height % 2) * width / 2) % SIZE
    key = ((row // height) * 5 + shifted // width).astype(int)
    joint = (row % height < 2) | (shifted % width < 2)
    shade = 0.55 * rng.random(128)[key % 128] + 0.4 * noise(rng, (30, 30), SIZE, 2)
    image = blend(tone, tone * 0.6, shade)
    mortar = (np.clip(tone * 0.4 + 0.42, 0, 1) * 255).astype(np.uint8)
    return np.where(joint[..., None], mortar, image), 1.25


def _block(rng: Generator) -> tuple[Texture, float]:
    """Bare or whitewashed concrete blocks."""
    base = np.full(3, rng.uniform(0.58, 0.86))
    row, column = _pixels()
    height, width = SIZE / 8, SIZE / 4
    shifted = (column + (row // height % 2) * width / 2) % SIZE
    joint = (row % height < 2) | (shifted % width < 2)
    shade = 0.4 * noise(rng, (5, 5), SIZE, 4) + 0.35 * noise(rng, (90, 90), SIZE, 1)
    return blend(base, base * 0.68, np.where(joint, 0.9, shade)), 1.6


def _white(rng: Generator) -> tuple[Texture, float]:
    base = np.full(3, rng.uniform(0.88, 0.97)) * np.array([1, 1, rng.uniform(0.94, 1.0)])
    return blend(base, base * 0.92, noise(rng, (40, 40), SIZE, 2)), 1.8


def _acoustic(rng: Generator) -> tuple[Texture, float]:
    """Suspended ceiling: speckled panels in a grid of 0.6 m."""
    base = np.full(3, rng.uniform(0.84, 0.94))
    row, column = _pixels()
    pitch = SIZE / 2
    bar = (row % pitch < 3) | (column % pitch < 3)
    holes = noise(rng, (100, 100), SIZE, 1) > 0.8
    return blend(base, base * 0.7, np.where(bar, 0.9, 0.6 * holes)), 1.2


def _boards(rng: Generator) -> tuple[Texture, float]:
    """A boarded ceiling, in wood or white."""
    tone = _wood_tone(rng) if rng.random() < 0.5 else np.full(3, rng.uniform(0.85, 0.95))
    row, _ = _pixels()
    pitch = SIZE / 10
    shade = rng.random(10)[(row // pitch).astype(int) % 10]
    return blend(tone, tone * 0.62, 0.25 * shade + 0.35 * _grain(rng) + 0.8 * ((row % pitch) < 2)), 1.2


def _pale(rng: Generator, low: float, high: float) -> NDArray[np.float64]:
    """An off-white or a light grey, hardly tinted."""
    return np.array(colorsys.hsv_to_rgb(rng.random(), rng.uniform(0.0, 0.1), rng.uniform(low, high)))


def _tint(rng: Generator, least: float, most: float, low: float, high: float) -> NDArray[np.float64]:
    """Any hue, with saturation and value within those bounds."""
    return np.array(colorsys.hsv_to_rgb(rng.random(), rng.uniform(least, most), rng.uniform(low, high)))


COVERINGS: dict[str, Callable[[Generator], tuple[Texture, float]]] = {
    "planks": _planks,
    "parquet": _parquet,
    "floor tiles": _floor_tiles,
    "wall tiles": _wall_tiles,
    "carpet": _carpet,
    "linoleum": _linoleum,
    "concrete": _concrete,
    "terrazzo": _terrazzo,
    "paint": _paint,
    "rough plaster": _rough_plaster,
    "wallpaper": _wallpaper,
    "panelling": _panelling,
    "brick": _brick,
    "block": _block,
    "white": _white,
    "acoustic": _acoustic,
    "boards": _boards,
}


def pick_covering(rng: Generator, names: Sequence[str]) -> Covering:
    return covering(names[int(rng.integers(len(names)))], rng)
