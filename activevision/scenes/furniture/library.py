"""Reading Sweet Home 3D furniture libraries: ``.sh3f`` files, and the program's own jar.

Both are zip archives with a ``.properties`` catalogue beside OBJ, MTL and image files. Dimensions there are
centimetres; +Y is up and the front of a model faces +Z once its ``modelRotation`` is applied.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray
from trimesh.resolvers import Resolver

from activevision.errors import UserError, unknown
from activevision.files import digest
from activevision.scenes.mesh_files import FORMATS, READER_VERSION, opaque, read_surfaces, transformed
from activevision.scenes.scene import Mesh

CATALOGUE_FILES = ("PluginFurnitureCatalog.properties", "com/eteks/sweethome3d/io/DefaultFurnitureCatalog.properties")
_OBJ_LOADER = "com/eteks/sweethome3d/j3d/OBJLoader.class"
_DEFAULT_MATERIALS = "default-materials.mtl"
_PANE = b"sweethome3d_window_pane"
_PANE_MATERIAL = b"\nnewmtl " + _PANE + b"\nKd 0.8 0.8 0.8\nd 0.5\n"

LIBRARY_VERSION = 1
"""Part of every model's key: to be raised when a change here makes any model come out differently."""

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


@dataclass(frozen=True)
class Model:
    """A row of a library's catalogue.

    id: unique in the library. path: of the mesh file in the archive; ``a.zip!/b.obj`` or ``a.zip`` for a nested one.
    size: (width, height, depth) in metres, along X, Y and Z once rotated. rotation: ``modelRotation`` (9,), row-major.
    """

    id: str
    name: str
    category: str
    path: str
    size: tuple[float, float, float]
    rotation: tuple[float, ...]
    creator: str
    licence: str


