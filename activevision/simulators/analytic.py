"""Scenes of boxes and balls whose every pixel follows from a formula: what simulators are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import trimesh
from numpy.typing import NDArray

from activevision.camera import CameraModel, EquirectangularCamera
from activevision.scenes import Instance, Material, Mesh, Scene
from activevision.scenes.srgb import linear_from_srgb, srgb_from_linear

Triple = tuple[float, float, float]
Array = NDArray[np.float64]

BACKGROUND = (0.87, 0.88, 0.89)
"""sRGB of a panorama where nothing is hit."""


@dataclass(frozen=True)
class Box:
    """An axis-aligned box between two corners, metres. colour: sRGB in [0, 1]."""

    lower: Triple
    upper: Triple
    colour: Triple
    instance: int
    category: int

    @property
    def centre(self) -> Array:
        return (np.array(self.lower) + self.upper) / 2

    def solid(self) -> trimesh.Trimesh:
        return trimesh.creation.box(bounds=[self.lower, self.upper])

    def hit(self, origin: Array, directions: Array) -> tuple[Array, Array]:
        """Length t (...) along rays ``origin + t · directions`` (..., 3) to the box, and outward normals (..., 3).

        t is infinite where the box is missed. The origin must be outside of the box.
        """
        with np.errstate(divide="ignore"):
            lower, upper = (self.lower - origin) / directions, (self.upper - origin) / directions
        near, far = np.minimum(lower, upper), np.maximum(lower, upper)
        axis = near.argmax(-1)
        t = near.max(-1)
        t = np.where((t <= far.min(-1)) & (t > 0), t, np.inf)
        return t, np.eye(3)[axis] * -np.sign(directions)


@dataclass(frozen=True)
class Ball:
    """A sphere, metres. colour: sRGB in [0, 1]."""

    centre: Triple
    radius: float
    colour: Triple
    instance: int
    category: int

    def solid(self) -> trimesh.Trimesh:
        return trimesh.creation.icosphere(4, self.radius).apply_translation(self.centre)

    def hit(self, origin: Array, directions: Array) -> tuple[Array, Array]:
        """As ``Box.hit``."""
        offset = origin - self.centre
        a, b, c = (directions**2).sum(-1), directions @ offset, offset @ offset - self.radius**2
        root = b**2 - a * c
        t = (-b - np.sqrt(np.maximum(root, 0))) / a
        t = np.where((root > 0) & (t > 0), t, np.inf)
        with np.errstate(invalid="ignore"):  # 0 · ∞ where the ball is missed
            return t, (offset + t[..., None] * directions) / self.radius


@dataclass(frozen=True)
class AnalyticScene:
    """Boxes and balls round a camera that may stand at the origin."""

    name: str
    solids: tuple[Box | Ball, ...]

    def scene(self) -> Scene:
        """The solids as meshes, standing place at the origin; balls have facets of a few degrees and smooth normals."""
        meshes = []
        for part in self.solids:
            solid = part.solid()
            normals = solid.vertex_normals.astype(np.float32) if isinstance(part, Ball) else None
            vertices, faces = solid.vertices.astype(np.float32), solid.faces.astype(np.int32)
            meshes.append(Mesh(vertices, faces, None, normals, Material(part.colour), part.instance))
        instances = tuple(Instance(part.instance, f"kind {part.category}", part.category) for part in self.solids)
        return Scene(
            self.name, "analytic", tuple(meshes), instances, "activevision", "MIT", "", station=(0.0, 0.0, 0.0)
        )

    def panorama(self, width: int = 768) -> NDArray[np.uint8]:
        """(width / 2, width, 3) sRGB picture of all round the origin in plain colours, 4 rays a pixel."""
        camera = EquirectangularCamera(width, width // 2)
        _, hit, _ = self._first(np.zeros(3), camera.rays(2))
        colours = linear_from_srgb(np.array([BACKGROUND] + [part.colour for part in self.solids]))[hit + 1]
        mean = colours.reshape(width // 2, 2, width, 2, 3).mean((1, 3))
        return np.round(srgb_from_linear(mean) * 255).astype(np.uint8)

    def images(self, pose: Array, camera: CameraModel) -> dict[str, NDArray]:
        """Exact images (H, W, …) of every sensor but rgb, and ``facing``: the cosine of ray and surface, 0 where none.

        pose: (4, 4) ``world_from_camera``.
        """
        directions = camera.rays() @ pose[:3, :3].T
        depth, part, normal = self._first(pose[:3, 3], directions)
        seen = part >= 0
        depth = np.where(seen, depth, 0.0)
        length = np.linalg.norm(directions, axis=-1)
        return {
            "depth": depth.astype(np.float32),
            "instance": np.array([0] + [solid.instance for solid in self.solids], np.int32)[part + 1],
            "category": np.array([0] + [solid.category for solid in self.solids], np.int32)[part + 1],
            "normal": normal.astype(np.float32),
            "position": np.where(seen[..., None], pose[:3, 3] + depth[..., None] * directions, 0).astype(np.float32),
            "facing": -(normal * directions).sum(-1) / length,
        }

    def _first(self, origin: Array, directions: Array) -> tuple[Array, NDArray[np.int64], Array]:
        """Of the first solid along each ray: length, its place in ``solids`` (−1 for none), outward normal (0)."""
        lengths, normals = zip(*(part.hit(origin, directions) for part in self.solids), strict=True)
        order = np.argmin(lengths, axis=0)[None]
        length = np.take_along_axis(np.stack(lengths), order, 0)[0]
        normal = np.take_along_axis(np.stack(normals), order[..., None], 0)[0]
        missed = np.isinf(length)
        return length, np.where(missed, -1, order[0]), np.where(missed[..., None], 0.0, normal)


FURNISHED = AnalyticScene(
    "furnished",
    (
        Box((-4.0, -1.3, -4.0), (4.0, -1.2, 4.0), (0.2, 0.5, 0.55), 1, 4),
        Box((0.3, -1.2, -3.0), (1.1, 0.4, -2.2), (0.75, 0.15, 0.1), 7, 2),
        Ball((-0.9, 0.5, -2.4), 0.5, (0.15, 0.2, 0.75), 3, 9),
        Box((-3.0, -1.2, -0.6), (-2.2, -0.1, 0.7), (0.15, 0.6, 0.15), 12, 2),
        Ball((2.3, -0.4, 0.6), 0.6, (0.7, 0.65, 0.1), 5, 9),
        Box((-0.9, -1.2, 2.0), (0.2, 0.9, 2.8), (0.65, 0.15, 0.6), 20, 6),
        Box((-0.6, 1.9, -0.5), (0.4, 2.2, 0.7), (0.7, 0.4, 0.1), 8, 1),
    ),
)
"""Something else in every direction, so that no flip and no turn maps it onto itself."""


def markers(places: Sequence[Triple], radius: float) -> AnalyticScene:
    """Balls of one radius at known places; instance ids count from 1 and colours differ."""
    colours = [(0.75, 0.15, 0.1), (0.15, 0.6, 0.15), (0.15, 0.2, 0.75), (0.65, 0.15, 0.6), (0.7, 0.65, 0.1)]
    balls = (
        Ball(place, radius, colours[number % len(colours)], number + 1, number + 1)
        for number, place in enumerate(places)
    )
    return AnalyticScene("markers", tuple(balls))


MARKERS = markers(
    [(0.3, 0.4, -2.6), (1.9, -0.5, -1.7), (-2.2, 0.6, 0.4), (0.5, -0.6, 2.5), (2.1, 0.8, 1.1)],
    0.25,
)
"""Small balls at known places in sight of the origin."""
