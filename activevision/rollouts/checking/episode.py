"""What must hold in every episode: identities between poses, egomotions and twists, and what the sensors agree on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.geometry import exp_se3, invert
from activevision.rollouts.projection import pixel_centres, project, rays, transform
from activevision.rollouts.rollout import Rollout

_EXACT = 1e-8  # of float64 matrices that were multiplied once or twice; lengths count relative to the longest
_COMPOSED = 1e-6  # of a whole episode's egomotions, multiplied one after the other
_ROTATION = 1e-6
_PIXELS = 0.5
_COMPARED = 20_000  # pixels of a pair of views, at most


def false_claims(rollout: Rollout, stored: Mapping[str, NDArray[Any]]) -> list[str]:
    """What does not hold in an episode, each with where and by how much; empty where all does.

    stored: the arrays as they stand in the file, by name: "egomotion", "egomotion_twist" and "commanded_twist" follow
    from what a rollout holds and are compared with it.
    """
    wrong = [*_numbers(rollout), *_rotations(rollout)]
    if wrong:
        return wrong  # what follows would only repeat it
    return [*_motions(rollout, stored), *_sensors(rollout), *_flow(rollout)]


def _numbers(rollout: Rollout) -> Iterator[str]:
    for name in ("time", "pose", "commanded", "intrinsics"):
        if not np.isfinite(getattr(rollout, name)).all():
            yield f"{name} has numbers that are not finite"
    if not np.all(np.diff(rollout.time) > 0):
        yield "time does not rise"
    if np.isfinite(rollout.intrinsics).all() and np.linalg.matrix_rank(rollout.intrinsics) < 3:
        yield "intrinsics cannot be inverted"


def _rotations(rollout: Rollout) -> Iterator[str]:
    for name in ("pose", "commanded"):
        matrices = getattr(rollout, name)
        rotation = matrices[:, :3, :3]
        off = np.abs(rotation @ np.swapaxes(rotation, 1, 2) - np.eye(3)).max(axis=(1, 2), initial=0.0)
        off = np.where(np.linalg.det(rotation) > 0, off, np.inf)
        off = np.maximum(off, np.abs(matrices[:, 3] - [0, 0, 0, 1]).max(axis=1))
        yield from _beyond(off, _ROTATION, f"{name} is no rotation and translation", "at")


def _motions(rollout: Rollout, stored: Mapping[str, NDArray[Any]]) -> Iterator[str]:
    scale = 1.0 + float(np.abs(rollout.pose[:, :3, 3]).max())
    pairs = {
        "egomotion": (rollout.egomotion, "is not the difference of the poses"),
        "egomotion_twist": (rollout.egomotion, "is not the logarithm of the egomotion"),
        "commanded_twist": (rollout.commanded, "is not the logarithm of what was commanded"),
    }
    for name, (expected, complaint) in pairs.items():
        if name not in stored:
            yield f"{name}.npy is missing"
            continue
        values = np.asarray(stored[name], np.float64)
        shape = expected.shape if name == "egomotion" else (len(expected), 6)
        if values.shape != shape:
            yield f"{name} is {values.shape} instead of {shape}"
            continue
        # twists are compared as transforms: near half a turn two of them are the same motion
        found = values if name == "egomotion" else exp_se3(values)
        off = np.abs(found - expected).max(axis=(1, 2), initial=0.0)
        yield from _beyond(np.where(np.isfinite(off), off, np.inf), _EXACT * scale, f"{name} {complaint}", "motion")
    end = rollout.pose[0]
    for motion in np.asarray(stored.get("egomotion", rollout.egomotion), np.float64):
        end = end @ motion
    off_end = float(np.abs(end - rollout.pose[-1]).max())
    if not off_end <= _COMPOSED * scale:
        yield f"the egomotions one after the other do not lead to the last pose (off by {off_end:.1e})"


def _sensors(rollout: Rollout) -> Iterator[str]:
    size = rollout.rgb.shape[:3]
    for name in ("depth", "instance", "category"):
        values = rollout.sensors.get(name)
        if values is None:
            continue
        if values.shape != size:
            yield f"{name} is {values.shape} instead of {size}"
        elif not np.isfinite(values).all() or (values < 0).any():
            yield f"{name} has entries that are negative or not finite"


def _flow(rollout: Rollout) -> Iterator[str]:
    """Flow against reprojection of the depth, where both are as they were rendered."""
    depth = rollout.sensors.get("depth")
    if depth is None or depth.shape != rollout.rgb.shape[:3] or is_noisy(rollout):
        return
    height, width = rollout.rgb.shape[1:3]
    stride = max(1, math.ceil(math.sqrt(height * width / _COMPARED)))
    centres, seen = pixel_centres(height, width, stride), rays(rollout, stride)
    for name, start, motions in (
        ("flow_forward", 0, invert(rollout.egomotion)),
        ("flow_backward", 1, rollout.egomotion),
    ):
        flow = rollout.pairs.get(name)
        if flow is None:
            continue
        if flow.shape != (rollout.views - 1, height, width, 2):
            yield f"{name} is {flow.shape} instead of {(rollout.views - 1, height, width, 2)}"
            continue
        mask = rollout.pairs.get(f"{name}_covisible", rollout.pairs.get(f"{name}_valid"))
        off = np.zeros(rollout.views - 1)
        for t, motion in enumerate(motions):
            metres = depth[t + start, ::stride, ::stride]
            compared = (metres > 0) if mask is None else (metres > 0) & mask[t, ::stride, ::stride]
            places = project(rollout, transform(motion, metres[..., None] * seen))
            error = places - centres - flow[t, ::stride, ::stride]
            if rollout.camera == "equirectangular":
                error[..., 0] -= width * np.round(error[..., 0] / width)
            distance = np.linalg.norm(error, axis=-1)[compared]
            off[t] = np.where(np.isnan(distance), np.inf, distance).max(initial=0.0)
        yield from _beyond(off, _PIXELS, f"{name} is not where depth and egomotion put the points, in pixels", "motion")


def is_noisy(rollout: Rollout) -> bool:
    """Whether noise was put on what the sensors show, so that they need not agree with the poses."""
    return rollout.protocol.get("sensor_noise", "none") not in (None, "none")


def _beyond(off: NDArray[np.float64], limit: float, complaint: str, what: str) -> Iterator[str]:
    bad = np.flatnonzero(~(off <= limit))
    if len(bad):
        worst = int(bad[np.argmax(off[bad])])
        more = f", {len(bad)} such" if len(bad) > 1 else ""
        yield f"{complaint} ({what} {worst}: off by {off[worst]:.1e}{more})"
