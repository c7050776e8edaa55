"""Which files of a folder make up a scan: the layouts of the public collections, and plain folders."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from activevision.scenes.catalogue import SPLITS

_HM3D_FOLDER = re.compile(r"\d{5}-\w+")
_NO_SPLIT = "-"


@dataclass(frozen=True)
class ScanFiles:
    """A scan before anything is read; all paths are relative to the catalogue's folder.

    mesh: what is seen. semantic_mesh: the same surface with instances, or None. table: what names these, or None.
    layout: "HM3D", "Replica", "Matterport3D", "Gibson", "capture" (a headset's room capture) or "plain".
    label: class by its folder, "scan" where that names none. split: as the folders say, or None.
    up: the files' own up axis.
    """

    mesh: str
    layout: str
    label: str
    split: str | None
    semantic_mesh: str | None = None
    table: str | None = None

    @property
    def up(self) -> str:
        """HM3D, Replica, Matterport3D and Gibson are Z-up, their glTF files too; whatever else is as glTF has it."""
        return "y" if self.layout in ("plain", "capture") else "z"

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(path for path in (self.mesh, self.semantic_mesh, self.table) if path)


def find_scans(root: Path) -> list[ScanFiles]:
    """All scans under ``root``, in the order of their paths.

    - HM3D: ``00800-TEEsavR23oF/TEEsavR23oF.glb`` (or ``.basis.glb``) with ``.semantic.glb`` and ``.semantic.txt``.
    - Replica: ``room_0/mesh.ply`` with ``habitat/mesh_semantic.ply`` and ``habitat/info_semantic.json``; class "room".
    - Matterport3D: ``X.glb`` beside ``X.house``, with ``X_semantic.ply``.
    - Gibson: ``X.glb`` beside ``X.navmesh`` or ``X.scn``, with ``X_semantic.ply``.
    - captures: ``X.json`` of a headset's room capture (WebXR emulator format).
    - anything else: ``*.glb``, ``*.ply``, in folders that name the class or flat.

    Folders named train, val or test give the split. HM3D's minival repeats scans of val and is skipped beside it.
    """
    found: list[ScanFiles] = []
    for folder, inner, names in os.walk(root, followlinks=True):
        inner[:] = sorted(
            name for name in inner if not name.startswith(".") and not (name == "minival" and "val" in inner)
        )
        here = Path(folder).relative_to(root)
        replica = _replica(root, here)
        if replica is not None:
            found.append(replica)
            inner.clear()
        else:
            found += _in_folder(root, here, set(names))
    return sorted(found, key=lambda scan: scan.mesh)


def _replica(root: Path, folder: Path) -> ScanFiles | None:
    info, semantic = folder / "habitat" / "info_semantic.json", folder / "habitat" / "mesh_semantic.ply"
    mesh = folder / "mesh.ply"
    has_info, has_semantic, has_mesh = ((root / path).is_file() for path in (info, semantic, mesh))
    if not has_semantic and not (has_mesh and has_info):
        return None
    _, split = _label_and_split(folder)
    return ScanFiles(
        mesh=(mesh if has_mesh else semantic).as_posix(),
        layout="Replica",
        label=re.sub(r"_\d+$", "", folder.name) or "scan",
        split=split,
        semantic_mesh=semantic.as_posix() if has_semantic else None,
        table=info.as_posix() if has_info else None,
    )


def _in_folder(root: Path, folder: Path, names: set[str]) -> list[ScanFiles]:
    def beside(name: str) -> str | None:
        return (folder / name).as_posix() if name in names else None

    label, split = _label_and_split(folder)
    found = []
    for name in names:
        stem, _, ending = name.rpartition(".")
        if name.startswith(".") or ending.lower() not in ("glb", "ply", "json") or not stem:
            continue
        if stem.endswith((".semantic", "_semantic")) or (stem.endswith(".basis") and f"{stem[:-6]}.glb" in names):
            continue
        path = (folder / name).as_posix()
        base = stem.removesuffix(".basis")
        if ending.lower() == "json":
            if _is_capture(root / path):
                found.append(ScanFiles(path, "capture", label, split, semantic_mesh=path, table=path))
        elif _HM3D_FOLDER.fullmatch(folder.name) or f"{base}.semantic.glb" in names or stem.endswith(".basis"):
            semantic, table = beside(f"{base}.semantic.glb"), beside(f"{base}.semantic.txt")
            found.append(ScanFiles(path, "HM3D", "scan", split, semantic, table))
        elif f"{stem}.house" in names:
            house = beside(f"{stem}.house")
            found.append(ScanFiles(path, "Matterport3D", "scan", split, beside(f"{stem}_semantic.ply"), house))
        elif {f"{stem}.scn", f"{stem}.navmesh"} & names:
            scan = beside(f"{stem}.scn")
            found.append(ScanFiles(path, "Gibson", "scan", split, beside(f"{stem}_semantic.ply"), scan))
        else:
            found.append(ScanFiles(path, "plain", "scan" if folder.name == stem else label, split))
    return found


def _label_and_split(folder: Path) -> tuple[str, str | None]:
    parts = [{"minival": "val", "example": _NO_SPLIT}.get(part, part) for part in folder.parts]
    label = "-".join(part for part in parts if part not in (*SPLITS, _NO_SPLIT))
    return label or "scan", next((part for part in parts if part in SPLITS), None)


def _is_capture(path: Path) -> bool:
    with path.open("rb") as file:
        return b'"spatialEntities"' in file.read(512)
