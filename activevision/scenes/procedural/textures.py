"""Small tileable textures, made with numpy: (N, N, 3) uint8 sRGB, row 0 at the top.

Colours are (r, g, b) in [0, 1]. Every texture but the pictures repeats without a seam.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeAlias

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

Texture: TypeAlias = NDArray[np.uint8]
Field: TypeAlias = NDArray[np.float32]
SIZE = 96


def noise(rng: Generator, cells: tuple[int, int], size: int = SIZE, octaves: int = 3) -> Field:
    """Tileable value noise (size, size) in [0, 1] with (rows, columns) cells in its lowest octave."""
    total: Field = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        rows, columns = (min(c * 2**octave, size) for c in cells)
        grid = rng.random((rows, columns), dtype=np.float32)
        total += 0.5**octave * _upsampled(grid, size)
    low, high = total.min(), total.max()
    return (total - low) / max(high - low, 1e-6)


@lru_cache(maxsize=64)
def _taps(cells: int, size: int) -> tuple[NDArray[np.int64], Field]:
    """For each of ``size`` pixels its four cells and their Catmull-Rom weights (size, 4), periodic."""
    position = (np.arange(size) + 0.5) * cells / size
    t = position % 1.0
    weights = 0.5 * np.stack([-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, t**3 - t**2], 1)
    index = (np.floor(position).astype(int)[:, None] + np.arange(-1, 3)) % cells
    return index, weights.astype(np.float32)


def _upsampled(grid: Field, size: int) -> Field:
    """``grid`` stretched to (size, size). No BLAS: its sums may differ with the number of threads."""
    row, across = _taps(grid.shape[0], size)
    column, along = _taps(grid.shape[1], size)
    tall: Field = np.sum([across[:, k, None] * grid[row[:, k]] for k in range(4)], axis=0)
    wide: Field = np.sum([along[:, k] * tall[:, column[:, k]] for k in range(4)], axis=0)
    return wide


def _pixels(size: int = SIZE) -> tuple[Field, Field]:
    """Row and column (size, size) of every pixel."""
    indices: Field = np.indices((size, size), np.float32)
    return indices[0], indices[1]


def blend(first: ArrayLike, second: ArrayLike, weight: ArrayLike) -> Texture:
    """``first`` where the weight (N, N) is 0, ``second`` where it is 1."""
    weight = np.clip(np.asarray(weight, np.float32), 0, 1)[..., None]
    mixed = np.asarray(first, np.float32) * (1 - weight) + np.asarray(second, np.float32) * weight
    return (np.clip(mixed, 0, 1) * 255).round().astype(np.uint8)


def wood(rng: Generator, light: ArrayLike, dark: ArrayLike) -> Texture:
    """Grain along u: wavy growth rings crossed by fine pores."""
    v = np.arange(SIZE, dtype=np.float32)[:, None] / SIZE
    warp = noise(rng, (3, 1))
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (rng.integers(3, 7) * v + 1.6 * warp))
    pores = noise(rng, (48, 3), octaves=2)
    return blend(light, dark, 0.55 * rings**2 + 0.45 * pores)


def weave(rng: Generator, first: ArrayLike, second: ArrayLike) -> Texture:
    """Cloth: threads over and under each other."""
    row, column = _pixels()
    pitch = int(rng.choice([4, 6, 8]))
    over = ((row // pitch + column // pitch) % 2).astype(np.float32)
    thread = np.where(
        over > 0, np.sin(np.pi * (row % pitch + 0.5) / pitch), np.sin(np.pi * (column % pitch + 0.5) / pitch)
    )
    return blend(second, first, 0.55 * over + 0.25 * thread + 0.3 * noise(rng, (6, 6)) - 0.05)


def stripes(rng: Generator, first: ArrayLike, second: ArrayLike) -> Texture:
    """Bands across u of uneven widths, with a thread-like roughness."""
    edges = np.sort(rng.choice(np.arange(6, SIZE, 6), size=int(rng.choice([1, 3, 5])), replace=False))
    band = (np.searchsorted(edges, np.arange(SIZE), side="right") % 2).astype(np.float32)
    return blend(first, second, band[None, :] * 0.9 + 0.1 * noise(rng, (24, 24), octaves=1))


def checks(rng: Generator, first: ArrayLike, second: ArrayLike) -> Texture:
    """Gingham: two crossing sets of bands."""
    pitch = int(rng.choice([12, 16, 24]))
    row, column = (index // pitch % 2 for index in _pixels())
    return blend(first, second, 0.42 * row + 0.42 * column + 0.16 * noise(rng, (24, 24), octaves=1))


def dots(rng: Generator, first: ArrayLike, second: ArrayLike) -> Texture:
    """Round spots in a staggered grid."""
    pitch = int(rng.choice([16, 24, 32]))
    row, column = _pixels()
    stagger = pitch / 2 if SIZE // pitch % 2 == 0 else 0.0  # an odd number of staggered rows would not repeat
    along = (column + row // pitch % 2 * stagger) % pitch
    distance = np.hypot(row % pitch - pitch / 2 + 0.5, along - pitch / 2 + 0.5)
    return blend(first, second, np.clip(pitch * rng.uniform(0.22, 0.36) - distance + 0.5, 0, 1))


def marble(rng: Generator, base: ArrayLike, vein: ArrayLike) -> Texture:
    """Stone with thin veins where two noises cross."""
    field = noise(rng, (2, 2), octaves=5)
    veins = np.exp(-np.abs(field - 0.5) * 28) * (0.4 + 0.6 * noise(rng, (3, 3)))
    return blend(base, vein, 0.9 * veins + 0.18 * noise(rng, (2, 2)))


def speckle(rng: Generator, base: ArrayLike, spot: ArrayLike) -> Texture:
    """Glazed clay or terrazzo: a clean ground with scattered spots."""
    spots = noise(rng, (32, 32), octaves=1)
    return blend(base, spot, np.clip((spots - rng.uniform(0.68, 0.82)) * 8, 0, 1) * 0.8 + 0.06 * noise(rng, (4, 4)))


def brushed(rng: Generator, base: ArrayLike, streak: ArrayLike) -> Texture:
    """Metal brushed along u."""
    return blend(base, streak, 0.7 * noise(rng, (48, 2), octaves=2) + 0.3 * noise(rng, (2, 2)))


def leather(rng: Generator, base: ArrayLike, crack: ArrayLike) -> Texture:
    """Hide: creases along the borders of irregular cells."""
    ridged = 1 - np.abs(2 * noise(rng, (10, 10), octaves=2) - 1)
    return blend(base, crack, 0.6 * ridged**3 + 0.3 * noise(rng, (3, 3)))


def mottled(rng: Generator, base: ArrayLike, other: ArrayLike) -> Texture:
    """Paint or plastic, not quite even."""
    return blend(base, other, 0.7 * noise(rng, (3, 3)) + 0.3 * noise(rng, (32, 32), octaves=1))


def tiles(rng: Generator, tile: ArrayLike, grout: ArrayLike) -> Texture:
    """Square wall tiles, four to a side, each a little different."""
    pitch = SIZE // 4
    row, column = _pixels()
    joint = (row % pitch < 2) | (column % pitch < 2)
    shade = np.repeat(np.repeat(rng.random((4, 4)), pitch, 0), pitch, 1)
    return blend(tile, grout, np.where(joint, 1.0, 0.22 * shade))


def screen(rng: Generator, ground: ArrayLike, colours: NDArray[np.float64]) -> Texture:
    """What a monitor shows: a desktop with a few windows full of text lines. colours: (K, 3)."""
    size = 128
    gradient = np.linspace(0, 1, size)[:, None] * np.ones(size)
    image = blend(ground, np.asarray(ground) * 0.35, gradient).astype(np.float32) / 255
    for index in range(int(rng.integers(2, 5))):
        height, width = rng.integers(34, 84, 2)
        top, left = rng.integers(4, size - height - 8), rng.integers(4, size - width - 4)
        pane = np.array([0.94, 0.94, 0.95]) if rng.random() < 0.6 else np.array([0.13, 0.14, 0.17])
        image[top : top + height, left : left + width] = pane
        image[top : top + 6, left : left + width] = colours[index % len(colours)]
        for y in range(top + 11, top + height - 3, 6):
            length = int(width * rng.uniform(0.3, 0.9)) - 6
            image[y : y + 2, left + 4 : left + 4 + max(length, 2)] = (
                0.55 * pane + 0.45 * colours[(index + 1) % len(colours)]
            )
    image[-8:] = 0.1
    for left in range(6, 60, 10):
        image[-6:-2, left : left + 6] = colours[left // 10 % len(colours)]
    return (np.clip(image, 0, 1) * 255).round().astype(np.uint8)


def painting(rng: Generator, colours: NDArray[np.float64]) -> Texture:
    """A picture of hills under a sky with a sun, or of overlapping blots. colours: (K ≥ 4, 3)."""
    size = 128
    row, column = _pixels(size)
    brush = noise(rng, (20, 20), size, octaves=2)
    if rng.random() < 0.6:
        image = blend(colours[0] * 0.4 + 0.6, colours[0], row / size + 0.2 * brush)
        sun = np.hypot(row - rng.uniform(18, 44), column - rng.uniform(20, 108)) < rng.uniform(8, 15)
        image[sun] = (np.clip(colours[1] * 0.4 + 0.6, 0, 1) * 255).astype(np.uint8)
        for layer in range(3):
            ridge = noise(rng, (1, 2 + layer), size, octaves=3)[0]
            horizon = size * (0.42 + 0.17 * layer) - 26 * ridge
            land = blend(colours[1 + layer], colours[1 + layer] * 0.6, brush)
            below = row > horizon[None, :]
            image[below] = land[below]
        return image
    image = blend(colours[0], colours[0] * 0.8 + 0.15, brush)
    for index in range(int(rng.integers(4, 8))):
        blot = np.hypot(*(np.stack([row, column]) - rng.uniform(10, 118, (2, 1, 1)))) + 26 * (brush - 0.5)
        inside = blot < rng.uniform(14, 34)
        image[inside] = blend(colours[1 + index % 3], colours[1 + index % 3] * 0.7, brush)[inside]
    return image
