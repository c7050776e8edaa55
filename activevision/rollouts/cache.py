"""A data set decoded once into flat arrays that are mapped into memory: for training that reads it many times over.

Under ``cache_dir("frames")`` there is a folder for each data set, named by the checksums of its shards, with an
``.npy`` file for each array of a ``FrameStore`` and ``facts.json``, which vouches for them: size, time of change and
CRC-32 of each. A file whose size differs, or whose time and then checksum differ, is made again, as is whatever a kill
left half written; that costs no reading as long as nothing was touched. Folders may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import warnings
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.files import atomic_write, cache_dir, digest, read_json, write_json
from activevision.machine import spread
from activevision.progress import progress
from activevision.rollouts.frames import FrameStore, label_indices
from activevision.rollouts.manifest import Manifest, Source
from activevision.rollouts.shards import AGAIN, damage, stored_episodes, whole_manifest
from activevision.rollouts.storage import Storage
from activevision.rollouts.stored import DERIVED, MOTIONS, StoredEpisode
from activevision.rollouts.windows import Rows

_VERSION = 1
_FACTS = "facts.json"
_EPISODES = ("offsets", "label", "scene", "intrinsics")  # an entry an episode
_ALWAYS = (*_EPISODES, "rgb", "pose", "time", "twist")
_HEADER = 256  # bytes of the header of an NPY file, whose length is not known until its end
_CHUNK = 32  # frames that are decoded at a time


@dataclass(frozen=True, eq=False)
class CachedFrames(FrameStore):
    """A ``FrameStore`` of mapped files. Pickles as where they are, so that workers map them too.

    kept: (E,) the numbers of the episodes in their data set, of which some are missing where shards were left out.
    """

    folder: Path = Path()
    fields: tuple[str, ...] = ()
    kept: Rows = field(default_factory=lambda: np.arange(0))

    @property
    def numbers(self) -> Rows:
        return self.kept

    def __reduce__(self) -> tuple[Any, ...]:
        return _mapped, (self.folder, self.fields, self.key, self.classes, self.kept, self.source, self.left_out)


def cached_frames(folder: Path | str, fields: Sequence[str] = (), skip_damaged: bool = False) -> CachedFrames:
    """The frames of a whole data set in a folder or behind a URL, from the cache, into which they are put if need be.

    fields: names of arrays beside the frames and what is always there ("pose", "time", "twist", "intrinsics").
    skip_damaged: leave out shards that are missing or damaged, with a warning, instead of failing.

    Where all is in the cache, no shard is read. UserError where there are no rollouts or not all of them, for a damaged
    shard, for a field that the episodes do not have, and for frames of several sizes.
    """
    manifest, storage = whole_manifest(folder), Storage(folder)
    named = tuple(dict.fromkeys(name for name in fields if name not in DERIVED))
    place = cache_dir("frames") / digest(_VERSION, [shard.sha256 for shard in manifest.shards])
    with FileLock(place.with_suffix(".lock")):  # a killed process holds none
        facts = _intact(place)
        if skip_damaged and not facts["files"].keys() >= {*_ALWAYS, *named}:
            place = place.with_name(f"{place.name}-part")
            facts = _intact(place)
            if any(damage(storage, shard) is None for shard in manifest.shards if shard.name in facts["left_out"]):
                facts = _nothing()  # since mended
        facts = _complete(place, facts, manifest, storage, (*_ALWAYS, *named), skip_damaged)
    left_out = tuple(facts["left_out"].values())
    for line in left_out:
        warnings.warn(f"left out: {line}", stacklevel=3)
    key = digest(place.name, sorted(facts["left_out"]))
    there = [shard.name not in facts["left_out"] for shard in manifest.shards]
    kept = np.flatnonzero(np.repeat(there, [shard.episodes for shard in manifest.shards]))
    return _mapped(place, named, key, manifest.classes, kept, manifest.source, left_out)


def _mapped(
    folder: Path,
    fields: tuple[str, ...],
    key: str,
    classes: tuple[str, ...],
    kept: Rows,
    source: Source | None,
    left_out: tuple[str, ...],
) -> CachedFrames:
    offsets, label, scenes, intrinsics = (np.load(folder / f"{name}.npy") for name in _EPISODES)
    arrays = {name: _map(folder / f"{name}.npy") for name in ("rgb", "pose", "time", "twist", *fields)}
    of_motions = {"twist", *MOTIONS, *read_json(folder / _FACTS)["pairs"]} & arrays.keys()
    return CachedFrames(
        key=key,
        offsets=offsets,
        views={name: values for name, values in arrays.items() if name not in of_motions},
        motions={name: values for name, values in arrays.items() if name in of_motions},
        intrinsics=intrinsics,
        labels=label_indices(label.tolist(), classes),
        scenes=scenes,
        classes=classes,
        source=source,
        left_out=left_out,
        folder=folder,
        fields=fields,
        kept=kept,
    )


def _map(path: Path) -> NDArray[Any]:
    # copied on writing: torch warns of arrays that cannot be written to, and the file must not be
    return np.asarray(np.load(path, mmap_mode="c" if path.stat().st_size > _HEADER else None))


def _nothing() -> dict[str, Any]:
    """The facts of a folder that holds nothing yet."""
    return {"version": _VERSION, "sensors": [], "pairs": [], "left_out": {}, "files": {}}


def _intact(place: Path) -> dict[str, Any]:
    """The facts of a cache folder, of those files that are still what they vouch for."""
    if not (place / _FACTS).exists():
        return _nothing()
    try:
        facts = read_json(place / _FACTS)
        stamped = {name: _stamped(place / f"{name}.npy", entry) for name, entry in facts["files"].items()}
        intact = {**_nothing(), **facts, "files": {name: entry for name, entry in stamped.items() if entry}}
    except (UserError, KeyError, TypeError, AttributeError):
        return _nothing()
    if intact != facts:
        write_json(place / _FACTS, intact)
    return intact


def _stamped(path: Path, entry: dict[str, Any]) -> dict[str, Any] | None:
    """What is known of a file, with the time when it was last seen to be as it should; None where it is not."""
    try:
        state = path.stat()
        if state.st_size != entry["size"]:
            return None
        if state.st_mtime_ns != entry["changed"] and _crc(path) != entry["crc32"]:
            return None
    except FileNotFoundError:
        return None
    return {**entry, "changed": state.st_mtime_ns}


def _crc(path: Path) -> int:
    """CRC-32 of what follows the header of an NPY file, and of the header."""
    crc = 0
    with path.open("rb") as file:
        header = file.read(_HEADER)
        while block := file.read(1 << 24):
            crc = zlib.crc32(block, crc)
    return zlib.crc32(header, crc)


def _complete(
    place: Path,
    facts: dict[str, Any],
    manifest: Manifest,
    storage: Storage,
    names: Sequence[str],
    skip_damaged: bool,
) -> dict[str, Any]:
    """Make the arrays that the folder lacks, and note them."""
    missing = [name for name in names if name not in facts["files"]]
    if not missing:
        return facts
    place.mkdir(parents=True, exist_ok=True)
    for leftover in place.glob(".*"):  # of a kill in the middle of a write
        leftover.unlink()
    reader = _Reader(storage, manifest, missing, facts["left_out"], skip_damaged)
    files = reader.write(place)
    if facts["files"] and reader.left_out.keys() != facts["left_out"].keys():
        # a shard was damaged since, so what is there is of other episodes than what was just made
        return _complete(place, _nothing(), manifest, storage, names, skip_damaged)
    facts = {
        **facts,
        "sensors": reader.sensors,
        "pairs": reader.pairs,
        "left_out": reader.left_out,
        "files": {**facts["files"], **files},
    }
    write_json(place / _FACTS, facts)
    return facts


class _Reader:
    """Goes through a data set once and writes the arrays of some names."""

    def __init__(
        self, storage: Storage, manifest: Manifest, names: Sequence[str], left_out: dict[str, str], skip_damaged: bool
    ):
        self._storage, self._manifest, self._names, self._skip = storage, manifest, names, skip_damaged
        self.left_out = dict(left_out)
        self.sensors: list[str] = []
        self.pairs: list[str] = []

    def write(self, place: Path) -> dict[str, Any]:
        """The facts of the files, which appear when all of them are whole."""
        offsets, labels, scenes, intrinsics = [0], [], [], []
        with contextlib.ExitStack() as stack:
            advance = stack.enter_context(progress("Caching frames", self._manifest.frames, "frames"))
            columns = {
                name: _Column(name, stack.enter_context(atomic_write(place / f"{name}.npy"))) for name in self._names
            }
            for episode, start, rgb in spread(_decoded, self._parts()):
                if rgb is not None:
                    columns["rgb"].append(rgb, episode)
                    advance(len(rgb))
                if start > 0:
                    continue
                about = episode.about
                offsets.append(offsets[-1] + episode.views)
                labels.append(about["label"])
                scenes.append(about["scene_id"])
                intrinsics.append(about["intrinsics"])
                for name, column in columns.items():
                    if name not in ("rgb", *_EPISODES):
                        column.append(episode.twist if name == "twist" else episode.array(name), episode)
                if rgb is None:
                    advance(episode.views)
            if not labels:
                raise UserError(f"every shard of {self._storage} is missing or damaged: {AGAIN}.")
            table = zip(_EPISODES, (offsets, labels, scenes, intrinsics), strict=True)
            for name, values in table:
                if name in columns:
                    columns[name].append(np.array(values), None)
            facts = {name: column.finish() for name, column in columns.items()}
        for name, entry in facts.items():
            entry["changed"] = (place / f"{name}.npy").stat().st_mtime_ns
        return facts

    def _parts(self) -> Iterator[tuple[StoredEpisode, int, int]]:
        """Episodes, each with the frames of it that are to be decoded together; none of them where frames are not."""
        decode = "rgb" in self._names
        for shard in self._manifest.shards:
            if shard.name in self.left_out:
                continue
            try:
                episodes = stored_episodes(self._storage, shard)
            except UserError as error:
                if not self._skip:
                    raise
                self.left_out[shard.name] = str(error)
                continue
            for episode in episodes:
                self._check_names(episode)
                if not decode:
                    yield episode, 0, 0
                    continue
                for start in range(0, episode.views, _CHUNK):
                    yield episode, start, min(start + _CHUNK, episode.views)

    def _check_names(self, episode: StoredEpisode) -> None:
        self.sensors, self.pairs = self.sensors or episode.sensors, self.pairs or episode.pairs
        for name in self._names:
            if name not in _ALWAYS:
                episode.between(name)  # raises for one that there is not


def _decoded(part: tuple[StoredEpisode, int, int]) -> tuple[StoredEpisode, int, NDArray[np.uint8] | None]:
    episode, start, stop = part
    return episode, start, episode.rgb(range(start, stop)) if stop else None


class _Column:
    """An NPY file that grows along its first axis."""

    def __init__(self, name: str, file: IO[bytes]):
        self._name, self._file = name, file
        self._kind: tuple[np.dtype, tuple[int, ...]] | None = None
        self._count, self._crc = 0, 0

    def append(self, array: NDArray[Any], episode: StoredEpisode | None) -> None:
        kind = array.dtype, array.shape[1:]
        if self._kind is None:
            self._kind = kind
            self._file.write(self._header())
        if kind != self._kind:
            there, here = (f"{'×'.join(map(str, shape)) or 'one value'} {dtype}" for dtype, shape in (self._kind, kind))
            where = "" if episode is None else f" of {episode.path}"
            raise UserError(
                f"{self._name}{where} is {here} where it was {there} before: a data set needs frames of one size, so "
                "collect those of others into a folder of their own."
            )
        data = np.ascontiguousarray(array).data.cast("B") if array.size else b""
        self._file.write(data)
        self._crc = zlib.crc32(data, self._crc)
        self._count += len(array)

    def finish(self) -> dict[str, Any]:
        """Put the length into the header; the facts of the file, but for its time."""
        size = self._file.tell()
        header = self._header()
        self._file.seek(0)
        self._file.write(header)
        return {"size": size, "crc32": zlib.crc32(header, self._crc)}

    def _header(self) -> bytes:
        assert self._kind is not None
        dtype, shape = self._kind
        text = repr({"descr": dtype.str, "fortran_order": False, "shape": (self._count, *shape)}).encode()
        return b"\x93NUMPY\x01\x00" + (_HEADER - 10).to_bytes(2, "little") + text.ljust(_HEADER - 11) + b"\n"
