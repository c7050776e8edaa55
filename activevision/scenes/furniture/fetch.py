"""Fetching the furniture: Debian packages through apt, or files that the user has."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from activevision.errors import UserError
from activevision.files import FULL
from activevision.progress import progress
from activevision.scenes.furniture.apt import download
from activevision.scenes.furniture.deb import data_tar
from activevision.scenes.furniture.library import CATALOGUE_FILES, Library
from activevision.scenes.furniture.sources import MAIN, PACKAGES
from activevision.scenes.furniture.store import add_libraries, store_folder

_MB = 10**6
_ROOM = 600 * _MB  # the packages, their unpacked libraries, apt's lists
_SUFFIXES = (".sh3f", ".jar")


def fetch_furniture(source: Path | None = None, components: Sequence[str] = (MAIN,)) -> Path:
    """Bring furniture libraries into the cache folder and return the folder they lie in.

    source: a ``.deb``, ``.sh3f`` or ``.jar`` file, or a folder of them (an unpacked package) or an unpacked library.
    Without one, apt downloads the packages in these components of Debian's archive; no root is needed and nothing is
    installed. Libraries fetched before stay.
    UserError where there is no apt, no network, no room on the disk, or no furniture in ``source``.
    """
    store = store_folder()
    if shutil.disk_usage(store).free < _ROOM:
        raise UserError(
            f"less than {_ROOM // _MB} MB free at {store}: free some space or set ACTIVEVISION_CACHE to another disk."
        )
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=store) as folder:
        try:
            sources = download(components, Path(folder)) if source is None else [source]
            files = [file for number, path in enumerate(sources) for file in _unpacked(path, Path(folder, str(number)))]
            if not files:
                raise UserError(f"no furniture in {source}: give a .deb, .sh3f or .jar file, or a folder of them.")
            libraries = [Library(file) for file in files]
            with progress("checking furniture libraries", len(libraries), "libraries") as advance:
                for library in libraries:
                    library.check()
                    advance(1)
            add_libraries(libraries)
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise UserError(
                f"no room on the disk for {store} ({error.strerror}): free some space or set ACTIVEVISION_CACHE to "
                "another disk."
            ) from error
    return store


def _unpacked(source: Path, folder: Path) -> list[Path]:
    """The library files in ``source``, unpacked into ``folder`` where they do not lie in the open."""
    folder.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        if any((source / name).is_file() for name in CATALOGUE_FILES):
            return [_packed(source, folder / f"{source.resolve().name}.sh3f")]
        return sorted(path for path in source.rglob("*") if path.suffix in _SUFFIXES and _is_library(path))
    if not source.is_file():
        raise UserError(f"no file or folder {source}: check the path.")
    if source.suffix == ".deb":
        return _from_deb(source, folder)
    if zipfile.is_zipfile(source):
        return [source]
    raise UserError(f"{source} is not furniture: give a whole .deb, .sh3f or .jar file, or a folder of them.")


def _is_library(path: Path) -> bool:
    """Whether a file of an unpacked package is a library; the program's folder holds other jars too."""
    if path.suffix == ".sh3f":
        return True
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name in archive.NameToInfo for name in CATALOGUE_FILES)
    except zipfile.BadZipFile:
        return False


def _packed(source: Path, target: Path) -> Path:
    """One archive of an unpacked library's folder."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(source).as_posix())
    return target


def _from_deb(source: Path, folder: Path) -> list[Path]:
    """The library files of a Debian package, copied into ``folder`` under their own names."""
    files = []
    try:
        with data_tar(source) as stream, tarfile.open(fileobj=stream, mode="r|*") as archive:
            for member in archive:
                name = Path(member.name).name
                content = archive.extractfile(member) if member.isfile() and name.endswith(_SUFFIXES) else None
                if content is not None:
                    target = folder / name
                    with target.open("wb") as file:
                        shutil.copyfileobj(content, file, 1 << 20)
                    if _is_library(target):
                        files.append(target)
    except (tarfile.TarError, lzma.LZMAError, zlib.error, EOFError, ValueError) as error:
        raise UserError(f"{source} is not a whole Debian package ({error}): download it again.") from None
    if not files:
        names = [package for packages in PACKAGES.values() for package in packages]
        raise UserError(f"no furniture in {source}: give {' or '.join(names)} of Debian.")
    return files
