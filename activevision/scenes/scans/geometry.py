"""The triangles of a scan's file with the light that they were recorded in, as plain arrays."""

from __future__ import annotations

import importlib.util
import io
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.resolvers import FilePathResolver
from trimesh.visual import ColorVisuals, TextureVisuals

from activevision.errors import UserError
from activevision.scenes.mesh_files import Y_UP
from activevision.scenes.mesh_materials import surface_look
from activevision.scenes.scene import Triple

FACE_COLOURS = -1
"""Material index of faces that have a colour each."""


@dataclass(frozen=True, eq=False)
class Skin:
    """A material: colour (sRGB, in [0, 1]) that multiplies the texture (H, W, 3) uint8, or None."""

    colour: Triple
    texture: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class Geometry:
    """All triangles of a scan.

    vertices: (V, 3) float32, metres, Y up. uv: (V, 2) float32, zeros where there is no texture.
    faces: (F, 3) int32. material: (F,) int32 index into ``skins``, or FACE_COLOURS.
    colours: (F, 3) uint8 sRGB, of the faces with FACE_COLOURS. skins: the materials.
    recorded: whether the file holds the colours that a camera saw, as against bare shape.
    """

    vertices: NDArray[np.float32]
    uv: NDArray[np.float32]
    faces: NDArray[np.int32]
    material: NDArray[np.int32]
    colours: NDArray[np.uint8]
    skins: tuple[Skin, ...]
    recorded: bool

    @property
    def centres(self) -> NDArray[np.float32]:
        """(F, 3) middles of the faces."""
        one, two, three = self.faces.T
        return (self.vertices[one] + self.vertices[two] + self.vertices[three]) / np.float32(3)


def check_container(path: Path) -> None:
    """UserError for a GLB file that is cut short or holds what trimesh cannot read, told from its header alone."""
    if path.suffix.lower() != ".glb":
        return
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(20)
        if len(head) < 20 or head[:4] != b"glTF":
            raise unreadable(path, "it does not begin as GLB files do")
        _, length, json_length, _ = struct.unpack("<IIII", head[4:])
        if length > size:
            raise unreadable(path, f"cut short at {size:,} of {length:,} bytes")
        try:
            tree = json.loads(file.read(json_length))
        except ValueError:
            raise unreadable(path, "its JSON part is damaged") from None
    used = {*tree.get("extensionsRequired", ()), *tree.get("extensionsUsed", ())}
    if "KHR_texture_basisu" in used:
        raise UserError(
            f"{path}: its textures are Basis Universal, which cannot be read here: use the .glb beside it that HM3D's "
            "*_full downloads hold, or convert it: npx @gltf-transform/cli ktxdecompress IN.glb OUT.glb"
        )
    if "EXT_meshopt_compression" in used:
        raise UserError(
            f"{path}: its meshes are compressed by meshopt, which cannot be read here: export it without compression."
        )
    if "KHR_draco_mesh_compression" in used and importlib.util.find_spec("DracoPy") is None:
        raise UserError(f"{path}: its meshes are compressed by Draco, which needs DracoPy: pip install DracoPy")


def read_geometry(path: Path, up: str, texture_size: int) -> Geometry:
    """The triangles of a GLB or PLY file, turned so that the file's axis ``up`` becomes +Y.

    Textures are shrunk to ``texture_size`` pixels a side. A face takes the mean of its corners' vertex colours.
    UserError names the file and the reason where it cannot be read or holds no triangles.
    """
    parts = [_part(geometry, matrix, texture_size) for geometry, matrix in load(path, up)]
    starts = np.cumsum([0, *(len(part.vertices) for part in parts[:-1])])
    shifts = np.cumsum([0, *(len(part.skins) for part in parts[:-1])])
    return Geometry(
        vertices=np.concatenate([part.vertices for part in parts]),
        uv=np.concatenate([part.uv for part in parts]),
        faces=np.concatenate([part.faces + np.int32(start) for part, start in zip(parts, starts, strict=True)]),
        material=np.concatenate(
            [
                np.where(part.material == FACE_COLOURS, FACE_COLOURS, part.material + shift).astype(np.int32)
                for part, shift in zip(parts, shifts, strict=True)
            ]
        ),
        colours=np.concatenate([part.colours for part in parts]),
        skins=tuple(skin for part in parts for skin in part.skins),
        recorded=any(part.recorded for part in parts),
    )


