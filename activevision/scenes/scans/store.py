"""A parsed scan as one compact ``.npz``, from which the scene is put together in a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import NO_ARRAYS, atomic_write
from activevision.scenes.scans.geometry import FACE_COLOURS, Geometry
from activevision.scenes.scene import Instance, Material, Mesh, Scene, Triple

UNNAMED = "scan"
"""Category of what carries no label."""

_JPEG_QUALITY = 95


@dataclass(frozen=True, eq=False)
class Scan:
    """A scan whose faces are grouped by material and instance, as ``Scene`` wants them.

    groups: (G, 4) int64: first vertex, first face, material and instance of each group; faces count vertices from the
    group's first. vertices (V, 3) and uv (V, 2) float32, faces (F, 3) int32, colours (F, 3) uint8 of FACE_COLOURS.
    tints: (M, 3) float64 sRGB of each material. textures: their images as encoded JPEG, empty where there is none.
    categories: name by instance id. station: a good place to stand, or None. recorded: see ``Geometry``.
    """

    groups: NDArray[np.int64]
    vertices: NDArray[np.float32]
    uv: NDArray[np.float32]
    faces: NDArray[np.int32]
    colours: NDArray[np.uint8]
    tints: NDArray[np.float64]
    textures: tuple[NDArray[np.uint8], ...]
    categories: Mapping[int, str]
    station: Triple | None
    recorded: bool

    @cached_property
    def meshes(self) -> tuple[Mesh, ...]:
        """One mesh a group. Recorded light is given out as it is; a bare shape is matt, to be lit by the simulator."""
        materials = [self._material(index) for index in range(len(self.tints))]
        painted, palette = self._face_colours()
        ends = [*self.groups[1:, :2].tolist(), [len(self.vertices), len(self.faces)]]
        meshes = []
        for (vertex, face, material, instance), (last_vertex, last_face) in zip(
            self.groups.tolist(), ends, strict=True
        ):
            vertices, faces = self.vertices[vertex:last_vertex], self.faces[face:last_face]
            if material != FACE_COLOURS:
                uv = self.uv[vertex:last_vertex] if materials[material].texture is not None else None
                meshes.append(Mesh(vertices, faces, uv, material=materials[material], instance=instance))
                continue
            count = len(faces)
            corners = np.ascontiguousarray(vertices[faces].reshape(-1, 3))
            uv = np.repeat(painted[face:last_face], 3, axis=0)
            numbered = np.arange(3 * count, dtype=np.int32).reshape(-1, 3)
            meshes.append(Mesh(corners, numbered, uv, material=palette, instance=instance))
        return tuple(meshes)

    def _material(self, index: int) -> Material:
        red, green, blue = self.tints[index].tolist()
        encoded = self.textures[index]
        texture = None
        if len(encoded):
            texture = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB), np.uint8)
        if not self.recorded:
            return Material((red, green, blue), texture)
        return Material((0.0, 0.0, 0.0), texture, _linear((red, green, blue)))

    def _face_colours(self) -> tuple[NDArray[np.float32], Material]:
        """uv (F, 2) of each face's own texel, and the texture of these.

        All corners of a face name the middle of one texel, so nothing of its neighbours' colours comes in.
        """
        if not (self.groups[:, 2] == FACE_COLOURS).any():
            return np.zeros((0, 2), np.float32), Material()
        count = len(self.faces)
        width = int(np.ceil(np.sqrt(count)))
        height = -(-count // width)
        texture = np.zeros((height * width, 3), np.uint8)
        texture[:count] = self.colours
        row, column = np.divmod(np.arange(count), width)
        uv = np.stack([(column + 0.5) / width, 1 - (row + 0.5) / height], axis=1).astype(np.float32)
        return uv, Material((0.0, 0.0, 0.0), texture.reshape(height, width, 3), (1.0, 1.0, 1.0))

    def scene(
        self, *, id: str, label: str, source: str, licence: str, credit: str, category_ids: Mapping[str, int]
    ) -> Scene:
        """The scan as a scene; ``category_ids`` gives the number of every category name."""
        names = [(number, name or UNNAMED) for number, name in sorted(self.categories.items())]
        return Scene(
            id=id,
            label=label,
            meshes=self.meshes,
            instances=tuple(Instance(number, name, category_ids[name]) for number, name in names),
            source=source,
            licence=licence,
            credit=credit,
            station=self.station,
        )

    def save(self, path: Path) -> None:
        """Write to a ``.npz`` file."""
        textures: dict[str, Any] = {f"texture_{index}": data for index, data in enumerate(self.textures)}
        with atomic_write(path) as file:
            np.savez(
                file,
                groups=self.groups,
                vertices=self.vertices,
                uv=self.uv if self.uv.any() else np.zeros((0, 2), np.float32),
                faces=self.faces,
                colours=self.colours if (self.groups[:, 2] == FACE_COLOURS).any() else np.zeros((0, 3), np.uint8),
                tints=self.tints,
                ids=np.array(list(self.categories), np.int64),
                names=np.array(list(self.categories.values()), np.str_),
                station=np.array(self.station if self.station is not None else (), np.float64),
                recorded=np.array(self.recorded),
                **textures,
            )

    @classmethod
    def load(cls, path: Path) -> Scan:
        """Read what ``save`` wrote; UserError where the file is missing or damaged."""
        try:
            with np.load(path, allow_pickle=False) as held:
                vertices, colours, uv, faces = held["vertices"], held["colours"], held["uv"], held["faces"]
                station = held["station"].tolist()
                return cls(
                    groups=held["groups"],
                    vertices=vertices,
                    uv=uv if len(uv) else np.zeros((len(vertices), 2), np.float32),
                    faces=faces,
                    colours=colours if len(colours) else np.zeros((len(faces), 3), np.uint8),
                    tints=held["tints"],
                    textures=tuple(held[f"texture_{index}"] for index in range(len(held["tints"]))),
                    categories=dict(zip(held["ids"].tolist(), held["names"].tolist(), strict=True)),
                    station=(station[0], station[1], station[2]) if station else None,
                    recorded=bool(held["recorded"]),
                )
        except (*NO_ARRAYS, IndexError) as error:
            raise UserError(f"{path}: not a readable parsed scan ({error}): delete it.") from None


def grouped(geometry: Geometry, instance: NDArray[np.int32], categories: Mapping[int, str]) -> Scan:
    """The scan of some geometry whose faces belong to instances (F,); those with 0 become one more instance."""
    categories = dict(categories)
    if not instance.all():
        rest = max(categories, default=0) + 1
        instance = np.where(instance == 0, rest, instance).astype(np.int32)
        categories[rest] = UNNAMED
    order = np.lexsort((instance, geometry.material))
    pairs = np.stack([geometry.material[order], instance[order]], axis=1)
    starts = np.concatenate([[0], np.flatnonzero((pairs[1:] != pairs[:-1]).any(1)) + 1])
    sorted_faces = geometry.faces[order]
    groups, used, faces, first = [], [], [], 0
    for start, stop in zip(starts.tolist(), [*starts[1:].tolist(), len(order)], strict=True):
        vertices, local = np.unique(sorted_faces[start:stop], return_inverse=True)
        groups.append((first, start, int(pairs[start, 0]), int(pairs[start, 1])))
        used.append(vertices)
        faces.append(local.reshape(-1, 3).astype(np.int32))
        first += len(vertices)
    kept = np.concatenate(used)
    return Scan(
        groups=np.array(groups, np.int64),
        vertices=geometry.vertices[kept],
        uv=geometry.uv[kept],
        faces=np.concatenate(faces),
        colours=geometry.colours[order],
        tints=np.array([skin.colour for skin in geometry.skins], np.float64).reshape(-1, 3),
        textures=tuple(_encoded(skin.texture) for skin in geometry.skins),
        categories={number: name for number, name in categories.items() if number in set(np.unique(instance).tolist())},
        station=None,
        recorded=geometry.recorded,
    )


def _encoded(texture: NDArray[np.uint8] | None) -> NDArray[np.uint8]:
    if texture is None:
        return np.zeros(0, np.uint8)
    ok, data = cv2.imencode(".jpg", texture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    assert ok
    return np.asarray(data, np.uint8)


def _linear(colour: Triple) -> Triple:
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour)
    return red, green, blue
