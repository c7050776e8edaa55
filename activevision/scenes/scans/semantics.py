"""Which instance each face of a scan belongs to, and what category that is."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree
from trimesh.visual import TextureVisuals

from activevision.errors import UserError
from activevision.scenes.mesh_files import UP_AXES, Y_UP
from activevision.scenes.scans.geometry import corner_colours, load

_REACH = 0.1  # metres between a face and the labelled point that it takes its instance from
_MOST_CUTS = 64  # of a labelled face's edges
_Label: TypeAlias = Callable[[NDArray[np.int64], NDArray[np.float32]], NDArray[np.int64]]


class Table(NamedTuple):
    """categories: name by instance id (≥ 1). instance_of: id by what a face carries, a colour 0xRRGGBB or a number."""

    categories: dict[int, str]
    instance_of: dict[int, int]


def read_table(path: Path, layout: str) -> Table:
    """The instances that a scan's table names.

    HM3D's own ids are kept; those of Replica, Matterport3D and Gibson, which count from 0, are raised by one, because
    0 is background here. UserError names a file that is damaged.
    """
    reader = {"HM3D": _hm3d, "Replica": _replica, "Matterport3D": _matterport, "Gibson": _gibson}[layout]
    try:
        return reader(path.read_text(encoding="utf-8", errors="replace"))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
        raise UserError(f"{path}: not a readable {layout} table ({reason}): download it again.") from None


class _Labelled(NamedTuple):
    """Triangles (F, 3, 3) and what tells the instances (N,) at points of them: faces (N,), barycentric weights (N, 3).

    0 is a point without a label.
    """

    corners: NDArray[np.float32]
    label: _Label


def face_instances(
    path: Path, layout: str, up: str, table: Table, faces: NDArray[np.float32], bounds: NDArray[np.float32]
) -> NDArray[np.int32]:
    """Instance ids (F,) of a scan's faces, from its labelled mesh ``path``; 0 where that has no label.

    faces: (F, 3) the middles of the faces. Each takes the label of the labelled mesh's point that is nearest, within
    10 cm; the two meshes need not have the same triangles.
    bounds: (2, 3) corners of the scan. The labelled mesh may be turned another way: the axis is taken for up, of
    ``up`` and the others, with which it fills the same box.
    """
    labelled = _by_colours(path, table) if layout == "HM3D" else _by_numbers(path, table)
    turns = [Y_UP[axis].astype(np.float32).T for axis in (up, *UP_AXES)]
    box = labelled.corners.reshape(-1, 3)
    box = np.stack([box.min(0), box.max(0)])
    apart = [float(np.abs(np.sort(box @ turn, axis=0) - bounds).max()) for turn in turns]
    best = int(np.argmin(apart))
    if apart[best] > 0.1 * np.linalg.norm(bounds[1] - bounds[0]):
        raise UserError(f"{path}: does not lie where the scan does: it belongs to another one; download it again.")
    corners = labelled.corners @ turns[best]
    middles = corners.mean(1)
    if middles.shape == faces.shape and np.abs(middles - faces).max() < 1e-3:
        return labelled.label(np.arange(len(faces)), np.full((len(faces), 3), 1 / 3, np.float32)).astype(np.int32)
    face, weights = _spread(corners)
    points = (corners[face] * weights[:, :, None]).sum(1)
    distance, nearest = cKDTree(points).query(faces, distance_upper_bound=_REACH, workers=-1)
    ids = labelled.label(face, weights)
    return np.where(np.isfinite(distance), ids[np.minimum(nearest, len(ids) - 1)], 0).astype(np.int32)


def _spread(corners: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Points on triangles (F, 3, 3), about _REACH / 2 apart: face (N,) and barycentric weights (N, 3).

    Slivers, of which scans have many, get fewer, or there would be hundreds of millions.
    """
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    reach = np.minimum(longest, 3 * np.sqrt(np.linalg.norm(cross, axis=1)))
    cuts = np.clip(np.ceil(reach / (_REACH / 2)), 1, _MOST_CUTS).astype(np.int64)
    face, weights = [], []
    for cut in np.unique(cuts).tolist():
        chosen = np.flatnonzero(cuts == cut)
        i, j = np.meshgrid(np.arange(cut), np.arange(cut), indexing="ij")
        upright, turned = i + j < cut, i + j < cut - 1
        first = np.concatenate([i[upright] + 1 / 3, i[turned] + 2 / 3]) / cut
        second = np.concatenate([j[upright] + 1 / 3, j[turned] + 2 / 3]) / cut
        pattern = np.stack([first, second, 1 - first - second], axis=1).astype(np.float32)
        face.append(np.repeat(chosen, len(pattern)))
        weights.append(np.tile(pattern, (len(chosen), 1)))
    return np.concatenate(face), np.concatenate(weights)


