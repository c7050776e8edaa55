"""Fetching the furniture: Debian packages through apt, or files that the user has."""

from __future__ import annotations

import errno
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from activevision.errors import UserError
from activevision.progress import progress
from activevision.scenes.furniture.deb import data_tar
from activevision.scenes.furniture.library import CATALOGUE_FILES, Library
from activevision.scenes.furniture.store import add_libraries, store_folder

PACKAGES = ("sweethome3d-furniture", "sweethome3d")
"""The additional libraries, and the program with the models of its own catalogue in its jar. Nothing is installed."""

_MB = 10**6
_ROOM = 500 * _MB  # both packages, their unpacked libraries, apt's lists
_SUFFIXES = (".sh3f", ".jar")


def fetch_furniture(source: Path | None = None) -> Path:
    """Bring furniture libraries into the cache folder and return the folder they lie in.

    source: a ``.deb``, ``.sh3f`` or ``.jar`` file, or a folder of them (an unpacked package) or an unpacked library.
    Without one, apt downloads PACKAGES; no root is needed and nothing is installed. Libraries fetched before stay.
    UserError where there is no apt, no network, no room on the disk, or no furniture in ``source``.
    """
    store = store_folder()
    if shutil.disk_usage(store).free < _ROOM:
        raise UserError(
            f"less than {_ROOM // _MB} MB free at {store}: free some space or set ACTIVEVISION_CACHE to another disk."
        )
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=store) as folder:
        try:
            sources = download(PACKAGES, Path(folder)) if source is None else [source]
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
            if error.errno != errno.ENOSPC:
                raise
            raise UserError(
                f"no room on the disk for {store}: free some space or set ACTIVEVISION_CACHE to another disk."
            ) from error
    return store


def download(packages: Sequence[str], folder: Path) -> list[Path]:
    """Have apt download ``packages`` into ``folder``; where it knows no such package, after updating private lists."""
    if shutil.which("apt-get") is None:
        raise UserError(
            f"no apt-get here: get Debian's packages {' and '.join(packages)} (.deb) elsewhere, give each with --from."
        )
    options = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    sizes = _sizes(packages, folder, options)
    if len(sizes) < len(packages):
        for part in ("lists/partial", "cache/archives/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        options += ["-o", f"Dir::State::Lists={folder / 'lists'}", "-o", f"Dir::Cache={folder / 'cache'}"]
        with progress("updating package lists", 1, "updates") as advance:
            updated = _run(["apt-get", "-q", *options, "update"], folder)
            advance(1)
        sizes = _sizes(packages, folder, options)
        if len(sizes) < len(packages):
            missing = ", ".join(package for package in packages if package not in sizes)
            reason = _reason(updated) or "not in the configured archives"
            raise UserError(
                f"apt cannot find {missing} ({reason}): check the network, or get the .deb elsewhere and use --from."
            )
    total = round(sum(sizes.values()) / _MB)
    command = ["apt-get", "-q", *options, "download", *packages]
    with progress("downloading furniture", total, "MB") as advance:
        finished = _run(command, folder, advance, total)
    files = [next(folder.glob(f"{package}_*.deb"), None) for package in packages]
    found = [file for file in files if file is not None]
    if finished.returncode or len(found) < len(packages):
        raise UserError(
            f"apt could not download {', '.join(packages)} ({_reason(finished) or 'no reason given'}): "
            "check the network, or get the .deb elsewhere and use --from."
        )
    return found


def _sizes(packages: Sequence[str], folder: Path, options: Sequence[str]) -> dict[str, int]:
    """Bytes of each package that apt knows how to get."""
    sizes = {}
    for package in packages:
        listing = _run(["apt-get", "-q", *options, "download", "--print-uris", package], folder)
        for line in listing.stdout.splitlines():
            parts = line.split()
            if len(parts) >= 3 and parts[0].startswith("'") and parts[2].isdigit():
                sizes[package] = int(parts[2])
    return sizes


def _run(
    command: Sequence[str], folder: Path, advance: Callable[[int], None] | None = None, total: int = 0
) -> subprocess.CompletedProcess[str]:
    """Run apt in ``folder``, reporting the megabytes its ``.deb`` files grow by; it never waits for an answer."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=_environment()
        )
        seen = 0
        try:
            while process.poll() is None:
                if advance is not None:
                    now = min(total, sum(file.stat().st_size for file in folder.glob("*.deb")) // _MB)
                    advance(now - seen)
                    seen = now
                time.sleep(0.05)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if advance is not None and process.returncode == 0:
            advance(total - seen)
        output.seek(0)
        return subprocess.CompletedProcess(list(command), process.returncode, output.read(), "")


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _reason(finished: subprocess.CompletedProcess[str]) -> str:
    """What apt itself gives as its last error."""
    errors = [line for line in finished.stdout.splitlines() if line.startswith(("E:", "Err:", "W: Failed"))]
    return " ".join(errors[-1].split())[:160] if errors else ""


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
        raise UserError(f"no furniture in {source}: give {' or '.join(PACKAGES)} of Debian.")
    return files
