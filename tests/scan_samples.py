"""Scan files as the public collections lay them out, small and with everything in them known.

The room is 4 × 3 × 2.5 m with its floor at height 0 and a 1 m cube of a table in it, all of quads that face inwards.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image

PARTS = ("floor", "ceiling", "wall", "wall", "wall", "wall", "table")
COLOURS = np.array(
    [[120, 80, 40], [240, 240, 240], [200, 30, 30], [30, 200, 30], [30, 30, 200], [200, 200, 30], [30, 200, 200]],
    np.uint8,
)
"""sRGB of each part."""

LABELS = np.array([[255, 0, i + 1] for i in range(7)], np.uint8)
"""The colour that stands for each part in a labelled mesh."""


def room(up: str = "z", pieces: int = 6) -> tuple[NDArray, NDArray, NDArray]:
    """Vertices (V, 3), quads (Q, 4) and the part (Q,) of each quad; parts share no vertices."""
    vertices, quads, parts = [], [], []
    for number, (origin, u, v) in enumerate(_sheets()):
        steps = np.linspace(0, 1, pieces + 1)
        b, a = np.meshgrid(steps, steps, indexing="ij")
        first = sum(map(len, vertices))
        vertices.append((np.array(origin) + a[..., None] * u + b[..., None] * v).reshape(-1, 3))
        corner = (np.arange(pieces)[:, None] * (pieces + 1) + np.arange(pieces)).reshape(-1) + first
        quads.append(np.stack([corner, corner + 1, corner + pieces + 2, corner + pieces + 1], axis=1))
        parts.append(np.full(len(quads[-1]), min(number, 6)))
    points = np.concatenate(vertices)
    if up == "y":
        points = points[:, [0, 2, 1]] * [1, 1, -1]
    return points, np.concatenate(quads).astype(np.int32), np.concatenate(parts)


def _sheets() -> list[tuple]:
    x, y, z = np.eye(3)
    walls = [
        ((-2, -1.5, 0), 4 * x, 3 * y),
        ((-2, 1.5, 2.5), 4 * x, -3 * y),
        ((-2, 1.5, 0), 4 * x, 2.5 * z),
        ((2, -1.5, 0), -4 * x, 2.5 * z),
        ((-2, -1.5, 0), 3 * y, 2.5 * z),
        ((2, 1.5, 0), -3 * y, 2.5 * z),
    ]
    table = [
        ((1, 0.5, 1), x, y),
        ((1, 0.5, 0), x, z),
        ((1, 1.5, 0), -y, z),
    ]
    return walls + table


def write_ply(path: Path, *, property: str = "", ids: NDArray | None = None, up: str = "z") -> Path:
    """The room as binary PLY with quads and vertex colours, and ``ids`` of the quads as an int face property."""
    vertices, quads, parts = room(up)
    painted = np.zeros((len(vertices), 3), np.uint8)
    painted[quads.reshape(-1)] = np.repeat(COLOURS[parts], 4, axis=0)
    corner = np.zeros(len(vertices), [("xyz", "<f4", 3), ("rgb", "u1", 3)])
    corner["xyz"], corner["rgb"] = vertices, painted
    face = np.zeros(len(quads), [("n", "u1"), ("i", "<i4", 4)] + ([("id", "<i4")] if property else []))
    face["n"], face["i"] = 4, quads
    lines = ["ply", "format binary_little_endian 1.0", f"element vertex {len(vertices)}"]
    lines += [f"property float {axis}" for axis in "xyz"]
    lines += [f"property uchar {name}" for name in ("red", "green", "blue")]
    lines += [f"element face {len(quads)}", "property list uchar int vertex_indices"]
    if property:
        face["id"] = parts if ids is None else ids
        lines.append(f"property int {property}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes("\n".join([*lines, "end_header\n"]).encode() + corner.tobytes() + face.tobytes())
    return path


def write_glb(path: Path, colours: NDArray = COLOURS, up: str = "z", textured: bool = True, pieces: int = 6) -> Path:
    """The room as GLB; the part's colour is one of eight fields of a texture, or each vertex's own."""
    vertices, quads, parts = room(up, pieces)
    faces = np.concatenate([quads[:, :3], quads[:, [2, 3, 0]]])
    of_vertex = np.zeros(len(vertices), np.int64)
    of_vertex[quads.reshape(-1)] = np.repeat(parts, 4)
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    if textured:
        image = Image.fromarray(
            np.repeat(np.repeat(np.vstack([colours, np.zeros((1, 3), np.uint8)])[None], 8, 0), 8, 1)
        )
        uv = np.stack([(of_vertex + 0.5) / 8, np.full(len(vertices), 0.5)], axis=1)
        material = trimesh.visual.material.PBRMaterial(baseColorTexture=image)
        mesh.visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    else:
        mesh.visual = trimesh.visual.ColorVisuals(mesh, vertex_colors=colours[of_vertex])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(trimesh.Scene([mesh]).export(file_type="glb"))
    return path


def write_hm3d(folder: Path, name: str = "TEEsavR23oF", *, textured: bool = True, **options: str) -> Path:
    """An HM3D scan; the ceiling is in no row of its table. ``options`` go to the labelled mesh."""
    write_glb(folder / f"{name}.semantic.glb", LABELS, textured=textured, **options)
    rows = [
        f'{number + 1},{"".join(f"{c:02X}" for c in LABELS[number])},"{part}",0'
        for number, part in enumerate(PARTS)
        if part != "ceiling"
    ]
    (folder / f"{name}.semantic.txt").write_text("\n".join(["HM3D Semantic Annotations", *rows, ""]))
    return write_glb(folder / f"{name}.glb")


def write_replica(folder: Path) -> Path:
    """A Replica scan, whose objects count from 0."""
    write_ply(folder / "habitat" / "mesh_semantic.ply", property="object_id")
    names = sorted(set(PARTS))
    table = {
        "classes": [{"id": 10 + index, "name": name} for index, name in enumerate(names)],
        "objects": [{"id": index, "class_id": 10 + names.index(part)} for index, part in enumerate(PARTS)],
    }
    (folder / "habitat" / "info_semantic.json").write_text(json.dumps(table))
    return write_ply(folder / "mesh.ply")


def write_matterport(folder: Path, name: str = "17DRP5sb8fy") -> Path:
    """A Matterport3D scan whose labelled mesh carries segments: 100 + twice the object's number, or one more."""
    _, _, parts = room()
    write_ply(folder / f"{name}_semantic.ply", property="segment_id", ids=100 + 2 * parts + np.arange(len(parts)) % 2)
    names = sorted(set(PARTS))
    lines = ["ASCII 1.1", f"H {name} label 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"]
    lines += [f"C {index} {index} raw#{part} {index} {part} 0 0 0 0 0" for index, part in enumerate(names)]
    lines += [f"O {index} 0 {names.index(part)} 0 0 0 1 0 0 0 1 0 1 1 1 0" for index, part in enumerate(PARTS)]
    lines += [f"E {2 * i + j} {i} {100 + 2 * i + j} 1 0 0 0 0 0 0" for i in range(len(PARTS)) for j in range(2)]
    (folder / f"{name}.house").write_text("\n".join([*lines, ""]))
    return write_glb(folder / f"{name}.glb")


