"""Mesh files (OBJ, glTF, PLY, STL, OFF, DAE) as activevision meshes, read through trimesh."""

from __future__ import annotations

import importlib.util
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import trimesh
from numpy.typing import ArrayLike, NDArray
from trimesh.resolvers import FilePathResolver, Resolver
from trimesh.visual import ColorVisuals, TextureVisuals

from activevision.errors import UserError, unknown
from activevision.scenes.mesh_materials import cut_out, flat_colours, surface_look
from activevision.scenes.obj_polygons import split_concave_polygons
from activevision.scenes.scene import Material, Mesh

FORMATS = ("obj", "glb", "gltf", "ply", "stl", "off", "dae")

READER_VERSION = 1
"""Part of every cache key of geometry read here: to be raised when a change makes any file come out differently."""

SEE_THROUGH = 0.5
"""Surfaces of at most this opacity, such as window panes, are left out: simulators draw opaque surfaces only."""

Y_UP = {
    "x": np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "y": np.eye(3),
    "z": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
}
"""Rotation (3, 3) that turns each axis which may be a file's up into +Y."""

UP_AXES = tuple(Y_UP)


class Surface(NamedTuple):
    """A mesh as its file has it, with the opacity of its material in [0, 1]."""

    mesh: Mesh
    opacity: float


def read_meshes(path: Path, up: str = "y") -> tuple[Mesh, ...]:
    """The meshes of one file, one for each material, turned so that the file's axis ``up`` becomes +Y.

    Units are the file's own. UserError names the file and the reason where it cannot be read or holds no triangles.
    """
    if up not in Y_UP:
        raise unknown("up axis", up, Y_UP)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be opened ({error.strerror}): check the path and its permissions.") from None
    surfaces = read_surfaces(data, path.suffix[1:].lower(), str(path), FilePathResolver(str(path)))
    return tuple(transformed(mesh, Y_UP[up]) for mesh in opaque(surfaces))


def read_surfaces(data: bytes, file_type: str, name: str, resolver: Resolver) -> list[Surface]:
    """Everything with triangles in a mesh file's bytes, see-through surfaces included.

    ``file_type`` is one of FORMATS; ``resolver`` finds the material and image files that it names; ``name`` is what
    errors call it. Image textures, material colours and vertex or face colours are kept, and normals where the file
    has them. UserError if the file is damaged, empty or of an unknown type.
    """
    if file_type not in FORMATS:
        raise unknown("mesh format", file_type, FORMATS)
    if file_type == "dae" and importlib.util.find_spec("collada") is None:
        raise UserError(f"{name}: DAE files need pycollada: pip install pycollada")
    try:
        if file_type == "gltf":
            json.loads(data)  # says where it is damaged, which trimesh does not
        if file_type == "obj":
            data = split_concave_polygons(data)
        loaded = trimesh.load_scene(io.BytesIO(data), file_type=file_type, resolver=resolver, process=False)
        surfaces = _surfaces(loaded)
    except Exception as error:  # trimesh's loaders raise whatever the damage happens to cause
        reason = _reason(error)
        raise UserError(
            f"{name}: not a readable {file_type.upper()} file ({reason[:120]}): export it again."
        ) from error
    if not surfaces:
        raise UserError(f"{name}: holds no triangles: export it again as a triangle mesh.")
    return surfaces


def _reason(error: Exception) -> str:
    """What an error says of a file, in one line; some of trimesh's only name what is not there."""
    said = str(error)
    if isinstance(error, KeyError | FileNotFoundError):
        said += " is missing"
    elif isinstance(error, AssertionError) and not said:
        said = "its parts do not fit together"
    return " ".join(said.split()) or type(error).__name__


def opaque(surfaces: Sequence[Surface]) -> tuple[Mesh, ...]:
    """The meshes that one does not see through; all of them where nothing else would be left."""
    kept = tuple(surface.mesh for surface in surfaces if surface.opacity > SEE_THROUGH)
    return kept or tuple(surface.mesh for surface in surfaces)


def transformed(mesh: Mesh, matrix: NDArray[np.float64], offset: ArrayLike = (0.0, 0.0, 0.0)) -> Mesh:
    """The mesh with vertices ``matrix @ v + offset``; ``matrix`` (3, 3) may turn, scale each axis and mirror."""
    vertices = (mesh.vertices @ matrix.T + np.asarray(offset)).astype(np.float32)
    normals = None if mesh.normals is None else _unit(mesh.normals @ np.linalg.inv(matrix))
    faces = mesh.faces if np.linalg.det(matrix) > 0 else np.ascontiguousarray(mesh.faces[:, ::-1])
    return replace(mesh, vertices=vertices, normals=normals, faces=faces)


def _surfaces(scene: trimesh.Scene) -> list[Surface]:
    """Every mesh at each place that the file's scene graph puts it."""
    surfaces = []
    looks: dict[trimesh.Trimesh, list[Surface]] = {}
    for node in scene.graph.nodes_geometry:
        transform, name = scene.graph[node]
        geometry = scene.geometry[str(name)]
        if not isinstance(geometry, trimesh.Trimesh) or not len(geometry.faces):
            continue
        if geometry not in looks:
            looks[geometry] = _painted(geometry)
        matrix, offset = transform[:3, :3], transform[:3, 3]
        surfaces += [Surface(transformed(mesh, matrix, offset), opacity) for mesh, opacity in looks[geometry]]
    return surfaces


def _painted(geometry: trimesh.Trimesh) -> list[Surface]:
    """The parts of one trimesh geometry, in its own frame, with their materials."""
    # Asked for in trimesh's cache, because the attribute would compute the normals that the file does not have.
    normals = geometry.vertex_normals if "vertex_normals" in geometry._cache else None
    vertices = np.asarray(geometry.vertices, np.float64)
    if not np.isfinite(vertices).all():
        raise ValueError("a vertex is not a finite number")
    mesh = Mesh(
        vertices=vertices.astype(np.float32),
        faces=np.asarray(geometry.faces, np.int32),
        normals=None if normals is None else _unit(np.asarray(normals)),
    )
    visual = geometry.visual
    if isinstance(visual, ColorVisuals) and visual.defined:
        return [Surface(*part) for part in flat_colours(mesh, np.asarray(visual.face_colors))]
    if not isinstance(visual, TextureVisuals):
        return [Surface(mesh, 1.0)]
    colour, opacity, image = surface_look(visual.material)
    uv = None if visual.uv is None else np.asarray(visual.uv, np.float32)
    if image is not None and uv is not None and uv.shape == (len(vertices), 2) and np.isfinite(uv).all():
        texture = np.ascontiguousarray(image[..., :3])
        mesh = cut_out(replace(mesh, uv=uv, material=Material(colour, texture)), image[..., 3])
        return [Surface(mesh, opacity)] if len(mesh.faces) else []
    painted = visual.vertex_attributes.get("color") if image is None else None
    if painted is not None and len(painted) == len(vertices):
        return [Surface(*part) for part in flat_colours(mesh, np.asarray(painted)[mesh.faces].mean(1))]
    return [Surface(replace(mesh, material=Material(colour)), opacity)]


def _unit(normals: NDArray[np.floating]) -> NDArray[np.float32] | None:
    """Normals (V, 3) at length one; None where one of them has no direction, which leaves the faces flat."""
    length = np.linalg.norm(normals, axis=-1, keepdims=True)
    if not np.isfinite(length).all() or (length < 1e-12).any():
        return None
    return (normals / length).astype(np.float32)
