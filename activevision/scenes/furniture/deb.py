"""The files inside a Debian package, without installing it: an ``ar`` archive with a compressed tar in it."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from activevision.errors import UserError

_MAGIC = b"!<arch>\n"
_HEADER = 60


@contextlib.contextmanager
def data_tar(package: Path) -> Iterator[IO[bytes]]:
    """The package's files as a tar stream: through dpkg-deb, which knows every compression, else read here.

    UserError where the file is no whole package, or is compressed with zstd and there is no dpkg-deb.
    """
    with package.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise UserError(f"{package} is not a Debian package: download it again.")
    if shutil.which("dpkg-deb") is None:
        with _member(package) as stream:
            yield stream
        return
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            ["dpkg-deb", "--fsys-tarfile", str(package.resolve())], stdout=subprocess.PIPE, stderr=errors
        )
        assert process.stdout is not None
        try:
            yield process.stdout
            process.stdout.read()
        finally:
            process.stdout.close()
            process.wait()
        if process.returncode:
            errors.seek(0)
            reason = " ".join(errors.read().decode(errors="replace").split())[:160]
            raise UserError(f"{package} is not a whole Debian package ({reason}): download it again.")


@contextlib.contextmanager
def _member(package: Path) -> Iterator[IO[bytes]]:
    """The ``data.tar.*`` member of the archive, for tarfile to decompress."""
    with package.open("rb") as file:
        file.seek(len(_MAGIC))
        while len(header := file.read(_HEADER)) == _HEADER:
            name, length = header[:16].decode("ascii", "replace").strip().rstrip("/"), int(header[48:58])
            if name.startswith("data.tar"):
                if name.endswith(".zst"):
                    raise UserError(
                        f"{package} is compressed with zstd: install dpkg, or unpack it and give the folder."
                    )
                yield file
                return
            file.seek(length + length % 2, 1)
    raise UserError(f"{package} is not a whole Debian package (no data in it): download it again.")