def _by_numbers(path: Path, table: Table) -> _Labelled:
    """A PLY file whose faces carry ``object_id``, or ``segment_id`` that the table gives the object of."""
    ((geometry, _),) = load(path, "y")
    raw = geometry.metadata["_ply_raw"]["face"]
    data, names = raw["data"], list(raw["properties"])
    key = next((name for name in ("object_id", "segment_id") if name in names), None)
    corners = next((name for name in ("vertex_indices", "vertex_index") if name in names), None)
    if key is None or corners is None:
        raise UserError(f"{path}: its faces have no object_id or segment_id: use semantics=False, or label it.")
    carried = np.asarray(data[key]).reshape(-1).astype(np.int64)
    ids = _looked_up(carried, table.instance_of) if key == "segment_id" else carried + 1
    ids = np.where(np.isin(ids, list(table.categories)), ids, 0)
    triangles, polygon = _fans(data[corners]["f1"] if isinstance(data, np.ndarray) else data[corners])
    of_triangle = ids[polygon]
    return _Labelled(np.asarray(geometry.vertices, np.float32)[triangles], lambda face, _: of_triangle[face])


def _fans(polygons: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Triangles (T, 3) that polygons, an array (P, K) or a list of P rows, fall into, and the polygon (T,) of each."""
    sizes = np.array([len(polygon) for polygon in polygons])
    triangles, which = [], []
    for size in np.unique(sizes).tolist():
        chosen = np.flatnonzero(sizes == size)
        rows = polygons[chosen] if isinstance(polygons, np.ndarray) else np.array([polygons[row] for row in chosen])
        for corner in range(1, size - 1):
            triangles.append(rows[:, [0, corner, corner + 1]].astype(np.int64))
            which.append(chosen)
    return np.concatenate(triangles), np.concatenate(which)


def _by_colours(path: Path, table: Table) -> _Labelled:
    """A GLB file painted in the colours of the table, by textures or by its vertices."""
    parts, labels = [], []
    for geometry, matrix in load(path, "y"):
        vertices = np.asarray(geometry.vertices) @ matrix[:3, :3].T + matrix[:3, 3]
        parts.append(vertices[geometry.faces].astype(np.float32))
        labels.append(_texture_label(geometry, table) or _corner_label(geometry, table))
    starts = np.cumsum([0, *map(len, parts)])

    def label(face: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.int64]:
        ids = np.zeros(len(face), np.int64)
        part = np.searchsorted(starts, face, side="right") - 1
        for number, of_part in enumerate(labels):
            chosen = np.flatnonzero(part == number)
            ids[chosen] = of_part(face[chosen] - starts[number], weights[chosen])
        return ids

    corners = np.concatenate(parts)
    if not label(np.arange(len(corners)), np.full((len(corners), 3), 1 / 3, np.float32)).any():
        raise UserError(f"{path}: none of its colours is in the table of instances: they belong to different scans.")
    return _Labelled(corners, label)


def _texture_label(geometry: trimesh.Trimesh, table: Table) -> _Label | None:
    """Labels by a geometry's texture, as it is in the file, since shrinking would mix the colours."""
    visual: Any = geometry.visual
    if not isinstance(visual, TextureVisuals) or visual.uv is None:
        return None
    image = getattr(visual.material, "baseColorTexture", None) or getattr(visual.material, "image", None)
    if not isinstance(image, Image.Image):
        return None
    ids = _looked_up(_codes(np.asarray(image.convert("RGB"))), table.instance_of).astype(np.int32)
    height, width = ids.shape
    corners = np.asarray(visual.uv, np.float32)[geometry.faces]

    def label(face: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.int64]:
        u, v = (corners[face] * weights[:, :, None]).sum(1).T
        column, row = np.floor(u * width).astype(np.int64), np.floor((1 - v) * height).astype(np.int64)
        found = ids[row % height, column % width]
        for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):  # where two labels meet their colours may be mixed
            found = np.where(found == 0, ids[(row + down) % height, (column + right) % width], found)
        return found

    return label


