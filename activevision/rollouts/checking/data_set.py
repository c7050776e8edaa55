"""Whether the files of a data set are whole, and what is in them: facts, and what is damaged, by name."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.progress import progress
from activevision.rollouts.checking.episode import false_claims
from activevision.rollouts.manifest import Manifest, Shard
from activevision.rollouts.shards import AGAIN, ANEW, Episode, checksum, index_name, read_index, stored_index
from activevision.rollouts.storage import Storage
from activevision.rollouts.stored import StoredEpisode

_NAMED = 3  # episodes of a shard that a line names, at most
_RECORDER = "the bytes are as they were written, so mend what recorded them and collect into another folder"


@dataclass(frozen=True)
class Health:
    """What was found.

    problems: a line for each damaged shard: its name, what is wrong and what to do.
    bytes: of the shards that are there. scenes: how many there are. sensors: name and shape of what a view holds.
    seconds: of the episodes; None where it is not known without reading them.
    """

    manifest: Manifest
    problems: tuple[str, ...] = ()
    bytes: int = 0
    scenes: int = 0
    sensors: tuple[str, ...] = ()
    seconds: float | None = None


@dataclass
class _Shard:
    """What was found in one."""

    wrong: list[str] = field(default_factory=list)
    remedies: list[str] = field(default_factory=list)
    scenes: set[str] = field(default_factory=set)
    sensors: tuple[str, ...] = ()
    seconds: float = 0.0

    def add(self, what: str, remedy: str) -> None:
        self.wrong.append(what)
        if remedy not in self.remedies:
            self.remedies.append(remedy)


def check_data_set(folder: Path | str, deep: bool = False) -> Health:
    """Compare a data set with its manifest; ``deep`` decodes every episode and checks what it claims.

    Raises UserError where there is no manifest that can be read.
    """
    storage = Storage(folder)
    manifest = Manifest.read(storage)
    problems: list[str] = []
    scenes: set[str] = set()
    sensors: tuple[str, ...] = ()
    seconds, size = 0.0, 0
    with progress("Checking", manifest.finished, "episodes") as advance:
        for shard in manifest.shards:
            found = _check(storage, shard, deep, advance)
            if found.wrong:
                problems.append(f"{storage}/{shard.name}: {'; '.join(found.wrong)}: {', and '.join(found.remedies)}.")
            scenes |= found.scenes
            seconds += found.seconds
            sensors = sensors or found.sensors
            size += storage.size(shard.name) if storage.exists(shard.name) else 0
    problems += _whole(storage, manifest)
    rate = manifest.settings.get("rate")
    known = seconds if deep else (manifest.frames - manifest.finished) / rate if rate else None
    return Health(manifest, tuple(problems), size, len(scenes), sensors, known)


def _whole(storage: Storage, manifest: Manifest) -> list[str]:
    problems = []
    stray = sorted(set(storage.names("shard-*.tar")) - {shard.name for shard in manifest.shards})
    if stray:
        problems.append(
            f"{storage}: {', '.join(stray)} {'is' if len(stray) == 1 else 'are'} not in the manifest: "
            f"{AGAIN}, or delete what does not belong there."
        )
    if manifest.finished != manifest.episodes:
        problems.append(
            f"{storage}: {manifest.finished} of {manifest.episodes} episodes are there: {AGAIN} to finish it."
        )
    return problems


def _check(storage: Storage, shard: Shard, deep: bool, advance: Callable[[int], None]) -> _Shard:
    found = _Shard()
    if not storage.exists(shard.name):
        found.add("is missing", ANEW)
        advance(shard.episodes)
        return found
    intact = checksum(storage, shard.name) == shard.sha256
    if not intact:
        found.add("does not have the checksum in its manifest", ANEW)
    episodes = _index(storage, shard, found, intact)
    found.scenes = {episode.scene_id for episode in episodes}
    bad: list[str] = []
    for number, episode in enumerate(episodes):
        if deep or (number == 0 and intact):
            complaint = _episode(storage, shard, episode, found, deep)
            if complaint:
                bad.append(f"episode {int(episode.key)}: {complaint}")
        if deep:
            advance(1)
    if not deep:
        advance(shard.episodes)
    if bad:
        more = [f"and {len(bad) - _NAMED} more episodes"] if len(bad) > _NAMED else []
        found.add("; ".join(bad[:_NAMED] + more), _RECORDER if intact else ANEW)
    return found


def _index(storage: Storage, shard: Shard, found: _Shard, intact: bool) -> list[Episode]:
    """The shard's episodes, where they can be known without trusting a damaged file."""
    name = index_name(shard.name)
    try:
        return stored_index(storage, shard)
    except FileNotFoundError:
        return read_index(storage, shard) if intact else []
    except ValueError as error:
        found.add(f"{name} {error}", f"delete {name}, which readers do without, and check again")
        return []


def _episode(storage: Storage, shard: Shard, episode: Episode, found: _Shard, deep: bool) -> str | None:
    """What is wrong with an episode, or None. What it holds is noted in ``found``."""
    path = f"{storage}/{shard.name}"
    try:
        with storage.open(shard.name) as file:
            file.seek(episode.offset)
            data = file.read(episode.size)
        rollout = StoredEpisode(data, path).rollout()
        stored = _arrays(data, episode.key)
    except Exception as error:  # whatever bytes that are no episode make the readers raise
        return f"does not decode ({error.__context__ or error})"
    found.seconds += float(rollout.time[-1] - rollout.time[0])
    if not found.sensors:
        found.sensors = tuple(
            f"{name} {' × '.join(map(str, values.shape[1:]))}".strip()
            for name, values in {"rgb": rollout.rgb, **rollout.sensors, **rollout.pairs}.items()
        )
    if not deep:
        return None
    entry = (episode.views, episode.label, episode.scene_id)
    if (rollout.views, rollout.label, rollout.scene_id) != entry:
        return "its index gives it other views, another label or another scene"
    return "; ".join(false_claims(rollout, stored)) or None


def _arrays(data: bytes, key: str) -> dict[str, NDArray[Any]]:
    """The motions as they are written, by name. KeyError where an array belongs to an episode of another key."""
    arrays = {}
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as tar:
        for member in tar:
            owner, _, name = member.name.partition(".")
            if owner != key:
                raise KeyError(f"{member.name} within episode {key}")
            if name in ("egomotion.npy", "egomotion_twist.npy", "commanded_twist.npy"):
                content = tar.extractfile(member)
                assert content is not None
                arrays[name.removesuffix(".npy")] = np.load(io.BytesIO(content.read()), allow_pickle=False)
    return arrays
