"""One pass over a data set that gathers what its page shows: all of its indices, and so many of its episodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.geometry import log_se3
from activevision.progress import progress
from activevision.rollouts.looking.episodes import Numbered, made_by, numbered, read_numbered
from activevision.rollouts.looking.standing import standing_points
from activevision.rollouts.looking.viewpoints import MOVE, kind_of
from activevision.rollouts.manifest import Manifest
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import AGAIN
from activevision.rollouts.storage import Storage

TILES, MAPS, SAMPLES = 36, 12, 2
_STRIP = 8  # frames of a tile
_POINTS = 1200  # of a view that are looked at for what stands on the floor
_PIXELS = 2000  # of a view that count for the histogram of depths
DEPTH_BINS = np.geomspace(0.05, 200.0, 221)


@dataclass(frozen=True, eq=False)
class Track:
    """The motion of an episode: all of it but the sensors. As in ``Rollout``, with twists (T − 1, 6)."""

    number: int
    scene_id: str
    label: str
    time: NDArray[np.float64]
    pose: NDArray[np.float64]
    twist: NDArray[np.float64]
    commanded: NDArray[np.float64]
    collided: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Tile:
    """An episode on the contact sheet, in frames (K, H, W, 3) spread over it."""

    number: int
    scene_id: str
    label: str
    frames: NDArray[np.uint8]


@dataclass(eq=False)
class Survey:
    """What a data set holds.

    entries: all its episodes. tracks: of those that were read. tiles: for the contact sheet. samples: whole episodes.
    depths: counts of pixels in DEPTH_BINS; nothing_hit: share of pixels without depth. Both None without the sensor.
    floors: points (N, 2) x, z of what stands on the floor of scenes in world coordinates, where depth tells of it.
    """

    folder: str
    manifest: Manifest
    bytes: int
    entries: Sequence[Numbered]
    tracks: list[Track] = field(default_factory=list)
    tiles: list[Tile] = field(default_factory=list)
    samples: list[Rollout] = field(default_factory=list)
    depths: NDArray[np.int64] | None = None
    nothing_hit: float | None = None
    floors: dict[str, list[NDArray[np.float32]]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return kind_of([track.pose for track in self.tracks])

    @property
    def scenes(self) -> Counter[str]:
        return Counter(episode.entry.scene_id for episode in self.entries)

    @property
    def labels(self) -> Counter[str]:
        """Episodes of each class; those without a label do not count."""
        return Counter(episode.entry.label for episode in self.entries if episode.entry.label)

    @property
    def views(self) -> NDArray[np.int64]:
        return np.array([episode.entry.views for episode in self.entries])

    @property
    def mapped_scenes(self) -> list[str]:
        """The scenes with most episodes, which get a map."""
        return [scene for scene, _ in self.scenes.most_common(MAPS)]


def survey(folder: Path | str, most: int) -> Survey:
    """Read at most ``most`` evenly spread episodes of a data set beside those on the contact sheet.

    UserError where no episode is finished, for a damaged episode, and for ``most`` below 1.
    """
    if most < 1:
        raise UserError(f"episodes={most}: read at least one.")
    storage = Storage(folder)
    manifest = Manifest.read(storage)
    entries = list(numbered(storage, manifest))
    if not entries:
        raise UserError(f"{folder} holds no finished episodes: {AGAIN}.")
    size = sum(storage.size(shard.name) for shard in manifest.shards if storage.exists(shard.name))
    result = Survey(str(folder), manifest, size, entries)
    spread = set(np.linspace(0, len(entries) - 1, min(most, len(entries))).round().astype(int).tolist())
    tiles = _for_tiles(entries)
    samples = _for_samples(entries, sorted(spread))
    mapped = set(result.mapped_scenes)
    depth = _Depths()
    wanted = sorted(spread | set(tiles) | set(samples))
    with progress("Reading episodes", len(wanted), "episodes") as advance:
        for index in wanted:
            rollout = read_numbered(storage, entries[index])
            number = entries[index].number
            if index in spread:
                result.tracks.append(_track(number, rollout))
                depth.add(rollout)
                if rollout.scene_id in mapped and "depth" in rollout.sensors:
                    result.floors.setdefault(rollout.scene_id, []).extend(standing_points(rollout, _POINTS))
            if index in tiles:
                shown = np.linspace(0, rollout.views - 1, min(_STRIP, rollout.views)).round().astype(int)
                result.tiles.append(Tile(number, rollout.scene_id, rollout.label, rollout.rgb[shown]))
            if index in samples:
                result.samples.append(rollout)
            advance(1)
    result.tiles.sort(key=lambda tile: (tile.label, tile.scene_id))
    result.depths, result.nothing_hit = depth.counts, depth.nothing_hit
    if result.kind != MOVE:
        result.floors.clear()
    return result


def _track(number: int, rollout: Rollout) -> Track:
    return Track(
        number,
        rollout.scene_id,
        rollout.label,
        rollout.time,
        rollout.pose,
        rollout.twist,
        log_se3(rollout.commanded),
        rollout.collided,
    )


def _for_tiles(entries: Sequence[Numbered]) -> set[int]:
    """Indices of episodes of different scenes, as many of one class as of another as far as they go."""
    by_class: dict[str, dict[str, int]] = {}
    for index, episode in enumerate(entries):
        by_class.setdefault(episode.entry.label, {}).setdefault(episode.entry.scene_id, index)
    queues = [list(scenes.values()) for scenes in by_class.values()]
    chosen: list[int] = []
    for turn in range(max(map(len, queues))):
        chosen += [queue[turn] for queue in queues if turn < len(queue)]
    return set(chosen[:TILES])


def _for_samples(entries: Sequence[Numbered], among: Sequence[int]) -> set[int]:
    """The longest episode, and the longest one of another class or else another scene."""
    ordered = sorted(among, key=lambda index: -entries[index].entry.views)
    first = entries[ordered[0]].entry
    others = [i for i in ordered[1:] if entries[i].entry.label != first.label] or [
        i for i in ordered[1:] if entries[i].entry.scene_id != first.scene_id
    ]
    return {ordered[0], *others[: SAMPLES - 1]}


class _Depths:
    """A histogram of depths that grows by episodes."""

    def __init__(self) -> None:
        self.counts: NDArray[np.int64] | None = None
        self._seen = self._nothing = 0

    def add(self, rollout: Rollout) -> None:
        depth = rollout.sensors.get("depth")
        if depth is None:
            return
        stride = max(1, round((depth[0].size / _PIXELS) ** 0.5))
        depth = depth[:, ::stride, ::stride]
        hit = depth[depth > 0]
        counts, _ = np.histogram(np.clip(hit, DEPTH_BINS[0], DEPTH_BINS[-1]), DEPTH_BINS)
        self.counts = counts if self.counts is None else self.counts + counts
        self._seen += depth.size
        self._nothing += depth.size - hit.size

    @property
    def nothing_hit(self) -> float | None:
        return self._nothing / self._seen if self._seen else None


def settings_in_words(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What a manifest's settings say that people ask for; the rest stands in the manifest."""
    spec = settings.get("spec") or {}
    protocol = settings.get("protocol") or {}
    found = {
        "made by": made_by(spec),
        "protocol": protocol.get("name"),
        "policy": settings.get("policy"),
        "seed": settings.get("seed"),
        "views per second": settings.get("rate"),
        "frames stored as": settings.get("image"),
        "between views": settings.get("pairs") if settings.get("pairs") != "none" else None,
    }
    return {name: value for name, value in found.items() if value is not None}
