"""``ScanCatalogue``: a folder of real room scans, read straight into scenes."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from activevision.errors import UserError, unknown
from activevision.files import cache_dir, digest
from activevision.progress import progress
from activevision.scenes.catalogue import SPLITS, Entry, check_split, check_split_name
from activevision.scenes.class_folders import ClassFile, licence_of, report, split_files
from activevision.scenes.file_facts import learn
from activevision.scenes.mesh_files import UP_AXES
from activevision.scenes.navigable import Agent, NavigableArea
from activevision.scenes.scans.captures import read_capture
from activevision.scenes.scans.geometry import check_container, read_geometry
from activevision.scenes.scans.layouts import ScanFiles, find_scans
from activevision.scenes.scans.semantics import Table, face_instances, read_table
from activevision.scenes.scans.store import UNNAMED, Scan, grouped
from activevision.scenes.scene import Scene, Triple

_VERSION = 1  # goes up whenever the same files would give another scene
_EYES = 1.5  # metres above the floor
_STANDING = Agent(height=_EYES + 0.1)
_CREDIT = {
    "HM3D": "Habitat-Matterport 3D (Ramakrishnan et al., 2021)",
    "Replica": "The Replica Dataset (Straub et al., 2019)",
    "Matterport3D": "Matterport3D (Chang et al., 2017)",
    "Gibson": "Gibson Env (Xia et al., 2018)",
}


class ScanCatalogue:
    """Real room scans under ``root``; ``layouts.find_scans`` says which folders and files are understood.

    up: the files' own up axis, y or z; by default z for HM3D, Replica, Matterport3D and Gibson, y for all else.
    semantics: None takes the instances and categories of the scans that carry them; True refuses scans without;
    False leaves them aside. Without them a scan is one instance of the category "scan".
    texture_size: textures are shrunk to this many pixels a side.

    A scan is parsed when it is first loaded; the outcome is kept in the cache. Its light is in its colours: surfaces
    give them out as they were recorded, whatever the simulator's lighting. A vertex-coloured scan has one colour a
    triangle. The station is the roomiest place of its largest navigable area, at eye height.

    Without split folders each class is divided by content hash, about 60 % train, 15 % val, 25 % test. A file that is
    cut short, or compressed so that it cannot be read here, is named with the reason and left out.

    UserError where the folder is missing or holds nothing usable, and for an unknown axis.
    """

    def __init__(self, root: Path, up: str | None = None, semantics: bool | None = None, texture_size: int = 1024):
        if up is not None and up not in UP_AXES:
            raise unknown("up axis", up, UP_AXES)
        if texture_size < 1:
            raise UserError(f"scans with texture_size={texture_size}: it must be at least 1.")
        if not root.is_dir():
            raise UserError(f"no folder {root}: check the path.")
        self.name = f"scans/{root.resolve().name}"
        scans, contents = _usable(root, semantics)
        self.licence = licence_of(root)
        credits = {_CREDIT[scan.layout] for scan in scans if scan.layout in _CREDIT}
        self.credit = "; ".join(sorted(credits)) or "The user's own files."
        self.classes = tuple(sorted({scan.label for scan in scans}))
        self.categories = _categories(root, scans, semantics)
        by_path = {scan.mesh: scan for scan in scans}
        files = [ClassFile(scan.mesh, scan.label, scan.split, contents[scan.mesh], "") for scan in scans]
        splits = split_files(files, "scan")

        def entry(file: ClassFile) -> Entry[Scene]:
            scan = by_path[file.path]
            given = (up or scan.up, texture_size, semantics is not False)
            key = digest("scans", _VERSION, [contents.get(path, "") for path in scan.files], given)
            return Entry(
                id=scan.mesh,
                label=scan.label,
                key=digest(key, self.categories),
                load=functools.partial(
                    load_scan,
                    root,
                    scan,
                    up or scan.up,
                    semantics is not False,
                    texture_size,
                    key,
                    {name: number for number, name in enumerate(self.categories, start=1)},
                    self.licence,
                ),
            )

        self._entries = {split: tuple(map(entry, splits[split])) for split in SPLITS}

    def scenes(self, split: str) -> Sequence[Entry[Scene]]:
        """Entries of "train", "val" or "test"; UserError for another name or an empty split."""
        check_split_name(split)
        return check_split(split, self._entries[split], self.name)


def load_scan(
    root: Path,
    files: ScanFiles,
    up: str,
    semantics: bool,
    texture_size: int,
    key: str,
    category_ids: Mapping[str, int],
    licence: str,
) -> Scene:
    """The scene of a scan, from the cache under ``key`` where it was parsed before. UserError names a damaged file."""
    path = cache_dir("scans") / f"{key}.npz"
    try:
        scan = Scan.load(path)
    except UserError:
        _parsed(root, files, up, semantics, texture_size).save(path)
        scan = Scan.load(path)  # textures as every later run will have them
    return scan.scene(
        id=files.mesh,
        label=files.label,
        source=files.mesh,
        licence=licence,
        credit=_CREDIT.get(files.layout, "The user's own file."),
        category_ids=category_ids,
    )


def _parsed(root: Path, files: ScanFiles, up: str, semantics: bool, texture_size: int) -> Scan:
    with progress(f"reading {Path(files.mesh).name}", 4, "steps") as advance:
        if files.layout == "capture":
            geometry, instance, table = read_capture(root / files.mesh)
        else:
            geometry = read_geometry(root / files.mesh, up, texture_size)
            instance, table = np.zeros(len(geometry.faces), np.int32), Table({}, {})
        advance(1)
        if files.layout != "capture" and semantics and _has_semantics(files):
            _check_complete(root, files)
            table = read_table(root / str(files.table), files.layout)
            bounds = np.stack([geometry.vertices.min(0), geometry.vertices.max(0)])
            semantic_mesh = root / str(files.semantic_mesh)
            instance = face_instances(semantic_mesh, files.layout, up, table, geometry.centres, bounds)
        advance(1)
        if not semantics:
            instance, table = np.zeros(len(geometry.faces), np.int32), Table({}, {})
        scan = grouped(geometry, instance, table.categories)
        advance(1)
        scan = replace(scan, station=_station(scan))
        advance(1)
    return scan


def _has_semantics(files: ScanFiles) -> bool:
    return files.semantic_mesh is not None or files.table is not None


def _check_complete(root: Path, files: ScanFiles) -> None:
    """UserError where only one of the two files is there that carry a scan's semantics."""
    given, missing = files.semantic_mesh, "table that names its instances"
    if given is None:
        given, missing = files.table, "mesh that carries its instances"
    if files.semantic_mesh is None or files.table is None:
        raise UserError(
            f"{root / str(given)}: the {missing} is not beside it: download it again, or leave semantics aside "
            "(semantics=False)."
        )


