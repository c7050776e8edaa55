"""Episodes by their numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activevision.errors import UserError
from activevision.rollouts.manifest import Manifest, Shard
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import AGAIN, Episode, read_episode, read_index
from activevision.rollouts.storage import Storage


@dataclass(frozen=True)
class Numbered:
    """An episode of a data set, which is not read yet."""

    number: int
    shard: Shard
    entry: Episode


def numbered(storage: Storage, manifest: Manifest) -> Iterator[Numbered]:
    """The episodes of all finished shards, in order, as their indices tell of them."""
    for shard in manifest.shards:
        for entry in read_index(storage, shard):
            yield Numbered(int(entry.key), shard, entry)


def read_numbered(storage: Storage, episode: Numbered) -> Rollout:
    """UserError where its bytes are damaged."""
    return read_episode(storage, episode.shard, episode.entry)


def made_by(spec: Mapping[str, Any]) -> str:
    """The environment, the motion or the data set that episodes are of, by their spec."""
    return str(next((spec[word] for word in ("id", "motion", "dataset") if spec.get(word)), "not recorded"))


def chosen_episodes(folder: Path | str, numbers: Iterable[int]) -> list[Numbered]:
    """The episodes of these numbers. UserError for one that the data set does not have."""
    storage = Storage(folder)
    found = {episode.number: episode for episode in numbered(storage, Manifest.read(storage))}
    if not found:
        raise UserError(f"{folder} holds no finished episodes: {AGAIN}.")
    for number in numbers:
        if number not in found:
            raise UserError(f"no episode {number} in {folder}: choose from {min(found)} to {max(found)}.")
    return [found[number] for number in numbers]