def write_gibson(folder: Path, name: str = "Adrian") -> Path:
    """A Gibson scan with 3DSceneGraph's labels."""
    write_ply(folder / f"{name}_semantic.ply", property="object_id")
    table = {"objects": [{"id": index, "class_": part} for index, part in enumerate(PARTS)]}
    (folder / f"{name}.scn").write_text(json.dumps(table))
    return write_glb(folder / f"{name}.glb")


def write_capture(path: Path) -> Path:
    """The room as a headset captures it: the bare mesh, the floor as a rectangle and the table as a box."""

    def encoded(array: NDArray) -> str:
        return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()

    def place(x: float, y: float, z: float) -> dict:
        return {"orientation": {"x": 0, "y": 0, "z": 0, "w": 1}, "position": {"x": x, "y": y, "z": z}}

    vertices, quads, _ = room("y")
    faces = np.concatenate([quads[:, :3], quads[:, [2, 3, 0]]])
    entities = [
        {
            "semanticLabel_META": "GLOBAL_MESH",
            "locatable_META": place(1, 0, 0),
            "triangleMesh_META": {
                "vertices": encoded((vertices - [1, 0, 0]).astype("<f4")),
                "indices": encoded(faces.astype("<u4")),
            },
        },
        {
            "semanticLabel_META": "FLOOR",
            "locatable_META": place(0, 0, 0),
            "bounded2D_META": {"offset": {"x": -2, "y": -1.5}, "extent": {"width": 4, "height": 3}},
        },
        {
            "semanticLabel_META": "TABLE",
            "locatable_META": place(1.5, 0, -1),
            "bounded3D_META": {
                "offset": {"x": -0.5, "y": 0.2, "z": -0.5},
                "extent": {"width": 1, "height": 0.8, "depth": 1},
            },
        },
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "scene", "version": 1, "spatialEntities": entities}))
    return path
