"""``Recording``: a folder of what was played, in the format that ``activevision collect`` writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from activevision.errors import UserError
from activevision.rollouts.manifest import FILE, Manifest, Source
from activevision.rollouts.recorder import episode_seed
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import read_rollouts, shard_name, write_shard
from activevision.rollouts.storage import Storage


class Recording:
    """Rollouts of a folder, one to a shard, so that each is whole on disk as soon as it is over.

    Opening a folder that was played in before goes on with it: its episodes are not played again.

    UserError where the folder holds rollouts of other settings.
    """

    def __init__(self, folder: Path, settings: Mapping[str, Any], source: Source):
        self.folder, self.settings = folder, settings
        self.rollouts: list[Rollout] = []
        self._manifest = Manifest(settings, source, 0)
        if (folder / FILE).exists():
            self._manifest = Manifest.read(folder)
            if (self._manifest.settings, self._manifest.source) != (settings, source):
                raise UserError(f"{folder} holds other rollouts than these: choose another --out, or delete it.")
            self.rollouts = list(read_rollouts(folder))
        elif any(folder.glob("shard-*.tar")):
            raise UserError(f"{folder} holds shards without a {FILE}: choose an empty --out.")
        self._begun = 0

    def next_seed(self) -> int:
        """Of the next episode: the first of those that ``collect`` numbers for this seed which was not played yet."""
        played = {rollout.seed for rollout in self.rollouts}
        while True:
            seed = episode_seed(self._manifest.settings["seed"], self._begun)
            self._begun += 1
            if seed not in played:
                return seed

    def add(self, rollout: Rollout) -> None:
        """Write one more. A kill at any moment leaves the folder as it was before or after."""
        number = len(self.rollouts)
        shard = write_shard(Storage(self.folder), shard_name(number), number, [rollout])
        self._manifest = replace(self._manifest, episodes=number + 1, shards=(*self._manifest.shards, shard))
        self._manifest.write(self.folder)
        self.rollouts.append(rollout)
