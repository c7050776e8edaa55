"""WebDataset tars, a sample a frame or a clip, that ``webdataset``'s standard decoders read.

A frame's sample has the key ``EEEEEE_TTTTTT`` of its episode and view, and

``png``        the view
``json``       label, scene_id, time, intrinsics (3, 3), camera, episode, view, and spec, what made it
``cls``        the label's index in the data set's classes, where there is a label
``pose.npy``   (4, 4) float64 world_from_camera, +Y up, the camera looks along −Z
``NAME.npy``   each further sensor

A clip of n frames, ``clip=n``, has ``000.png`` to ``NNN.png``, arrays with n rows instead, and ``egomotion.npy`` and
``commanded.npy`` (n − 1, 4, 4), ``collided.npy`` and pairs as ``NAME.npy``, one entry a motion. Clips do not overlap;
what is left of an episode that no clip fits into is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from activevision.errors import UserError
from activevision.optional import require
from activevision.rollouts.exporters.exporter import png
from activevision.rollouts.manifest import Manifest
from activevision.rollouts.rollout import Rollout

_SAMPLES_PER_SHARD = 10_000
_BYTES_PER_SHARD = 1e9


@dataclass(frozen=True)
class WebDatasetExporter:
    """clip: frames a sample."""

    name: ClassVar[str] = "webdataset"

    clip: int = 1

    def __post_init__(self) -> None:
        require("webdataset", "webdataset")
        if self.clip < 1:
            raise UserError(f"--clip {self.clip}: a sample has at least one frame.")

    @property
    def pairs(self) -> bool:
        return self.clip > 1

    def has_place_for(self, sensor: str) -> bool:
        return True

    def write(self, manifest: Manifest, rollouts: Iterator[Rollout], out: Path) -> None:
        webdataset = require("webdataset", "webdataset")
        samples = 0
        pattern = str(out).replace("%", "%%") + "/shard-%06d.tar"
        # times and owners are fixed, so that equal rollouts are equal bytes
        writer = webdataset.ShardWriter(pattern, _SAMPLES_PER_SHARD, _BYTES_PER_SHARD, verbose=0, mtime=0)
        with writer:
            for episode, rollout in enumerate(rollouts):
                for start in range(0, rollout.views - self.clip + 1, self.clip):
                    writer.write(self._sample(manifest, episode, rollout, start))
                    samples += 1
        if not samples:
            raise UserError(f"--clip {self.clip}: no episode has as many views: ask for shorter ones.")

    def _sample(self, manifest: Manifest, episode: int, rollout: Rollout, start: int) -> dict[str, Any]:
        views, motions = slice(start, start + self.clip), slice(start, start + self.clip - 1)
        about = {
            "label": rollout.label,
            "scene_id": rollout.scene_id,
            "intrinsics": rollout.intrinsics.tolist(),
            "camera": rollout.camera,
            "episode": episode,
            "spec": dict(rollout.spec),
        }
        sample: dict[str, Any] = {"__key__": f"{episode:06d}_{start:06d}"}
        if rollout.label:
            sample["cls"] = manifest.classes.index(rollout.label)
        per_view = {"pose": rollout.pose, **rollout.sensors}
        if self.clip == 1:
            sample["json"] = {**about, "time": float(rollout.time[start]), "view": start}
            sample["png"] = png(rollout.rgb[start])
            return {**sample, **{f"{name}.npy": values[start] for name, values in per_view.items()}}
        sample["json"] = {**about, "time": rollout.time[views].tolist(), "view": list(range(*views.indices(10**9)))}
        sample |= {f"{i:03d}.png": png(image) for i, image in enumerate(rollout.rgb[views])}
        per_motion = {"egomotion": rollout.egomotion, "commanded": rollout.commanded, "collided": rollout.collided}
        sample |= {f"{name}.npy": values[views] for name, values in per_view.items()}
        return sample | {f"{name}.npy": values[motions] for name, values in (per_motion | dict(rollout.pairs)).items()}
