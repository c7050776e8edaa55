"""``Panorama``: a place seen from one point; ``PanoramaFolderCatalogue``: the user's own, a folder for each class."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import digest
from activevision.scenes.catalogue import SPLITS, Entry, check_split, check_split_name
from activevision.scenes.class_folders import ClassFile, licence_of, report, split_files
from activevision.scenes.file_facts import learn
from activevision.scenes.panorama_files import FORMATS, READER_VERSION, check_picture, read_picture


@dataclass(frozen=True, eq=False)
class Panorama:
    """What is seen in every direction from one place.

    id: unique in its catalogue. label: class name, one of the catalogue's classes.
    image: (H, W, 3) uint8 sRGB, equirectangular: its middle looks along −Z, its right half towards +X, its top row up.
    source, licence, credit: where it comes from and what using it asks for.
    """

    id: str
    label: str
    image: NDArray[np.uint8]
    source: str
    licence: str
    credit: str

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype != np.uint8 or not self.image.size:
            raise ValueError(f"panorama needs an image (H, W, 3) uint8, got {self.image.shape} {self.image.dtype}")

    @cached_property
    def content_hash(self) -> str:
        """Key of everything that can change a rendered pixel; equal panoramas have equal keys."""
        return digest(self.image.shape, np.ascontiguousarray(self.image).tobytes())

    def fitted(self, radius: float = 1.0) -> Panorama:
        """UserError: a picture taken from one place cannot be looked at from outside, nor walked in."""
        raise UserError(
            f"panorama {self.id!r} is seen from one place: turn in it (activevision/ActiveScene-v0), or give meshes."
        )

    def at_station(self) -> Panorama:
        """Itself: the place it was taken from is the origin."""
        return self


class PanoramaFolderCatalogue:
    """Panoramas under ``root`` as ``class/*.jpg`` or, with the user's own splits, ``class/{train,val,test}/*.jpg``.

    Any of FORMATS; see ``panorama_files`` for how HDR and EXR become 8 bits. Class folders may lie deeper
    (``indoor/bedroom/*.jpg``, as SUN360 comes, is class "indoor-bedroom") and the split may be the outer folder.
    Pictures wider than ``width`` are shrunk to it when they are loaded.

    Every file is read once, to be checked; the outcome is cached until the file changes. One that is damaged, or not
    twice as wide as high, is named with the reason and left out.

    Without split folders each class is divided by content hash, about 60 % train, 15 % val, 25 % test, at least one
    in each where there are three; with train and test alone, val is taken out of train. A file that is in several
    splits stays in the last of train, val, test only, and is reported.

    UserError where the folder is missing or holds nothing usable.
    """

    def __init__(self, root: Path, width: int = 2048):
        if not root.is_dir():
            raise UserError(f"no folder {root}: check the path.")
        if width < 8:
            raise UserError(f"panoramas of width={width}: it must be at least 8.")
        self.name = f"panoramas/{root.resolve().name}"
        self.licence = licence_of(root)
        self.credit = "The user's own files."
        files = _usable(root)
        self.classes = tuple(sorted({file.label for file in files}))
        splits = split_files(files, "picture")
        self._entries = {split: tuple(self._entry(root, width, file) for file in splits[split]) for split in SPLITS}

    def scenes(self, split: str) -> Sequence[Entry[Panorama]]:
        """Entries of "train", "val" or "test"; UserError for another name or an empty split."""
        check_split_name(split)
        return check_split(split, self._entries[split], self.name)

    def _entry(self, root: Path, width: int, file: ClassFile) -> Entry[Panorama]:
        return Entry(
            id=file.path,
            label=file.label,
            key=digest("panoramas", READER_VERSION, width, file.content),
            load=functools.partial(_load, root, width, file.path, file.label, self.licence),
            group=file.identity,
        )


def _load(root: Path, width: int, path: str, label: str, licence: str) -> Panorama:
    image = read_picture(root / path, width)
    return Panorama(path, label, image, source=path, licence=licence, credit="The user's own file.")


def _usable(root: Path) -> list[ClassFile]:
    """Every picture that can be used; the others are reported."""
    placed: dict[str, tuple[str, str | None]] = {}
    loose: list[str] = []
    for path in _pictures(root):
        folders = Path(path).parts[:-1]
        splits = [folder for folder in folders if folder in SPLITS]
        label = "-".join(folder for folder in folders if folder not in SPLITS)
        if label:
            placed[path] = label, splits[0] if splits else None
        else:
            loose.append(f"{path}: is in no class folder, left out.")
    if not placed:
        raise UserError(
            f"no panoramas in {root}: put them into a folder for each class, CLASS/*.{{{','.join(FORMATS)}}} "
            "or CLASS/{train,val,test}/*."
        )
    if any(split for _, split in placed.values()):
        loose += [f"{path}: is in no split folder, left out." for path, (_, split) in placed.items() if split is None]
        placed = {path: place for path, place in placed.items() if place[1]}
    report(sorted(loose))
    checks = learn(root, sorted(placed), _check, kind="panoramas", version=READER_VERSION)
    report([f"{error} Left out." for _, error in checks.values() if error])
    files = [ClassFile(path, *placed[path], content, content) for path, (content, error) in checks.items() if not error]
    if not files:
        raise UserError(f"none of the {len(checks)} panoramas in {root} can be used: see the reasons above.")
    return files


def _pictures(root: Path) -> list[str]:
    """Paths, relative to ``root``, of all pictures outside of hidden folders."""
    found = []
    for folder, inner, names in os.walk(root, followlinks=True):
        inner[:] = [name for name in inner if not name.startswith(".")]
        here = Path(folder).relative_to(root)
        found += [
            (here / name).as_posix()
            for name in names
            if Path(name).suffix[1:].lower() in FORMATS and not name.startswith(".")
        ]
    return sorted(found)


def _check(path: Path) -> list[str]:
    """Hash of the file's bytes, and why it is unusable or nothing."""
    try:
        data = path.read_bytes()
        check_picture(path, data)
    except OSError as error:
        return ["", f"{path}: cannot be opened ({error.strerror}): check its permissions."]
    except UserError as error:
        return ["", str(error)]
    return [hashlib.sha256(data).hexdigest()[:16], ""]
