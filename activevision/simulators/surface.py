"""A scene flattened into arrays that a compiled loop can shade from: corners, materials, mip-mapped textures."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.scenes import Scene
from activevision.scenes.srgb import LINEAR, bytes_from_linear, linear_from_srgb


class Surface(NamedTuple):
    """F triangles, M materials and all mip levels of all textures.

    normals: (F, 3, 3) float32 per corner. uv: (F, 3, 2) float32 per corner.
    texel_density: (F,) float32, texels of the finest level per metre; 0 without texture.
    material, instance, category: (F,) int32.
    colour, glow: (M, 3) float32 linear light. first_level: (M,) int32, −1 without texture. levels: (M,) int32.
    level_offset, level_height, level_width: (L,) int64 of each mip level in ``texels``.
    texels: (X, 3) uint8 sRGB.
    """

    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    texel_density: NDArray[np.float32]
    material: NDArray[np.int32]
    instance: NDArray[np.int32]
    category: NDArray[np.int32]
    colour: NDArray[np.float32]
    glow: NDArray[np.float32]
    first_level: NDArray[np.int32]
    levels: NDArray[np.int32]
    level_offset: NDArray[np.int64]
    level_height: NDArray[np.int64]
    level_width: NDArray[np.int64]
    texels: NDArray[np.uint8]


def flatten(scene: Scene) -> tuple[NDArray[np.float32], NDArray[np.int32], Surface]:
    """Vertices (V, 3), faces (F, 3) and the surface of all meshes of a scene together."""
    meshes = [mesh for mesh in scene.meshes if len(mesh.faces)]
    category_of = {instance.id: instance.category_id for instance in scene.instances}
    vertices = np.concatenate([mesh.vertices for mesh in meshes]).astype(np.float32)
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    faces = np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]).astype(np.int32)
    counts = [len(mesh.faces) for mesh in meshes]

    normals, uv, density = [], [], []
    for mesh in meshes:
        corners = mesh.vertices[mesh.faces]
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        if mesh.normals is not None:
            normals.append(mesh.normals[mesh.faces])
        else:
            length = np.linalg.norm(cross, axis=1, keepdims=True)
            normals.append(np.repeat((cross / np.maximum(length, 1e-20))[:, None], 3, axis=1))
        texture = mesh.material.texture
        if texture is None or mesh.uv is None:
            uv.append(np.zeros((len(mesh.faces), 3, 2)))
            density.append(np.zeros(len(mesh.faces)))
            continue
        # far outside of any sane range the compiled loop's integer texel index would overflow
        uv.append(np.clip(np.nan_to_num(mesh.uv[mesh.faces]), -1e6, 1e6))
        edges = uv[-1][:, 1:] - uv[-1][:, :1]
        uv_area = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
        texels = uv_area * texture.shape[0] * texture.shape[1]
        density.append(np.sqrt(texels / np.maximum(np.linalg.norm(cross, axis=1), 1e-20)))

    levels: list[NDArray[np.uint8]] = []
    places: dict[int, tuple[int, int]] = {}  # first level and number of levels of each texture: meshes share them
    for mesh in meshes:
        texture = mesh.material.texture
        if texture is not None and mesh.uv is not None and id(texture) not in places:
            pyramid = _pyramid(texture)
            places[id(texture)] = len(levels), len(pyramid)
            levels += pyramid
    sizes = [level.shape[0] * level.shape[1] for level in levels]
    untextured = (-1, 0)
    placed = [untextured if m.uv is None else places.get(id(m.material.texture), untextured) for m in meshes]
    surface = Surface(
        normals=np.concatenate(normals).astype(np.float32),
        uv=np.concatenate(uv).astype(np.float32),
        texel_density=np.concatenate(density).astype(np.float32),
        material=np.repeat(np.arange(len(meshes), dtype=np.int32), counts),
        instance=np.repeat(np.array([mesh.instance for mesh in meshes], np.int32), counts),
        category=np.repeat(np.array([category_of[mesh.instance] for mesh in meshes], np.int32), counts),
        glow=np.array([mesh.material.glow for mesh in meshes], np.float32),
        colour=linear_from_srgb(np.array([mesh.material.colour for mesh in meshes])).astype(np.float32),
        first_level=np.array([first for first, _ in placed], np.int32),
        levels=np.array([count for _, count in placed], np.int32),
        level_offset=np.cumsum([0, *sizes[:-1]]).astype(np.int64) if sizes else np.zeros(0, np.int64),
        level_height=np.array([level.shape[0] for level in levels], np.int64),
        level_width=np.array([level.shape[1] for level in levels], np.int64),
        texels=np.concatenate([level.reshape(-1, 3) for level in levels]) if levels else np.zeros((0, 3), np.uint8),
    )
    return vertices, faces, surface


def _pyramid(texture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Mip levels from the finest to one texel, averaged in linear light so that distant textures keep their brightness.

    Row 0 of every level is the bottom row of the image, as (u, v) counts.
    """
    linear: NDArray[Any] = LINEAR[texture[::-1]]
    levels = [np.ascontiguousarray(texture[::-1])]
    while max(linear.shape[:2]) > 1:
        height, width = linear.shape[:2]
        linear = cv2.resize(linear, (max(width // 2, 1), max(height // 2, 1)), interpolation=cv2.INTER_AREA)
        levels.append(bytes_from_linear(linear))
    return levels
