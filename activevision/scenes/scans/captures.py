"""Room captures of headsets (the JSON that Meta's WebXR emulator reads): one bare mesh, with boxes round things."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from activevision.errors import UserError
from activevision.files import read_json
from activevision.scenes.scans.geometry import Geometry, Skin
from activevision.scenes.scans.semantics import Table

_SLACK = 0.05  # metres by which a capture's boxes and planes may miss the surface that they stand for
_GREY = (0.75, 0.75, 0.75)


def read_capture(path: Path) -> tuple[Geometry, NDArray[np.int32], Table]:
    """The mesh of a capture, the instance (F,) of each face, 0 for none, and the table of these.

    A face belongs to the smallest box, or else the smallest rectangle, that its middle lies in. UserError for damage.
    """
    try:
        entities = read_json(path)["spatialEntities"]
        mesh = next(entity for entity in entities if "triangleMesh_META" in entity)
        vertices = _decoded(mesh["triangleMesh_META"]["vertices"], np.float32)
        faces = _decoded(mesh["triangleMesh_META"]["indices"], np.uint32).astype(np.int32)
        rotation, position = _pose(mesh)
        vertices = (vertices @ rotation.T + position).astype(np.float32)
        if not np.isfinite(vertices).all() or faces.min() < 0 or faces.max() >= len(vertices):
            raise ValueError("its faces name vertices that it does not have")
        named = [entity for entity in entities if "bounded3D_META" in entity or "bounded2D_META" in entity]
        instance = _instances(vertices[faces].mean(1), named)
        names = {index + 1: str(one["semanticLabel_META"]).lower().replace("_", " ") for index, one in enumerate(named)}
    except (ValueError, KeyError, TypeError, StopIteration) as error:
        reason = str(error) or type(error).__name__
        raise UserError(f"{path}: not a readable room capture ({reason}): download or capture it again.") from None
    count = len(faces)
    geometry = Geometry(
        vertices=vertices,
        uv=np.zeros((len(vertices), 2), np.float32),
        faces=faces,
        material=np.zeros(count, np.int32),
        colours=np.zeros((count, 3), np.uint8),
        skins=(Skin(_GREY, None),),
        recorded=False,
    )
    return geometry, instance, Table(names, {})


def _instances(middles: NDArray[np.float32], entities: list[dict[str, Any]]) -> NDArray[np.int32]:
    """The entity (F,), counted from 1, that each face is of: boxes before rectangles, small boxes before large."""
    best = np.full(len(middles), np.inf)
    instance = np.zeros(len(middles), np.int32)
    for number, entity in enumerate(entities, start=1):
        rotation, position = _pose(entity)
        local = (middles - position) @ rotation
        solid = "bounded3D_META" in entity
        bound = entity["bounded3D_META" if solid else "bounded2D_META"]
        offset, extent = bound["offset"], bound["extent"]
        if solid:
            low = np.array([offset["x"], offset["y"], offset["z"]])
            size = np.array([extent["width"], extent["height"], extent["depth"]])
        else:  # a rectangle's own x and y are x and z of its frame
            low = np.array([offset["x"], 0.0, offset["y"]])
            size = np.array([extent["width"], 0.0, extent["height"]])
        # what a headset draws round a thing is loose, and looser across a wall than along it
        slack = np.where(size > 0, _SLACK, 2 * _SLACK)
        inside = ((local >= low - slack) & (local <= low + size + slack)).all(1)
        cost = float(size.prod()) if solid else 1e6 + float(size[0] * size[2])
        better = inside & (cost < best)
        best[better], instance[better] = cost, number
    return instance


def _pose(entity: dict[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rotation (3, 3) and translation (3,) of an entity in the room."""
    turn, place = entity["locatable_META"]["orientation"], entity["locatable_META"]["position"]
    rotation = Rotation.from_quat([turn[axis] for axis in "xyzw"]).as_matrix()
    return rotation, np.array([place[axis] for axis in "xyz"], np.float64)


def _decoded(text: str, kind: type) -> NDArray:
    return np.frombuffer(base64.b64decode(text, validate=True), np.dtype(kind).newbyteorder("<")).reshape(-1, 3)
