"""Downloading Debian packages through apt, without root and without changing anything of the system."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from activevision.errors import UserError
from activevision.progress import progress
from activevision.scenes.furniture.sources import MAIN, NON_FREE, PACKAGES

_MB = 10**6
_DEB822 = re.compile(r"(?im)^components:.*(?:\n[ \t].*)*")
_ONE_LINE = re.compile(r"(?m)^\s*(deb\s+(?:\[[^\]\n]*\]\s*)?[^\s\[]\S*\s+\S*[^\s/])(?=\s)")


def download(components: Sequence[str], folder: Path) -> list[Path]:
    """Have apt download the PACKAGES of these components of Debian's archive into ``folder``; their files.

    Where apt has no package lists, they are updated in ``folder``. Where the user's sources lack the non-free
    component, its lists are taken from the same archives as the user's own, for this download only. UserError, one
    line with apt's reason, where a package cannot be had.
    """
    packages = [package for component in components for package in PACKAGES[component]]
    if shutil.which("apt-get") is None:
        raise UserError(
            f"no apt-get here: get Debian's packages {' and '.join(packages)} (.deb) elsewhere, give each with --from."
        )
    options = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
    sizes = _sizes(packages, folder, options)
    groups = [(options, list(sizes))]
    if not sizes.keys() >= {*packages} & {*PACKAGES[MAIN]}:
        options = [*options, *_private_lists(folder / MAIN)]
        reason = _update(folder, options)
        sizes = _sizes(packages, folder, options)
        groups = [(options, list(sizes))]
        _require(PACKAGES[MAIN], sizes, packages, reason, "check the network")
    if NON_FREE in components and not sizes.keys() >= {*packages}:
        options = [*options, *_private_lists(folder / NON_FREE), *_non_free_sources(folder, options)]
        reason = _update(folder, options)
        added = _sizes(PACKAGES[NON_FREE], folder, options)
        groups.append((options, list(added)))
        sizes |= added
        _require(PACKAGES[NON_FREE], sizes, packages, reason, "add non-free to the components of apt's Debian sources")
    _download(groups, round(sum(sizes.values()) / _MB), folder)
    return [next(folder.glob(f"{package}_*.deb")) for package in packages]


def _require(needed: Sequence[str], known: dict[str, int], packages: Sequence[str], reason: str, remedy: str) -> None:
    missing = [package for package in packages if package in needed and package not in known]
    if missing:
        raise UserError(
            f"apt cannot find {', '.join(missing)} ({reason or 'not in the configured archives'}): {remedy}, "
            "or get the .deb elsewhere and use --from."
        )


def _download(groups: Sequence[tuple[Sequence[str], Sequence[str]]], total: int, folder: Path) -> None:
    """Download packages into ``folder``, each group with apt's options that know it; ``total`` megabytes in all."""
    seen = 0
    with progress("downloading furniture", total, "MB") as advance:

        def report() -> None:
            nonlocal seen
            now = min(total, sum(file.stat().st_size for file in folder.glob("*.deb")) // _MB)
            advance(now - seen)
            seen = now

        for options, packages in groups:
            finished = _run(["apt-get", "-q", *options, "download", *packages], folder, report)
            if finished.returncode or any(next(folder.glob(f"{package}_*.deb"), None) is None for package in packages):
                raise UserError(
                    f"apt could not download {', '.join(packages)} ({_reason(finished) or 'no reason given'}): "
                    "check the network, or get the .deb elsewhere and use --from."
                )
        advance(total - seen)


def _private_lists(folder: Path) -> list[str]:
    """Options by which apt keeps its package lists in ``folder``, and reads no others."""
    for part in ("lists/partial", "cache/archives/partial"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    settings = [f"Dir::State::Lists={folder / 'lists'}", f"Dir::Cache={folder / 'cache'}", "Acquire::Languages=none"]
    return [part for setting in settings for part in ("-o", setting)]


def _update(folder: Path, options: Sequence[str]) -> str:
    """Update the package lists; what apt gives as its last error."""
    with progress("updating package lists", 1, "updates") as advance:
        updated = _run(["apt-get", "-q", *options, "update"], folder)
        advance(1)
    return _reason(updated)


def _non_free_sources(folder: Path, options: Sequence[str]) -> list[str]:
    """Options by which apt reads the user's sources of Debian's archives with the component non-free in its place.

    The files are copied with one field changed, so that keys, mirrors and architectures stay the user's own.
    """
    query = ["indextargets", "--format", "$(ORIGIN)|$(SOURCESENTRY)", "Created-By: Packages"]
    listing = _run(["apt-get", "-q", *options, *query], folder)
    sources = folder / NON_FREE / "sources"
    sources.mkdir(parents=True)
    for line in sorted(set(listing.stdout.splitlines())):
        origin, _, entry = line.partition("|")
        path = Path(entry.rpartition(":")[0])
        if origin == "Debian" and path.is_file():
            (sources / path.name).write_text(_with_component(path.read_text(encoding="utf-8"), path.suffix, NON_FREE))
    return ["-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={sources}"]


def _with_component(sources: str, suffix: str, component: str) -> str:
    """A ``.sources`` or ``.list`` file of apt with ``component`` in place of what its entries name."""
    if suffix == ".sources":
        return _DEB822.sub(f"Components: {component}", sources)
    return "".join(f"{match[1]} {component}\n" for match in _ONE_LINE.finditer(sources))


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
    command: Sequence[str], folder: Path, meanwhile: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run apt in ``folder``, calling ``meanwhile`` until it ends; it never waits for an answer."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=_environment()
        )
        try:
            while process.poll() is None:
                if meanwhile is not None:
                    meanwhile()
                time.sleep(0.05)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        output.seek(0)
        return subprocess.CompletedProcess(list(command), process.returncode, output.read(), "")


def _environment() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}


def _reason(finished: subprocess.CompletedProcess[str]) -> str:
    """What apt itself gives as its last error."""
    errors = [line for line in finished.stdout.splitlines() if line.startswith(("E:", "Err:", "W: Failed"))]
    return " ".join(errors[-1].split())[:160] if errors else ""
