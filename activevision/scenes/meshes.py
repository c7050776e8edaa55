"""``MeshFolderCatalogue``: the user's own meshes, one folder for each class."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from activevision.errors import UserError, unknown
from activevision.files import digest
from activevision.progress import console
from activevision.scenes.catalogue import SPLITS, Entry, check_split, check_split_name
from activevision.scenes.mesh_facts import MeshFacts, read_facts
from activevision.scenes.mesh_files import FORMATS, UP_AXES, read_meshes
from activevision.scenes.scene import Instance, Scene

_VAL, _TEST = 0.15, 0.25  # shares of each class where the folder does not split itself
_SHOWN = 10  # messages of one kind before the rest is only counted


@dataclass(frozen=True)
class _File:
    """A mesh of the folder: its path relative to the root, class, and split or None where the user gave none."""

    path: str
    label: str
    split: str | None
    facts: MeshFacts


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
        self.licence = _licence(root)
        self.credit = "The user's own files."
        files = _usable(root, up)
        self.classes = tuple(sorted({file.label for file in files}))
        splits = _without_repeats(_given(files) if any(file.split for file in files) else _divided(files))
        self._entries = {split: tuple(self._entry(root, up, file) for file in splits[split]) for split in SPLITS}

    def scenes(self, split: str) -> Sequence[Entry]:
        """Entries of "train", "val" or "test"; UserError for another name or an empty split."""
        check_split_name(split)
        return check_split(split, self._entries[split], self.name)

    def _entry(self, root: Path, up: str, file: _File) -> Entry:
        category = self.classes.index(file.label) + 1
        return Entry(
            id=file.path,
            label=file.label,
            key=digest("meshes", file.path, file.label, category, file.facts.content),
            load=functools.partial(_load, root, up, file.path, file.label, category, self.licence),
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


def _licence(root: Path) -> str:
    """The first line of a licence file in the folder, if there is one."""
    for path in sorted(root.glob("LICEN[CS]E*")):
        lines = [line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()]
        first = next(filter(None, lines), None)
        if first:
            return f"{first} ({path.name} of the user's own files)"
    return "unknown (user's own files)"


def _usable(root: Path, up: str) -> list[_File]:
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
    _report([f"{path}: is in no split folder, left out." for path in sorted(loose)])
    _report([f"{one.error} Left out." for one in facts.values() if one.error])
    files = [_File(path, *placed[path], facts=one) for path, one in facts.items() if not one.error]
    if not files:
        raise UserError(f"none of the {len(facts)} meshes in {root} can be read: see the reasons above.")
    return files


def _meshes_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix[1:].lower() in FORMATS)


def _divided(files: Sequence[_File]) -> dict[str, list[_File]]:
    """Splits of files that come without: class by class, in the order of their shapes' hashes."""
    splits: dict[str, list[_File]] = {split: [] for split in SPLITS}
    for label in sorted({file.label for file in files}):
        shapes = _shapes(file for file in files if file.label == label)
        test = max(round(_TEST * len(shapes)), 1) if len(shapes) > 1 else 0
        val = max(round(_VAL * len(shapes)), 1) if len(shapes) > 2 else 0
        for index, shape in enumerate(shapes):
            splits["test" if index < test else "val" if index < test + val else "train"] += shape
    return splits


def _given(files: Sequence[_File]) -> dict[str, list[_File]]:
    """The user's splits; where there is no val, the shapes with the lowest hashes of each class's train become it."""
    splits: dict[str, list[_File]] = {split: [file for file in files if file.split == split] for split in SPLITS}
    if splits["val"]:
        return splits
    held = {file.facts.geometry for file in splits["test"]}
    train = [file for file in splits["train"] if file.facts.geometry not in held]
    for label in sorted({file.label for file in train}):
        shapes = _shapes(file for file in train if file.label == label)
        if len(shapes) > 1:
            share = max(round(_VAL / (1 - _TEST) * len(shapes)), 1)
            splits["val"] += [file for shape in shapes[:share] for file in shape]
    taken = {file.path for file in splits["val"]}
    splits["train"] = [file for file in splits["train"] if file.path not in taken]
    return splits


def _shapes(files: Iterable[_File]) -> list[list[_File]]:
    """The files by geometry, in an order that depends on the geometry alone."""
    shapes: defaultdict[str, list[_File]] = defaultdict(list)
    for file in files:
        shapes[file.facts.geometry].append(file)
    return [shapes[geometry] for geometry in sorted(shapes)]


def _without_repeats(splits: dict[str, list[_File]]) -> dict[str, list[_File]]:
    """The splits with every shape in one of them only: test keeps it before val, and val before train."""
    held: dict[str, str] = {}
    kept: dict[str, list[_File]] = {}
    dropped = []
    for split in reversed(SPLITS):
        kept[split] = []
        for file in splits[split]:
            if file.facts.geometry in held:
                dropped.append(f"{file.path}: the same shape as {held[file.facts.geometry]}, dropped from {split}.")
            else:
                kept[split].append(file)
        held |= {file.facts.geometry: file.path for file in kept[split]}
    _report(dropped)
    return kept


def _report(messages: Sequence[str]) -> None:
    for message in messages[:_SHOWN]:
        console.print(message, highlight=False, markup=False, soft_wrap=True)
    if len(messages) > _SHOWN:
        console.print(f"… and {len(messages) - _SHOWN} more like these.", highlight=False)