def load(path: Path, up: str) -> Iterator[tuple[trimesh.Trimesh, NDArray[np.float64]]]:
    """Every trimesh geometry with triangles in a file, and the transform (4, 4) that it has in a world with Y up."""
    check_container(path)
    turn = np.eye(4)
    turn[:3, :3] = Y_UP[up]
    try:
        data = io.BytesIO(path.read_bytes())
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}): check the path and its permissions.") from None
    try:
        scene = trimesh.load_scene(
            data, file_type=path.suffix[1:].lower(), resolver=FilePathResolver(str(path)), process=False
        )
        found = []
        for node in scene.graph.nodes_geometry:
            transform, name = scene.graph[node]
            geometry = scene.geometry[str(name)]
            if isinstance(geometry, trimesh.Trimesh) and len(geometry.faces):
                if not np.isfinite(geometry.vertices).all():
                    raise ValueError("a vertex is not a finite number")
                found.append((geometry, turn @ transform))
    except Exception as error:  # trimesh's loaders raise whatever the damage happens to cause
        raise unreadable(path, " ".join(str(error).split())[:120] or type(error).__name__) from error
    if not found:
        raise UserError(f"{path}: holds no triangles: export it again as a triangle mesh.")
    yield from found


def unreadable(path: Path, reason: str) -> UserError:
    """The error for a damaged file."""
    return UserError(f"{path}: not a readable {path.suffix[1:].upper()} file ({reason}): download or export it again.")


def corner_colours(geometry: trimesh.Trimesh) -> NDArray[np.uint8] | None:
    """(F, 3 corners, 3) sRGB of a geometry's own vertex or face colours; None where it has none."""
    visual: Any = geometry.visual
    faces = np.asarray(geometry.faces)
    if isinstance(visual, ColorVisuals):
        if visual.kind == "vertex":
            return np.asarray(visual.vertex_colors, np.uint8)[:, :3][faces]
        if visual.kind == "face":
            return np.repeat(np.asarray(visual.face_colors, np.uint8)[:, None, :3], 3, axis=1)
    elif isinstance(visual, TextureVisuals):
        painted = visual.vertex_attributes.get("color")
        if painted is not None and len(painted) == len(geometry.vertices):
            colours = np.asarray(painted)
            if np.issubdtype(colours.dtype, np.floating):
                colours = np.round(np.clip(colours, 0, 1) * 255)
            return colours.astype(np.uint8)[:, :3][faces]
    return None


def _part(geometry: trimesh.Trimesh, matrix: NDArray[np.float64], texture_size: int) -> Geometry:
    vertices = (np.asarray(geometry.vertices) @ matrix[:3, :3].T + matrix[:3, 3]).astype(np.float32)
    faces = np.asarray(geometry.faces, np.int32)
    if np.linalg.det(matrix[:3, :3]) < 0:
        faces = np.ascontiguousarray(faces[:, ::-1])
    uv = np.zeros((len(vertices), 2), np.float32)
    visual: Any = geometry.visual
    colour, texture = (0.75, 0.75, 0.75), None
    if isinstance(visual, TextureVisuals):
        colour, _, image = surface_look(visual.material, texture_size)
        given = None if visual.uv is None else np.asarray(visual.uv, np.float32)
        if image is not None and given is not None and given.shape == uv.shape:
            uv, texture = np.nan_to_num(given), np.ascontiguousarray(image[..., :3])
    corners = corner_colours(geometry) if texture is None else None
    if corners is None:
        colours = np.zeros((len(faces), 3), np.uint8)
        return Geometry(
            vertices, uv, faces, np.zeros(len(faces), np.int32), colours, (Skin(colour, texture),), texture is not None
        )
    means = (corners.sum(1, dtype=np.uint16) // 3).astype(np.uint8)
    return Geometry(vertices, uv, faces, np.full(len(faces), FACE_COLOURS, np.int32), means, (), True)
