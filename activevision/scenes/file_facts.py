"""What has to be known of every file of a folder before it is used, learned once and remembered until it changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from activevision.files import cache_dir, digest, write_json
from activevision.machine import cores
from activevision.progress import progress

_SAVE_EVERY = 500  # files read between two savings, so that a killed run goes on from there


def learn(
    root: Path, paths: Sequence[str], fact: Callable[[Path], list[str]], *, kind: str, version: int
) -> dict[str, list[str]]:
    """``fact`` of each of the files ``paths`` (relative to ``root``), asked in threads, with a progress bar.

    Facts are kept in the cache under ``kind`` and ``version``, and asked for again when the file's size or modification
    time differs.
    """
    cache = cache_dir(kind) / f"{digest(str(root.resolve()), version)}.json"
    known = _known(cache)
    stamps = {path: [(root / path).stat().st_size, (root / path).stat().st_mtime_ns] for path in paths}
    facts = {path: known[path][1] for path in paths if path in known and known[path][0] == stamps[path]}
    new = [path for path in paths if path not in facts]
    if not new:
        return {path: facts[path] for path in paths}
    with progress(f"checking {kind} of {root.name}", len(new), "files") as advance, ThreadPoolExecutor(cores()) as pool:
        try:
            found = pool.map(lambda path: fact(root / path), new)
            for number, (path, one) in enumerate(zip(new, found, strict=True), start=1):
                facts[path] = one
                advance(1)
                if number % _SAVE_EVERY == 0 or number == len(new):
                    write_json(cache, {name: [stamps[name], fact] for name, fact in facts.items()})
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return {path: facts[path] for path in paths}


def _known(cache: Path) -> dict[str, tuple[list[int], list[str]]]:
    """What was learned before; nothing where the cache is missing or damaged."""
    try:
        content = json.loads(cache.read_text(encoding="utf-8"))
        return {path: (stamp, fact) for path, (stamp, fact) in content.items()}
    except (FileNotFoundError, ValueError, TypeError, AttributeError):
        return {}
