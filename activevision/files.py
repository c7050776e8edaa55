"""Files that are either whole or absent, folders that one process at a time works in, and the one cache folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from activevision.errors import UserError

NO_ARRAYS = (OSError, ValueError, KeyError, EOFError, NotImplementedError, zipfile.BadZipFile, zlib.error)
"""What comes of reading arrays by name from an ``.npz`` file that is missing, damaged or of something else."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Numbers of the errors of a write that finds no room: on the disk, in a user's share of it, in what a file may be."""

_ASIDE = ".part"

LOCK = ".lock"
"""In a folder while a process is alone in it."""


def cache_dir(*parts: str) -> Path:
    """Folder for what can be made or fetched again: ``$ACTIVEVISION_CACHE``, else the user's cache folder."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "activevision"
    folder = Path(os.environ.get("ACTIVEVISION_CACHE", default)).joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[IO[bytes]]:
    """Write a file aside and rename it into place, so that no reader ever sees half of it.

    Two processes that write the same path at once both succeed; the later rename wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=_ASIDE, dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except OSError as error:
        if error.errno in FULL:
            raise UserError(
                f"no room on the disk for {path} ({error.strerror}): free some space, or set ACTIVEVISION_CACHE or "
                "--out to another disk."
            ) from error
        raise
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


@contextlib.contextmanager
def alone_in(folder: Path, doing: str) -> Iterator[None]:
    """Keep other processes of this machine from the same while the block runs; a killed one keeps nobody away, and what
    it was writing is removed.

    doing: what they are at, as in "training into". UserError where another one is at it.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(f"another process is {doing} {folder}: wait for it, or choose another --out.") from None
    try:
        for leftover in folder.rglob(f".*{_ASIDE}"):
            leftover.unlink()
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is held: after that it might be someone else's
        lock.release()


def write_json(path: Path, content: Any, indent: int | None = 2) -> None:
    with atomic_write(path) as file:
        file.write((json.dumps(content, indent=indent, ensure_ascii=False) + "\n").encode())


def as_json(value: Any) -> Any:
    """The value as JSON gives it back (lists for tuples, paths as strings), so that it equals what a file holds."""
    return json.loads(json.dumps(value, default=str))


def read_json(path: Path) -> Any:
    """Parse a JSON file; UserError if it is missing or damaged."""
    try:
        return parse_json(path.read_bytes(), path)
    except FileNotFoundError:
        raise UserError(f"no file {path}: check the path.") from None


def read_object(path: Path) -> dict[str, Any]:
    """Parse a JSON file that holds an object; UserError if it is missing, damaged or holds something else."""
    content = read_json(path)
    if not isinstance(content, dict):
        raise UserError(f"{path} holds no JSON object: delete it and run the step that wrote it again.")
    return content


def parse_json(data: bytes, path: Path | str) -> Any:
    """Parse what was read from ``path``; UserError if it is damaged."""
    try:
        return json.loads(data.decode("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"{path} is not valid JSON ({error}): delete it and run the step that wrote it again."
        ) from None


def digest(*parts: Any) -> str:
    """A 16-character content key of bytes, strings, numbers and nested JSON-like values, order included."""
    hasher = hashlib.sha256()
    for part in parts:
        data = (
            bytes(part)
            if isinstance(part, bytes | bytearray | memoryview)
            else json.dumps(part, sort_keys=True).encode()
        )
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return hasher.hexdigest()[:16]
