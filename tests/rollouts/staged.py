"""A stage of made-up scenes whose pixels tell the pose and the scene, for tests of ``FilmRecorder``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from walkable import closet, places

from activevision.rollouts.film import FilmRecorder
from activevision.rollouts.paths import Place, get_path


@dataclass(frozen=True)
class Listed:
    id: str
    label: str
    key: str


class Staged:
    """``count`` scenes of a kind; those in ``cramped`` have no room to drive in. Counts how often each is made."""

    def __init__(self, kind: str = "object", count: int = 5, cramped: Sequence[int] = ()):
        self.kind, self.cramped = kind, cramped
        self.entries = [Listed(f"scene-{i}", "ab"[i % 2], f"key {i}") for i in range(count)]
        self.classes = ("a", "b")
        self.spec = {"catalogue": "staged"}
        self.simulator = {"simulator": "none", "version": 1}
        self.closed = False

    def place(self, index: int) -> Place:
        return replace(closet() if index in self.cramped else places(self.kind), id=self.entries[index].id)

    def render(self, index: int, poses: np.ndarray, camera: Any, sensors: Sequence[str]) -> dict[str, np.ndarray]:
        views = (len(poses), camera.height, camera.width)
        where = np.abs(poses[:, :3, 3]) * 50 + 20 * index
        images = {
            "rgb": np.broadcast_to(where[:, None, None], (*views, 3)).astype(np.uint8),
            "depth": np.broadcast_to(poses[:, 1, 3, None, None], views).astype(np.float32),
            "instance": np.full(views, index, np.int32),
        }
        return {name: images[name] for name in sensors}

    def close(self) -> None:
        self.closed = True


class Distances:
    """Pairs that tell how far it is from each view to the next."""

    name = "distances"

    def __call__(self, sensors: Any, pose: np.ndarray, camera: Any) -> dict[str, np.ndarray]:
        assert "rgb" not in sensors
        return {"distance": np.linalg.norm(np.diff(pose[:, :3, 3], axis=0), axis=1)}


def recorder(
    motion: str = "orbit", seed: int = 0, kind: str = "object", count: int = 5, **settings: Any
) -> FilmRecorder:
    return FilmRecorder(Staged(kind, count), get_path(motion), seed, **{"views": 12, **settings})
