"""Where fetched furniture libraries lie: one file each in the cache folder, and an index that names the whole ones.

A library counts only once the index names it, and the index is replaced in one step after all files of a package are
in place: a fetch that is killed at any point leaves what was there before.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from activevision.files import atomic_write, cache_dir, write_json
from activevision.scenes.furniture.library import Library


def store_folder() -> Path:
    return cache_dir("furniture")


def stored_libraries() -> dict[str, Path]:
    """The file of every library that was fetched whole, by the library's name."""
    folder = store_folder()
    try:
        index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
        files = {str(name): folder / str(file) for name, file in index.items()}
    except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError, AttributeError):
        return {}
    return {name: file for name, file in files.items() if file.is_file()}


def add_libraries(libraries: Sequence[Library]) -> None:
    """Copy library files into the store, then name all of them in its index at once; same names are replaced."""
    folder = store_folder()
    before = stored_libraries()
    kept = dict(before)
    for library in libraries:
        file = folder / f"{library.name}-{library.fingerprint()}.sh3f"
        if not file.is_file() or file.stat().st_size != library.path.stat().st_size:
            with atomic_write(file) as target, library.path.open("rb") as source:
                shutil.copyfileobj(source, target, 1 << 20)
        kept[library.name] = file
    write_json(folder / "index.json", {name: file.name for name, file in sorted(kept.items())})
    for stale in set(before.values()) - set(kept.values()):
        stale.unlink(missing_ok=True)
