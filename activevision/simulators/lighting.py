"""How scenes are lit that bring no lamps of their own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lighting:
    """Diffuse light that is fixed in the world, plus a weak lamp at the camera.

    lights: (direction to the light, linear radiance) pairs. fill: radiance of the lamp. ambient: light that falls on
    every surface alike.
    background: sRGB in [0, 1] where nothing is hit.
    """

    lights: tuple[tuple[tuple[float, float, float], tuple[float, float, float]], ...] = (
        ((0.4, 0.8, 0.5), (0.62, 0.60, 0.56)),  # warm key light from the upper front right
        ((-0.7, 0.2, 0.3), (0.16, 0.18, 0.20)),  # cool light from the left
        ((-0.2, 0.3, -0.9), (0.20, 0.20, 0.20)),  # from behind, so that backs are seen too
    )
    fill: float = 0.18
    ambient: float = 0.0
    background: tuple[float, float, float] = (0.87, 0.88, 0.89)


UNLIT = Lighting(lights=(), fill=0.0, ambient=1.0, background=(0.0, 0.0, 0.0))
"""Every surface in its own colour, black behind: as simulators show scans, whose light is in their textures."""