class Library:
    """A furniture library in one file.

    program: the program's jar. OBJ files that name no material file use the materials in the program's code; without
    it they come out grey, except in the jar itself.
    UserError if the file is missing, damaged or no furniture library, and from every method where a member is damaged.
    """

    def __init__(self, path: Path, program: Path | None = None):
        self.path = path
        self.program = program
        try:
            self._archive = zipfile.ZipFile(path)
            self._members = {info.filename: info for info in self._archive.infolist() if not info.is_dir()}
            found = [name for name in CATALOGUE_FILES if name in self._members]
            if not found:
                raise UserError(f"{path} is not a furniture library: no {CATALOGUE_FILES[0]} in it.")
            text = self._archive.read(found[0]).decode("latin-1")
        except _DAMAGE as error:
            raise UserError(f"{path} is not a readable furniture library ({error}): fetch it again.") from None
        self._properties = parse_properties(text)

    @property
    def name(self) -> str:
        """What the table of classes calls it: ``Scopia`` of ``SweetHome3D#ScopiaModels``, or the file's stem."""
        given = re.fullmatch(r"SweetHome3D#(.+?)-?Models", self._properties.get("id", ""))
        if given is None:
            return self.path.stem
        return "sweethome3d" if given[1] == "Default" else given[1]

    @property
    def licence(self) -> str:
        return " ".join(self._properties.get("license", "unknown").split())

    @cached_property
    def models(self) -> dict[str, Model]:
        """Every model of the catalogue by id; rows that name no mesh file or lack dimensions are left out."""
        models = (self._model(number) for number in self._numbers())
        return {model.id: model for model in models if model is not None}

    @cached_property
    def _texts(self) -> dict[str, bytes]:
        """Files made up from what the program holds in its code: the materials that OBJ files may use undeclared."""
        if _OBJ_LOADER not in self._members:
            return {} if self.program is None else Library(self.program)._texts
        code = self._archive.read(_OBJ_LOADER)
        for start in (match.start() for match in re.finditer(rb"newmtl ", code)):
            # A string constant of a class file: tag 1, then its length in two bytes.
            if start >= 3 and code[start - 3] == 1:
                length = int.from_bytes(code[start - 2 : start], "big")
                return {_DEFAULT_MATERIALS: code[start : start + length] + _PANE_MATERIAL}
        return {}

    @cached_property
    def _materials_crc(self) -> int | None:
        """Checksum of the program's code that holds the materials, where there is any to use."""
        if _OBJ_LOADER in self._members:
            return self._members[_OBJ_LOADER].CRC
        return None if self.program is None else Library(self.program)._materials_crc

    @cached_property
    def _listing(self) -> list[tuple[str, int, int]]:
        """Name, size and CRC of every file of the archive, in the order of their names."""
        return [(name, info.file_size, info.CRC) for name, info in sorted(self._members.items())]

    def fingerprint(self) -> str:
        """Content key of the whole library, from the archive's directory alone."""
        return digest(self._listing)

    def check(self) -> None:
        """Read every file of the archive once; UserError names the first damaged one."""
        try:
            damaged = self._archive.testzip()
        except _DAMAGE as error:
            damaged = str(error)
        if damaged is not None:
            raise UserError(f"{self.path} is damaged at {damaged}: fetch it again.")

    def key(self, model_id: str) -> str:
        """Content key of a model, from the archive's directory alone: name, size and CRC of the files beside it."""
        model = self._find(model_id)
        outer = model.path.split("!")[0]
        folder = str(PurePosixPath(outer).parent)
        beside = [
            (name, size, checksum)
            for name, size, checksum in self._listing
            if name == outer or (name.startswith(f"{folder}/") and not name.endswith((".obj", ".properties")))
        ]
        return digest(
            LIBRARY_VERSION, READER_VERSION, model.path, model.size, model.rotation, beside, self._materials_crc
        )

    def meshes(self, model_id: str) -> tuple[Mesh, ...]:
        """The model in metres, +Y up, front towards +Z, standing on y = 0 with its middle at x = z = 0."""
        model = self._find(model_id)
        name = f"model {model.id!r} of {self.path}"
        files, inner = self._files(model)
        try:
            data = files.get(inner)
        except _DAMAGE as error:
            raise UserError(f"{name} is damaged ({error}): fetch it again.") from None
        except KeyError:
            raise UserError(f"{name}: the library has no file {model.path}: fetch it again.") from None
        if b"mtllib" not in data and _DEFAULT_MATERIALS in self._texts:
            data = f"mtllib {_DEFAULT_MATERIALS}\n".encode() + _with_panes(data)
        surfaces = read_surfaces(data, PurePosixPath(inner).suffix[1:].lower(), name, files)
        rotation = np.array(model.rotation).reshape(3, 3)
        turned = [surface._replace(mesh=transformed(surface.mesh, rotation)) for surface in surfaces]
        corners = np.concatenate([mesh.vertices[np.unique(mesh.faces)] for mesh, _ in turned])
        scale, offset = _placing(corners, model.size)
        return tuple(transformed(mesh, np.diag(scale), offset) for mesh in opaque(turned))

    def _find(self, model_id: str) -> Model:
        if model_id not in self.models:
            raise unknown(f"model of {self.path.name}", model_id, self.models)
        return self.models[model_id]

    def _numbers(self) -> Iterator[str]:
        return (key.partition("#")[2] for key in self._properties if key.startswith("model#"))

    def _model(self, number: str) -> Model | None:
        def value(key: str, default: str = "") -> str:
            return self._properties.get(f"{key}#{number}", default).strip()

        try:
            size = (float(value("width")) / 100, float(value("height")) / 100, float(value("depth")) / 100)
            rotation = tuple(float(number) for number in value("modelRotation", "1 0 0 0 1 0 0 0 1").split())
        except ValueError:
            return None
        path = value("model").lstrip("/")
        if len(rotation) != 9 or not path:
            return None
        return Model(
            id=value("id", value("name")).rpartition("#")[2],
            name=value("name"),
            category=value("category"),
            path=path,
            size=size,
            rotation=rotation,
            creator=value("creator", "unknown"),
            licence=" ".join(value("license", self.licence).split()),
        )

    def _files(self, model: Model) -> tuple[_ZipFolder, str]:
        """Where a model's files are looked up, and its mesh file's name there."""
        outer, _, inner = model.path.partition("!")
        if not outer.endswith(".zip"):
            return _ZipFolder(self._archive, self._members, str(PurePosixPath(outer).parent), self._texts), outer
        try:
            archive = zipfile.ZipFile(io.BytesIO(self._archive.read(outer)))
        except (KeyError, *_DAMAGE) as error:
            raise UserError(f"model {model.id!r} of {self.path} is damaged ({error}): fetch it again.") from None
        members = {info.filename: info for info in archive.infolist() if not info.is_dir()}
        meshes = (name for name in sorted(members) if name.lower().endswith(tuple(f".{kind}" for kind in FORMATS)))
        inner = inner.lstrip("/") or next(meshes, "")
        return _ZipFolder(archive, members, str(PurePosixPath(inner).parent), {}), inner


