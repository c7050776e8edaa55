"""A scene flattened into arrays that a compiled loop can shade from: corners, materials, mip-mapped textures."""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.scenes import Scene
from activevision.scenes.srgb import LINEAR, bytes_from_linear, linear_from_srgb

# What a compiled loop reads of one thing lies together, so that it is one access to memory; 32 bytes for a face.
FACE = np.dtype([("uv", np.float32, (3, 2)), ("texel_density", np.float32), ("mesh", np.int32)])
MESH = np.dtype(
    [
        ("colour", np.float32, 3),
        ("glow", np.float32, 3),
        ("instance", np.int32),
        ("category", np.int32),
        ("first_level", np.int32),
        ("levels", np.int32),
    ]
)
LEVEL = np.dtype([("offset", np.int64), ("height", np.int32), ("width", np.int32)])


class Surface(NamedTuple):
    """F triangles of M meshes, and all mip levels of all textures.

    faces: (F + 1,) FACE: uv at the three corners, texels of the finest level per metre (0 without texture), mesh.
    meshes: (M + 1,) MESH: colour and glow in linear light, ids, which of the levels are its texture's.
    levels: (L,) LEVEL: where in ``texels`` a mip level begins, and its size.
    texels: (X,) uint32: sRGB, red in the lowest byte.
    normals: (F, 3, 3) float32 per corner.

    The last face and the last mesh are the background, black until a simulator gives it a glow; its ids are 0. What has
    no texture has a white one of one texel. So everything is shaded alike.
    """

    faces: NDArray[np.void]
    meshes: NDArray[np.void]
    levels: NDArray[np.void]
    texels: NDArray[np.uint32]
    normals: NDArray[np.float32]

    @property
    def nbytes(self) -> int:
        """Memory that it holds."""
        return sum(part.nbytes for part in self)


def flatten(scene: Scene) -> tuple[NDArray[np.float32], NDArray[np.int32], Surface]:
    """Vertices (V, 3), faces (F, 3) and the surface of all meshes of a scene together."""
    meshes = [mesh for mesh in scene.meshes if len(mesh.faces)]
    category_of = {instance.id: instance.category_id for instance in scene.instances}
    vertices = np.concatenate([mesh.vertices for mesh in meshes]).astype(np.float32)
    starts = np.cumsum([0] + [len(mesh.vertices) for mesh in meshes[:-1]])
    faces = np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)]).astype(np.int32)
    counts = [len(mesh.faces) for mesh in meshes]

    surfaces = np.zeros(len(faces) + 1, FACE)
    surfaces["mesh"] = np.repeat(np.arange(len(meshes) + 1), [*counts, 1])
    normals = []
    for mesh, start, count in zip(meshes, np.cumsum([0, *counts[:-1]]), counts, strict=True):
        corners = mesh.vertices[mesh.faces]
        cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        if mesh.normals is not None:
            normals.append(mesh.normals[mesh.faces])
        else:
            length = np.linalg.norm(cross, axis=1, keepdims=True)
            normals.append(np.repeat((cross / np.maximum(length, 1e-20))[:, None], 3, axis=1))
        texture = mesh.material.texture
        if texture is None or mesh.uv is None:
            continue
        # far outside of any sane range the compiled loop's integer texel index would overflow
        uv = np.clip(np.nan_to_num(mesh.uv[mesh.faces]), -1e6, 1e6)
        edges = uv[:, 1:] - uv[:, :1]
        uv_area = np.abs(edges[:, 0, 0] * edges[:, 1, 1] - edges[:, 0, 1] * edges[:, 1, 0])
        texels = uv_area * texture.shape[0] * texture.shape[1]
        mine = surfaces[start : start + count]
        mine["uv"] = uv
        mine["texel_density"] = np.sqrt(texels / np.maximum(np.linalg.norm(cross, axis=1), 1e-20))

    levels = [np.full((1, 1, 3), 255, np.uint8)]
    places: dict[int, tuple[int, int]] = {}  # first level and number of levels of each texture: meshes share them
    white = (0, 1)
    table = np.zeros(len(meshes) + 1, MESH)
    table[-1]["levels"] = 1
    for row, mesh in zip(table, meshes, strict=False):
        row["colour"] = linear_from_srgb(np.array(mesh.material.colour))
        row["glow"] = mesh.material.glow
        row["instance"], row["category"] = mesh.instance, category_of[mesh.instance]
        texture = mesh.material.texture
        place = white
        if texture is not None and mesh.uv is not None:
            if id(texture) not in places:
                pyramid = _pyramid(texture)
                places[id(texture)] = len(levels), len(pyramid)
                levels += pyramid
            place = places[id(texture)]
        row["first_level"], row["levels"] = place
    level_table = np.zeros(len(levels), LEVEL)
    level_table["height"], level_table["width"] = np.array([level.shape[:2] for level in levels]).T
    sizes = [level.shape[0] * level.shape[1] for level in levels]
    level_table["offset"][1:] = np.cumsum(sizes[:-1])
    surface = Surface(
        faces=surfaces,
        meshes=table,
        levels=level_table,
        texels=np.concatenate([_packed(level) for level in levels]),
        normals=np.concatenate(normals).astype(np.float32),
    )
    return vertices, faces, surface


def _packed(texture: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """(H · W,) uint32 of (H, W, 3): red, green, blue from the lowest byte up."""
    red, green, blue = texture.reshape(-1, 3).T.astype(np.uint32)
    return red | green << np.uint32(8) | blue << np.uint32(16)


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
