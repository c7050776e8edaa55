"""What has to be known of every mesh file of a folder before it is split, learned once and cached."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from activevision.errors import UserError
from activevision.files import cache_dir, digest, write_json
from activevision.progress import progress
from activevision.scenes.mesh_files import FORMATS, READER_VERSION, read_meshes
from activevision.scenes.scene import Instance, Scene

_SAVE_EVERY = 500  # files read between two savings, so that a killed run goes on from there
_WITH_COMPANIONS = (".obj", ".gltf", ".dae", ".ply")  # formats whose looks lie in files beside them


@dataclass(frozen=True)
class MeshFacts:
    """geometry and content: the scene's hashes. error: why the file cannot be read, or empty."""

    geometry: str = ""
    content: str = ""
    error: str = ""


def read_facts(root: Path, paths: Sequence[str], up: str) -> dict[str, MeshFacts]:
    """Facts of the mesh files ``paths`` (relative to ``root``), from the cache where a file has not changed since.

    A file counts as changed when its size or modification time, or that of a material or image beside it, differs.
    """
    cache = cache_dir("meshes") / f"{digest(str(root.resolve()), up, READER_VERSION)}.json"
    known = _cached(cache)
    companions: dict[Path, list[tuple[str, int, int]]] = {}
    stamps = {path: _stamp(root / path, companions) for path in paths}
    facts = {path: known[path][1] for path in paths if path in known and known[path][0] == stamps[path]}
    unread = [path for path in paths if path not in facts]
    if not unread:
        return {path: facts[path] for path in paths}
    with progress(f"reading meshes of {root.name}", len(unread), "files") as advance:
        for number, path in enumerate(unread, start=1):
            facts[path] = _read(root / path, up)
            advance(1)
            if number % _SAVE_EVERY == 0 or number == len(unread):
                write_json(cache, {name: [stamps[name], asdict(one)] for name, one in facts.items()})
    return {path: facts[path] for path in paths}


def _read(path: Path, up: str) -> MeshFacts:
    try:
        scene = Scene(path.name, "", read_meshes(path, up), (Instance(1, "", 1),), "", "", "")
    except UserError as error:
        return MeshFacts(error=str(error))
    return MeshFacts(geometry=scene.geometry_hash, content=scene.content_hash)


def _stamp(path: Path, companions: dict[Path, list[tuple[str, int, int]]]) -> str:
    status = path.stat()
    beside: list[tuple[str, int, int]] = []
    if path.suffix.lower() in _WITH_COMPANIONS:
        if path.parent not in companions:
            companions[path.parent] = [
                (str(other.relative_to(path.parent)), other.stat().st_size, other.stat().st_mtime_ns)
                for other in sorted(path.parent.rglob("*"))
                if other.is_file() and other.suffix[1:].lower() not in FORMATS
            ]
        beside = companions[path.parent]
    return digest(status.st_size, status.st_mtime_ns, beside)


def _cached(cache: Path) -> dict[str, tuple[str, MeshFacts]]:
    """What was learned before; nothing where the cache is missing or damaged."""
    try:
        content = json.loads(cache.read_text(encoding="utf-8"))
        return {path: (stamp, MeshFacts(**one)) for path, (stamp, one) in content.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}