def _corner_label(geometry: trimesh.Trimesh, table: Table) -> _Label:
    """Labels by the colours of a geometry's corners, the nearest one first; none where it has no colours."""
    colours = corner_colours(geometry)
    if colours is None:
        return lambda face, weights: np.zeros(len(face), np.int64)
    ids = _looked_up(_codes(colours), table.instance_of)

    def label(face: NDArray[np.int64], weights: NDArray[np.float32]) -> NDArray[np.int64]:
        nearest_first = np.take_along_axis(ids[face], np.argsort(-weights, axis=1), axis=1)
        return nearest_first[np.arange(len(face)), (nearest_first > 0).argmax(1)]

    return label


def _codes(colours: NDArray[np.uint8]) -> NDArray[np.int64]:
    """0xRRGGBB (...) of colours (..., 3)."""
    return (colours[..., 0].astype(np.int64) << 16) | (colours[..., 1].astype(np.int64) << 8) | colours[..., 2]


def _looked_up(keys: NDArray[np.int64], values: Mapping[int, int]) -> NDArray[np.int64]:
    """Values of keys (...), 0 where there is none."""
    if not values:
        return np.zeros_like(keys)
    known = np.array(sorted(values), np.int64)
    held = np.array([values[key] for key in known.tolist()], np.int64)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[place] == keys, held[place], 0)


def _hm3d(text: str) -> Table:
    """A header line, then ``id,RRGGBB,"category",region`` for each instance."""
    lines = text.splitlines()
    if not lines or "HM3D Semantic Annotations" not in lines[0]:
        raise ValueError("the first line is not HM3D Semantic Annotations")
    rows = [row for row in csv.reader(lines[1:]) if row]
    return Table(
        {int(row[0]): row[2].strip() for row in rows if int(row[0]) > 0},
        {int(row[1].strip(), 16): int(row[0]) for row in rows if int(row[0]) > 0},
    )


def _replica(text: str) -> Table:
    content = json.loads(text)
    names = {int(one["id"]): str(one["name"]) for one in content["classes"]}
    categories = {int(one["id"]) + 1: names.get(int(one["class_id"]), "") for one in content["objects"]}
    return Table({instance: name or "unlabelled" for instance, name in categories.items()}, {})


def _matterport(text: str) -> Table:
    """Lines by their first letter: C names a category, O gives an object's, E the object that a segment is of."""
    if not text.startswith("ASCII 1.1"):
        raise ValueError("the first line is not ASCII 1.1")
    names: dict[int, str] = {}
    categories: dict[int, str] = {}
    segments: dict[int, int] = {}
    for line in text.splitlines()[1:]:
        words = line.split()
        if line.startswith("C "):
            names[int(words[1])] = words[5].replace("#", " ").replace("_", " ")
        elif line.startswith("O "):
            categories[int(words[1]) + 1] = names.get(int(words[3]), "unlabelled")
        elif line.startswith("E "):
            segments[int(words[3])] = int(words[2]) + 1
    return Table(categories, segments)


def _gibson(text: str) -> Table:
    return Table({int(one["id"]) + 1: str(one["class_"]) for one in json.loads(text)["objects"]}, {})