class _ZipFolder(Resolver):
    """Finds the files that a mesh names: where it says, else beside it by base name, ignoring case.

    Material files name images by paths of their makers' machines, so that only the last part can be relied on.
    """

    def __init__(
        self,
        archive: zipfile.ZipFile,
        members: Mapping[str, zipfile.ZipInfo],
        folder: str,
        texts: Mapping[str, bytes],
    ):
        self._archive, self._members, self._folder, self._texts = archive, members, folder, texts

    def keys(self) -> list[str]:
        return list(self._members)

    def get(self, key: str) -> bytes:
        if key in self._texts:
            return self._texts[key]
        key = key.strip().replace("\\", "/")
        folder = PurePosixPath(self._folder)
        beside = str(folder / key.rpartition("/")[2])
        for name in (key, str(folder / key), beside):
            if name in self._members:
                return self._archive.read(name)
        for name in self._members:
            if name.lower() == beside.lower():
                return self._archive.read(name)
        raise KeyError(key)

    def write(self, name: str, data: bytes) -> None:
        raise UserError(f"{name}: furniture libraries are read only.")

    def namespaced(self, namespace: str) -> _ZipFolder:
        folder = str(PurePosixPath(self._folder) / namespace)
        return _ZipFolder(self._archive, self._members, folder, self._texts)


def parse_properties(text: str) -> dict[str, str]:
    """Java ``.properties``: comments, ``=`` or ``:``, continued lines and \\uXXXX escapes."""
    lines = re.sub(r"(?<!\\)((?:\\\\)*)\\\r?\n[ \t\f]*", r"\1", text).splitlines()
    properties = {}
    for line in lines:
        match = re.fullmatch(r"\s*([^#!\s=:][^\s=:]*)\s*[=:]?\s*(.*)", line)
        if match:
            properties[match[1]] = re.sub(r"\\(u[0-9a-fA-F]{4}|.)", _unescape, match[2])
    return properties


def _with_panes(obj: bytes) -> bytes:
    """The OBJ text with the groups that the program knows as window panes, and draws so, in a material of their own."""
    groups = re.split(rb"(?m)^(?=g )", obj)
    return b"".join(
        re.sub(rb"(?m)^usemtl .*$", b"usemtl " + _PANE, group) if _PANE in group.partition(b"\n")[0] else group
        for group in groups
    )


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) == 5 else {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}.get(code, code)


def _placing(
    corners: NDArray[np.float32], size: tuple[float, float, float]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scale and offset (3,) that give ``corners`` the ``size``, as Sweet Home 3D does, and stand them at the origin."""
    lower, upper = corners.min(0).astype(np.float64), corners.max(0).astype(np.float64)
    extent = upper - lower
    solid = (extent > 1e-6 * extent.max()) & (np.array(size) > 0)
    if not solid.any():
        return np.ones(3), np.zeros(3)
    scale = np.where(solid, np.array(size) / np.where(solid, extent, 1.0), 1.0)
    scale[~solid] = np.median(scale[solid])
    middle = (lower + upper) / 2
    return scale, -scale * [middle[0], lower[1], middle[2]]
