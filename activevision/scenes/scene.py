"""``Scene``: one thing to look at, as immutable geometry with textures and named instances."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError

Triple: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Material:
    """A matt surface.

    colour: (r, g, b) in [0, 1], sRGB; multiplies the texture.
    texture: (H, W, 3) uint8 sRGB, or None. It repeats; (u, v) = (0, 0) is the lower left corner of the image.
    glow: linear light (r, g, b) that the surface sends out by itself, as a lamp or a bright window does.
    """

    colour: Triple = (0.7, 0.7, 0.7)
    texture: NDArray[np.uint8] | None = None
    glow: Triple = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Mesh:
    """Triangles of one material that belong to one instance.

    vertices: (V, 3) float32, metres, Y up. faces: (F, 3) int32, counter-clockwise from outside.
    uv: (V, 2) float32, or None for a material without texture.
    normals: (V, 3) float32 unit vectors for smooth shading, or None for flat faces.
    instance: id ≥ 1 of the instance in the scene's table.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    uv: NDArray[np.float32] | None = None
    normals: NDArray[np.float32] | None = None
    material: Material = field(default_factory=Material)
    instance: int = 1

    def __post_init__(self) -> None:
        if self.vertices.ndim != 2 or self.vertices.shape[1] != 3 or self.faces.ndim != 2 or self.faces.shape[1] != 3:
            raise ValueError(
                f"mesh needs (V, 3) vertices and (F, 3) faces, got {self.vertices.shape}, {self.faces.shape}"
            )
        if len(self.faces) and (self.faces.min() < 0 or self.faces.max() >= len(self.vertices)):
            raise ValueError("mesh has faces that name vertices it does not have")
        if self.uv is not None and self.uv.shape != (len(self.vertices), 2):
            raise ValueError(f"mesh has uv of shape {self.uv.shape} for {len(self.vertices)} vertices")


@dataclass(frozen=True)
class Instance:
    """A thing that a segmentation tells apart: its id (≥ 1; 0 is background), category name and category id (≥ 1)."""

    id: int
    category: str
    category_id: int


@dataclass(frozen=True)
class Lamp:
    """A ball that shines alike in all directions.

    position: metres. radius: metres; the larger, the softer the shadows. colour: linear (r, g, b) light that a matt
    white surface gives back which faces the lamp from one metre.
    """

    position: Triple
    colour: Triple = (4.0, 3.8, 3.5)
    radius: float = 0.15


