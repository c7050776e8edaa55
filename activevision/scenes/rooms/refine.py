"""Cutting large triangles, so that light baked onto vertices has vertices to be baked onto."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from activevision.scenes.scene import Mesh

LONGEST = 0.4
"""Metres; what is finer than this already stays as it is."""


def refined(mesh: Mesh, longest: float = LONGEST) -> Mesh:
    """The same surface with no edge longer than ``longest``: longer ones are halved, the longest of a triangle first.

    A piece of furniture may have whole sides of two triangles whose corners lie hidden in its posts, and would be as
    dark all over as its corners are.
    """
    vertices, faces = mesh.vertices, mesh.faces
    rows = [vertices, *(extra for extra in (mesh.uv, mesh.normals) if extra is not None)]
    data = np.concatenate(rows, axis=1)
    while True:
        corners = data[faces, :3]
        lengths = np.linalg.norm(corners - corners[:, [1, 2, 0]], axis=2)
        long = np.flatnonzero(lengths.max(1) > longest)
        if not len(long):
            break
        edge = lengths[long].argmax(1)
        a, b, c = (faces[long, (edge + k) % 3] for k in range(3))
        ends = np.sort(np.stack([a, b], axis=1), axis=1)
        unique, place = np.unique(ends, axis=0, return_inverse=True)
        middle = (len(data) + place.reshape(-1)).astype(np.int32)
        data = np.concatenate([data, data[unique].mean(1)])
        halves = np.concatenate([np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)])
        faces = np.concatenate([np.delete(faces, long, axis=0), halves]).astype(np.int32)
    if faces is mesh.faces:
        return mesh
    uv_end = 3 if mesh.uv is None else 5
    return replace(
        mesh,
        vertices=np.ascontiguousarray(data[:, :3]),
        faces=faces,
        uv=None if mesh.uv is None else np.ascontiguousarray(data[:, 3:5]),
        normals=None if mesh.normals is None else _unit(data[:, uv_end:]),
    )


def _unit(normals: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.ascontiguousarray(normals / np.maximum(length, 1e-12))