def _station(scan: Scan) -> Triple | None:
    """The place of the largest navigable area that is farthest from everything, at eye height."""
    names = dict.fromkeys(scan.categories.values(), 1)
    scene = scan.scene(id="scan", label="", source="", licence="", credit="", category_ids=names)
    try:
        area = NavigableArea.build(scene, _STANDING)
    except UserError:  # a scan without a floor can still be looked at
        return None
    room = np.where(area.part == 0, area.clearance, -1.0)
    cell = int(room.argmax())
    column, row = divmod(int(area.column[cell]), area.shape[1])
    x, z = (area.origin + (np.array([column, row]) + 0.5) * area.agent.cell).tolist()
    return x, float(area.floor[cell]) + _EYES, z


def _usable(root: Path, semantics: bool | None) -> tuple[list[ScanFiles], dict[str, str]]:
    """The scans that can be read, and a hash of the bytes of each of their files; the others are reported."""
    scans = find_scans(root)
    if not scans:
        raise UserError(
            f"no scans in {root}: it must hold *.glb or *.ply, flat or in a folder for each class, or the folders of "
            "HM3D, Replica, Matterport3D or Gibson."
        )
    if semantics:
        bare = [scan for scan in scans if not _has_semantics(scan)]
        if bare:
            raise UserError(
                f"{root / bare[0].mesh}: carries no semantics, and {len(bare)} of {len(scans)} scans do not: download "
                "them, or leave semantics aside."
            )
    paths = sorted({path for scan in scans for path in scan.files})
    facts = learn(root, paths, _fact, kind="scans", version=_VERSION)
    report([f"{error} Left out." for _, error in facts.values() if error])
    usable = [scan for scan in scans if not facts[scan.mesh][1]]
    if not usable:
        raise UserError(f"none of the {len(scans)} scans in {root} can be read: see the reasons above.")
    return usable, {path: content for path, (content, _) in facts.items()}


def _fact(path: Path) -> list[str]:
    """Hash of the file's bytes, and why it cannot be read or nothing."""
    try:
        check_container(path)
        with path.open("rb") as file:
            hasher = hashlib.sha256()
            while block := file.read(1 << 22):
                hasher.update(block)
    except OSError as error:
        return ["", f"{path}: cannot be opened ({error.strerror}): check its permissions."]
    except UserError as error:
        return ["", str(error)]
    return [hasher.hexdigest()[:16], ""]


def _categories(root: Path, scans: Sequence[ScanFiles], semantics: bool | None) -> tuple[str, ...]:
    """All category names of the scans, in alphabetical order after "scan"."""
    tables = {scan.table: scan.layout for scan in scans if scan.table is not None}
    if semantics is False:
        tables = {}

    def names(path: Path) -> list[str]:
        layout = tables[path.relative_to(root).as_posix()]
        try:
            table = read_capture(path)[2] if layout == "capture" else read_table(path, layout)
        except UserError:
            return []  # said when the scan is loaded
        return sorted(set(table.categories.values()))

    found = learn(root, sorted(tables), names, kind="scan categories", version=_VERSION)
    return (UNNAMED, *sorted({name for one in found.values() for name in one} - {UNNAMED}))
