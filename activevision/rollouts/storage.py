"""``Storage``: a folder of files on this machine or behind an fsspec URL, in which files are whole or absent."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlparse
from urllib.request import url2pathname

from activevision.errors import UserError
from activevision.files import atomic_write


class Storage:
    """The files of one folder, by name.

    where: a path, or a URL of any protocol that fsspec knows (``s3://…``, ``gs://…``, ``memory://…``; the package of
    the protocol must be installed). ``file://`` URLs are paths.

    UserError for a protocol that fsspec does not know or whose package is missing.
    """

    def __init__(self, where: str | Path):
        self.where = str(where)
        self._remote: Any = None
        if "://" not in self.where:
            self.path: Path | None = Path(where)
        elif self.where.startswith("file://"):
            self.path = Path(url2pathname(unquote(urlparse(self.where).path)))
        else:
            self.path = None
            self._open_remote()

    def _open_remote(self) -> None:
        import fsspec

        try:
            self._remote, self._root = fsspec.core.url_to_fs(self.where)
        except (ValueError, ImportError) as error:
            protocol = self.where.partition("://")[0]
            raise UserError(f"{self.where}: no file system for {protocol}:// here ({error}).") from None
        self._root = self._root.rstrip("/")

    def __str__(self) -> str:
        return self.where

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.where,)

    def exists(self, name: str) -> bool:
        return (self.path / name).is_file() if self.path else bool(self._remote.isfile(f"{self._root}/{name}"))

    def names(self, pattern: str) -> list[str]:
        """Names of the files that match a shell pattern, sorted."""
        if self.path:
            return sorted(path.name for path in self.path.glob(pattern) if path.is_file())
        with contextlib.suppress(FileNotFoundError):
            found = (name.rsplit("/", 1)[-1] for name in self._remote.ls(self._root, detail=False))
            return sorted(name for name in found if fnmatch(name, pattern))
        return []

    def size(self, name: str) -> int:
        """Bytes. FileNotFoundError where there is no such file."""
        return (self.path / name).stat().st_size if self.path else int(self._remote.size(f"{self._root}/{name}"))

    def open(self, name: str) -> IO[bytes]:
        """To be read, from any place. FileNotFoundError where there is no such file."""
        return (self.path / name).open("rb") if self.path else self._remote.open(f"{self._root}/{name}", "rb")

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read()

    @contextlib.contextmanager
    def write(self, name: str) -> Iterator[IO[bytes]]:
        """Write a file aside and put it in place when it is whole."""
        if self.path:
            with atomic_write(self.path / name) as file:
                yield file
            return
        # object stores show a file when all of it has come; for the others it gets its name only then
        content = io.BytesIO()
        yield content
        content.seek(0)
        self._remote.makedirs(self._root, exist_ok=True)
        aside = f"{self._root}/.{name}.part"
        with self._remote.open(aside, "wb") as file:
            shutil.copyfileobj(content, file, 1 << 20)
        self._remote.mv(aside, f"{self._root}/{name}")

    def remove(self, name: str) -> None:
        """Nothing happens where there is no such file."""
        with contextlib.suppress(FileNotFoundError):
            if self.path:
                (self.path / name).unlink()
            else:
                self._remote.rm(f"{self._root}/{name}")
