"""Embree through embreex's own Python classes, for machines where its C library cannot be called directly.

With ``simulators/embree.py``, one of the two files that import embreex: that one for the library inside the wheel, this
one for the wheel's public interface.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray


class Hits(NamedTuple):
    """What R rays meet first.

    face: (R,) int32, −1 for nothing. distance: (R,) float32 in lengths of the ray's direction, infinite for nothing.
    u, v: (R,) float32 weights of the face's second and third corner.
    slope: (R, 3) float32 a normal of the face, of any length and on either side.
    """

    face: NDArray[np.int32]
    distance: NDArray[np.float32]
    u: NDArray[np.float32]
    v: NDArray[np.float32]
    slope: NDArray[np.float32]


class PublicTree:
    """An embreex scene of one triangle mesh; vertices (V, 3) float32, faces (F, 3) integers."""

    def __init__(self, vertices: NDArray[np.float32], faces: NDArray[np.integer]):
        self._scene, self._triangles = EmbreeScene(), len(faces)
        TriangleMesh(self._scene, np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32))

    @property
    def nbytes(self) -> int:
        """Memory that it holds, by estimate: a triangle in Embree's tree, and the corners that it copies."""
        return 120 * self._triangles

    def first(self, origins: NDArray[np.float32], directions: NDArray[np.float32]) -> Hits:
        """What rays from (R, 3) along (R, 3) meet first."""
        hits = self._scene.run(origins, directions, output=True)
        missed = hits["primID"] < 0
        distance = np.where(missed, np.float32(np.inf), hits["tfar"])
        return Hits(hits["primID"], distance, hits["u"], hits["v"], hits["Ng"])

    def blocked(
        self, origins: NDArray[np.float32], directions: NDArray[np.float32], far: NDArray[np.float32]
    ) -> NDArray[np.bool_]:
        """Whether rays from (R, 3) along (R, 3) meet anything before ``far`` (R,) lengths of their direction."""
        return np.asarray(self._scene.run(origins, directions, dists=far, output=True)["primID"] >= 0)
