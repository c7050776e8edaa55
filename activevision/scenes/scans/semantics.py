"""Which instance each face of a scan belongs to, and what category that is."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree
from trimesh.visual import TextureVisuals

from activevision.errors import UserError
from activevision.scenes.mesh_files import UP_AXES, Y_UP
from activevision.scenes.scans.geometry import centres, corner_colours, load

_REACH = 0.1  # metres between a face and the labelled one that it takes its instance from
_CORNERS = np.array([[1, 1, 1], [2, 0.5, 0.5], [0.5, 2, 0.5], [0.5, 0.5, 2]]) / 3  # where a label texture is read


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


def face_instances(
    path: Path, layout: str, up: str, table: Table, faces: NDArray[np.float32], bounds: NDArray[np.float32]
) -> NDArray[np.int32]:
    """Instance ids (F,) of a scan's faces, from its labelled mesh ``path``; 0 where that has no label.

    faces: (F, 3) the middles of the faces. Each takes the instance of the labelled face whose middle is nearest.
    bounds: (2, 3) corners of the scan. The labelled mesh may be turned another way: the axis is taken for up, of
    ``up`` and the others, with which it fills the same box.
    """
    middles, ids = _labelled_colours(path, table) if layout == "HM3D" else _labelled_numbers(path, table)
    turned = {axis: (middles @ Y_UP[axis].T).astype(np.float32) for axis in (up, *UP_AXES)}
    apart = {axis: _apart(points, bounds) for axis, points in turned.items()}
    best = min(apart, key=lambda axis: apart[axis])
    if apart[best] > 0.1 * np.linalg.norm(bounds[1] - bounds[0]):
        raise UserError(f"{path}: does not lie where the scan does: it belongs to another one; download it again.")
    points = turned[best]
    if points.shape == faces.shape and np.abs(points - faces).max() < 1e-3:
        return ids
    distance, nearest = cKDTree(points).query(faces, distance_upper_bound=_REACH, workers=-1)
    return np.where(np.isfinite(distance), ids[np.minimum(nearest, len(ids) - 1)], 0).astype(np.int32)


def _apart(points: NDArray[np.float32], bounds: NDArray[np.float32]) -> float:
    return float(np.abs(np.stack([points.min(0), points.max(0)]) - bounds).max())


def _labelled_numbers(path: Path, table: Table) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Middles (F, 3) and instances (F,) of a PLY file whose faces carry ``object_id`` or ``segment_id``."""
    ((geometry, _),) = load(path, "y")
    raw = geometry.metadata["_ply_raw"]["face"]
    data = raw["data"]
    names = list(raw["properties"])
    key = next((name for name in ("object_id", "segment_id") if name in names), None)
    corners = next((name for name in ("vertex_indices", "vertex_index") if name in names), None)
    if key is None or corners is None:
        raise UserError(f"{path}: its faces have no object_id or segment_id: use semantics=False, or label it.")
    polygons: Any = data[corners]["f1"] if isinstance(data, np.ndarray) else data[corners]
    carried = np.asarray(data[key]).reshape(-1).astype(np.int64)
    vertices = np.asarray(geometry.vertices, np.float32)
    middles, which = [], []
    sizes = np.array([len(polygon) for polygon in polygons]) if isinstance(polygons, list) else None
    for size in [polygons.shape[1]] if sizes is None else np.unique(sizes).tolist():
        chosen = np.arange(len(polygons)) if sizes is None else np.flatnonzero(sizes == size)
        some = polygons if sizes is None else np.array([polygons[index] for index in chosen])
        for corner in range(1, size - 1):
            middles.append(centres(vertices, np.asarray(some)[:, [0, corner, corner + 1]]))
            which.append(chosen)
    ids = _looked_up(carried, table.instance_of) if key == "segment_id" else carried + 1
    known = np.isin(ids, list(table.categories))
    ids = np.where(known, ids, 0).astype(np.int32)
    return np.concatenate(middles).astype(np.float64), np.asarray(ids[np.concatenate(which)], np.int32)


def _labelled_colours(path: Path, table: Table) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Middles (F, 3) and instances (F,) of a GLB file painted in the colours of the table."""
    middles, ids = [], []
    for geometry, matrix in load(path, "y"):
        vertices = np.asarray(geometry.vertices) @ matrix[:3, :3].T + matrix[:3, 3]
        middles.append(vertices[geometry.faces].mean(1))
        painted = _texture_colours(geometry)
        if painted is None:
            painted = corner_colours(geometry)
        if painted is None:
            ids.append(np.zeros(len(geometry.faces), np.int32))
            continue
        codes = (painted.astype(np.int64) << [16, 8, 0]).sum(-1)  # (F, samples)
        found = _looked_up(codes, table.instance_of)
        first = (found > 0).argmax(1)  # the first sample with a label: colours blend where two labels meet
        ids.append(found[np.arange(len(found)), first].astype(np.int32))
    if not any(one.any() for one in ids):
        raise UserError(f"{path}: none of its colours is in the table of instances: they belong to different scans.")
    return np.concatenate(middles), np.concatenate(ids)


def _texture_colours(geometry: trimesh.Trimesh) -> NDArray[np.uint8] | None:
    """(F, samples, 3) of a geometry's texture as it is in the file, since shrinking would mix the labels."""
    visual: Any = geometry.visual
    if not isinstance(visual, TextureVisuals) or visual.uv is None:
        return None
    image = getattr(visual.material, "baseColorTexture", None) or getattr(visual.material, "image", None)
    if not isinstance(image, Image.Image):
        return None
    pixels = np.asarray(image.convert("RGB"))
    uv = np.einsum("kc,fcd->fkd", _CORNERS, np.asarray(visual.uv)[geometry.faces])
    height, width = pixels.shape[:2]
    column = np.clip((uv[..., 0] % 1.0) * width, 0, width - 1).astype(np.int64)
    row = np.clip(((1.0 - uv[..., 1]) % 1.0) * height, 0, height - 1).astype(np.int64)
    return pixels[row, column]


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
