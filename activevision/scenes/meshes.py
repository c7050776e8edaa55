"""``MeshFolderCatalogue``: the user's own meshes, one folder for each class."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from activevision.errors import UserError, unknown
from activevision.files import digest
from activevision.scenes.catalogue import SPLITS, Entry, check_split, check_split_name
from activevision.scenes.class_folders import ClassFile, licence_of, report, split_files
from activevision.scenes.mesh_facts import read_facts
from activevision.scenes.mesh_files import FORMATS, UP_AXES, read_meshes
from activevision.scenes.scene import Instance, Scene


class MeshFolderCatalogue:
    """Meshes under ``root`` as ``class/*.obj`` or, with the user's own splits, ``class/{train,val,test}/*.obj``.

    Any of FORMATS, at any scale; ``up`` is the files' own up axis. Every file is read once to learn its geometry; what
    was learned is cached until the file changes. A broken file is named with the reason and left out.

    Without split folders each class is divided by geometry hash, about 60 % train, 15 % val, 25 % test, at least one
    in each where there are three; with train and test alone, val is taken out of train. A shape that is in several
    splits stays in the last of train, val, test only, and is reported.

    UserError where the folder is missing or holds nothing usable, and for an unknown axis.
    """

    def __init__(self, root: Path, up: str = "y"):
        if up not in UP_AXES:
            raise unknown("up axis", up, UP_AXES)
        if not root.is_dir():
            raise UserError(f"no folder {root}: check the path.")
        self.name = f"meshes/{root.resolve().name}"
        self.licence = licence_of(root)
        self.credit = "The user's own files."
        files = _usable(root, up)
        self.classes = tuple(sorted({file.label for file in files}))
        splits = split_files(files, "shape")
        self._entries = {split: tuple(self._entry(root, up, file) for file in splits[split]) for split in SPLITS}

    def scenes(self, split: str) -> Sequence[Entry]:
        """Entries of "train", "val" or "test"; UserError for another name or an empty split."""
        check_split_name(split)
        return check_split(split, self._entries[split], self.name)

    def _entry(self, root: Path, up: str, file: ClassFile) -> Entry:
        category = self.classes.index(file.label) + 1
        return Entry(
            id=file.path,
            label=file.label,
            key=digest("meshes", file.path, file.label, category, file.content),
            load=functools.partial(_load, root, up, file.path, file.label, category, self.licence),
            group=file.identity,
        )


def _load(root: Path, up: str, path: str, label: str, category: int, licence: str) -> Scene:
    return Scene(
        id=path,
        label=label,
        meshes=read_meshes(root / path, up),
        instances=(Instance(1, label, category),),
        source=path,
        licence=licence,
        credit="The user's own file.",
    )


def _usable(root: Path, up: str) -> list[ClassFile]:
    """Every mesh that can be read; the others are reported."""
    placed: dict[str, tuple[str, str | None]] = {}
    loose: list[str] = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")):
        given = {path.name: _meshes_in(path) for path in folder.iterdir() if path.is_dir() and path.name in SPLITS}
        if given:
            loose += [path.relative_to(root).as_posix() for path in _meshes_in(folder)]
        else:
            placed.update({path.relative_to(root).as_posix(): (folder.name, None) for path in _meshes_in(folder)})
        for split, paths in given.items():
            placed.update({path.relative_to(root).as_posix(): (folder.name, split) for path in paths})
    if not placed:
        raise UserError(
            f"no meshes in {root}: put them into a folder for each class, CLASS/*.{{{','.join(FORMATS)}}} "
            "or CLASS/{train,val,test}/*."
        )
    if any(split for _, split in placed.values()):
        loose += [path for path, (_, split) in placed.items() if split is None]
    facts = read_facts(root, sorted(placed.keys() - set(loose)), up)
    report([f"{path}: is in no split folder, left out." for path in sorted(loose)])
    report([f"{one.error} Left out." for one in facts.values() if one.error])
    files = [ClassFile(path, *placed[path], one.geometry, one.content) for path, one in facts.items() if not one.error]
    if not files:
        raise UserError(f"none of the {len(facts)} meshes in {root} can be read: see the reasons above.")
    return files


def _meshes_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix[1:].lower() in FORMATS)