@dataclass(frozen=True, eq=False)
class Scene:
    """One thing to look at, or a place to look around in.

    id: unique in its catalogue. label: class name, one of the catalogue's classes.
    meshes, instances: geometry and the table its instance ids point into.
    source, licence, credit: where it comes from and what using it asks for.
    station: where a camera stands that turns in place, metres; None for a thing that one looks at from outside.
    lamps: what lights the scene from inside; without any, the simulator's own lighting does.
    """

    id: str
    label: str
    meshes: tuple[Mesh, ...]
    instances: tuple[Instance, ...]
    source: str
    licence: str
    credit: str
    station: Triple | None = None
    lamps: tuple[Lamp, ...] = ()

    def __post_init__(self) -> None:
        if not any(len(mesh.faces) for mesh in self.meshes):
            raise UserError(f"scene {self.id!r} has no triangles: remove it from the catalogue or repair its mesh.")
        missing = {mesh.instance for mesh in self.meshes} - {instance.id for instance in self.instances}
        if missing:
            raise ValueError(f"scene {self.id!r} has meshes of instances {sorted(missing)} that its table lacks")

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """(2, 3) lower and upper corner of the vertices that faces use."""
        used = [mesh.vertices[_used(mesh)] for mesh in self.meshes if len(mesh.faces)]
        return np.stack([np.min([v.min(0) for v in used], 0), np.max([v.max(0) for v in used], 0)]).astype(np.float64)

    @property
    def triangles(self) -> int:
        return sum(len(mesh.faces) for mesh in self.meshes)

    @cached_property
    def content_hash(self) -> str:
        """Key of everything that can change a rendered pixel or id; equal scenes have equal keys."""
        hasher = hashlib.sha256()
        for mesh in self.meshes:
            for array in (mesh.vertices, mesh.faces, mesh.uv, mesh.normals, mesh.material.texture):
                hasher.update(repr(None if array is None else (array.shape, str(array.dtype))).encode())
                if array is not None:
                    hasher.update(np.ascontiguousarray(array).tobytes())
            hasher.update(repr((mesh.material.colour, mesh.material.glow, mesh.instance)).encode())
        hasher.update(repr((self.instances, self.station, self.lamps)).encode())
        return hasher.hexdigest()[:16]

    @cached_property
    def geometry_hash(self) -> str:
        """Key of the shape alone: the same for recoloured, renamed, moved and uniformly scaled copies.

        From the number of triangles and the second and third moments of their centres, relative to their spread and to
        three digits: a few robust numbers, where a hash of every vertex would tell copies apart by float rounding.
        """
        corners = np.concatenate([mesh.vertices[mesh.faces] for mesh in self.meshes if len(mesh.faces)])
        centred = corners.mean(1, dtype=np.float64)
        centred -= centred.mean(0)
        centred /= np.sqrt((centred**2).sum(1).mean()) or 1.0
        second = np.einsum("ni,nj->ij", centred, centred) / len(centred)
        third = np.einsum("ni,nj->ij", centred**2, centred) / len(centred)
        moments = np.round(np.stack([second, third]) * 1000).astype(np.int64)
        return hashlib.sha256(f"{len(corners)} {moments.tolist()}".encode()).hexdigest()[:16]

    def fitted(self, radius: float = 1.0) -> Scene:
        """The scene moved and uniformly scaled into the sphere of ``radius`` round the origin.

        The sphere is that of the farthest vertex from the middle of the bounding box. Object tasks fit every scene in
        this way, because the camera's translation would otherwise tell the object's size.
        """
        centre = self.bounds.mean(0)
        reach = max(np.linalg.norm(m.vertices[m.faces] - centre, axis=-1).max() for m in self.meshes if len(m.faces))
        scale = radius / float(reach) if reach > 0 else 1.0
        return self._moved(-centre, scale)

    def at_station(self) -> Scene:
        """The scene moved so that its station is the origin; UserError for a scene that has none."""
        if self.station is None:
            raise UserError(
                f"scene {self.id!r} has no place to stand in: look at it from outside (activevision/ActiveObject-v0)."
            )
        return self._moved(-np.array(self.station), 1.0)

    def below(self, height: float) -> Scene:
        """The scene without the triangles that lie wholly above a height; as it is if nothing would be left."""
        meshes = []
        for mesh in self.meshes:
            lowest = mesh.vertices[mesh.faces, 1].min(axis=1) if len(mesh.faces) else np.zeros(0)
            meshes.append(replace(mesh, faces=mesh.faces[lowest < height]))
        return replace(self, meshes=tuple(meshes)) if any(len(mesh.faces) for mesh in meshes) else self

    def _moved(self, offset: NDArray[np.float64], scale: float) -> Scene:
        """Moved by ``offset`` and then scaled about the origin."""

        def place(position: Triple) -> Triple:
            x, y, z = ((np.array(position) + offset) * scale).tolist()
            return x, y, z

        def relit(lamp: Lamp) -> Lamp:
            red, green, blue = (c * scale**2 for c in lamp.colour)  # light falls with the square of the distance
            return Lamp(place(lamp.position), (red, green, blue), lamp.radius * scale)

        return replace(
            self,
            meshes=tuple(replace(m, vertices=((m.vertices + offset) * scale).astype(np.float32)) for m in self.meshes),
            station=None if self.station is None else place(self.station),
            lamps=tuple(map(relit, self.lamps)),
        )


def _used(mesh: Mesh) -> NDArray[np.bool_]:
    """(V,) which vertices faces name; marking them is many times faster than sorting the names."""
    used = np.zeros(len(mesh.vertices), np.bool_)
    used[mesh.faces.reshape(-1)] = True
    return used
