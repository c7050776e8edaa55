"""What the depth of a rollout shows of its surroundings, as points in world coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from activevision.rollouts.projection import rays, transform
from activevision.rollouts.rollout import Rollout

_NEAR_FLOOR, _OVERHEAD = 0.15, 0.3  # metres over the lowest point and over the camera


def seen_points(rollout: Rollout, most: int) -> list[NDArray[np.float64]]:
    """Points (N, 3) that each view sees, about ``most`` of them at most; none without depth."""
    depth = rollout.sensors.get("depth")
    if depth is None:
        return [np.zeros((0, 3)) for _ in range(rollout.views)]
    stride = _stride(depth, most)
    directions = rays(rollout, stride)
    points = []
    for metres, pose in zip(depth[:, ::stride, ::stride], rollout.pose, strict=True):
        hit = metres > 0
        points.append(transform(pose, metres[hit][:, None] * directions[hit]))
    return points


def seen_colours(rollout: Rollout, most: int) -> list[NDArray[np.uint8]]:
    """Colours (N, 3) of ``seen_points``, for a rollout with depth."""
    depth = rollout.sensors["depth"]
    stride = _stride(depth, most)
    views = zip(depth[:, ::stride, ::stride], rollout.rgb[:, ::stride, ::stride], strict=True)
    return [colours[metres > 0] for metres, colours in views]


def _stride(depth: NDArray, most: int) -> int:
    return max(1, round((depth[0].size / most) ** 0.5))


def standing_points(rollout: Rollout, most: int) -> list[NDArray[np.float32]]:
    """From above, (N, 2) x and z of what each view sees between the floor and overhead: walls and furniture."""
    seen = seen_points(rollout, most)
    together = np.concatenate(seen)
    if not len(together):
        return [points[:, [0, 2]].astype(np.float32) for points in seen]
    lowest = np.percentile(together[:, 1], 1) + _NEAR_FLOOR
    highest = rollout.pose[:, 1, 3].min() + _OVERHEAD
    return [points[(points[:, 1] > lowest) & (points[:, 1] < highest)][:, [0, 2]].astype(np.float32) for points in seen]
