"""Windows that any objective can learn from: bright things on a backdrop before a moving camera, with ids and flow."""

from __future__ import annotations

from functools import cache

import numpy as np

from activevision.encoders.objectives.objective import Objective
from activevision.geometry import exp_se3
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import FrameStore
from activevision.rollouts.windows import Windows

SIZE = 16


def windows_for(kind: type[Objective], seed: int = 0) -> WindowDataset:
    """As long, and with such fields, as an objective needs; where it asks for intrinsics, with parallax."""
    depth = 0.5 if "intrinsics" in kind.fields else 1.0
    return sliding(max(kind.length, 2), kind.fields, seed=seed, thing_depth=depth)


@cache
def sliding(
    length: int, fields: tuple[str, ...] = (), episodes: int = 40, seed: int = 0, thing_depth: float = 1.0
) -> WindowDataset:
    """A camera that slides sideways past a plane 1 m away, with a disc (class 0) or a square (class 1) on it, or before
    it at ``thing_depth`` metres.

    Frames (SIZE, SIZE) with a focal length of SIZE pixels, so that a slide of 1 / SIZE m moves the image by one pixel.
    Each episode keeps to one direction and to one speed of 1 to 3 pixels a view; the twist, the flow in both directions
    with its masks, depth, instance (0 the backdrop, 1 the thing) and category follow from it exactly.
    """
    generator = np.random.default_rng(seed)
    views = length + 3
    labels = np.arange(episodes) % 2
    speed = generator.integers(1, 4, episodes) * generator.choice([-1, 1], episodes)
    wide = SIZE * 8
    rows, columns = np.mgrid[0:SIZE, 0:wide]
    frames = np.zeros((episodes, views, SIZE, SIZE, 3), np.uint8)
    instance = np.zeros((episodes, views, SIZE, SIZE), np.int32)
    start = generator.integers(-2, 3, episodes)
    for e in range(episodes):
        backdrop = generator.normal(size=(SIZE // 2, wide // 2, 3)).repeat(2, 0).repeat(2, 1) * 25 + 90
        y, x = generator.integers(5, 11), wide // 2 + generator.integers(-2, 3)
        inside = np.hypot(rows - y, columns - x) < 4 if labels[e] == 0 else np.maximum(
            abs(rows - y), abs(columns - x)) < 3.5  # fmt: skip
        colour = generator.uniform(150, 255, 3)
        for t in range(views):
            slid = speed[e] * (t - views // 2)
            thing = np.roll(inside, -round(slid * (1 / thing_depth - 1)), 1)
            world = np.where(thing[..., None], colour, backdrop).clip(0, 255).astype(np.uint8)
            left = wide // 2 - SIZE // 2 + start[e] + slid
            frames[e, t], instance[e, t] = world[:, left : left + SIZE], thing[:, left : left + SIZE]
    twists = np.zeros((episodes, views - 1, 6), np.float32)
    twists[..., 0] = speed[:, None] / SIZE
    slide = speed[:, None, None, None] * np.where(instance, 1 / thing_depth, 1)  # pixels to the left
    forward, seen_forward, still_forward = _flow(-slide[:, :-1], instance[:, :-1], instance[:, 1:])
    backward, seen_backward, still_backward = _flow(slide[:, 1:], instance[:, 1:], instance[:, :-1])
    poses = np.tile(np.eye(4), (episodes, views, 1, 1))
    for t in range(views - 1):
        poses[:, t + 1] = poses[:, t] @ exp_se3(twists[:, t])
    at_views = {
        "instance": instance,
        "category": instance,
        "depth": np.where(instance, np.float32(thing_depth), np.float32(1)),
    }
    between = {
        "flow_forward": forward, "flow_forward_valid": seen_forward, "flow_forward_covisible": still_forward,
        "flow_backward": backward, "flow_backward_valid": seen_backward, "flow_backward_covisible": still_backward,
    }  # fmt: skip
    names = np.array([f"strip-{e}" for e in range(episodes)])
    store = FrameStore.of_episodes(frames, twists, labels, names, ("disc", "square"))
    store.intrinsics[:] = [[SIZE, 0, SIZE / 2], [0, SIZE, SIZE / 2], [0, 0, 1]]
    store.views.update({n: v.reshape(-1, *v.shape[2:]) for n, v in at_views.items() if n in fields})  # type: ignore[attr-defined]
    store.motions.update({n: v.reshape(-1, *v.shape[2:]) for n, v in between.items() if n in fields})  # type: ignore[attr-defined]
    return WindowDataset(store, Windows(length), np.arange(episodes), fields)


def _flow(across: np.ndarray, here: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flow (…, SIZE, SIZE, 2), whether it stays in the image and whether it ends on the instance that it began on."""
    column = np.rint(np.arange(SIZE) + across).astype(int)
    valid = (column >= 0) & (column < SIZE)
    landed = np.take_along_axis(there, column.clip(0, SIZE - 1), -1)
    flow = np.stack([across, np.zeros_like(across)], -1).astype(np.float32)
    return flow, valid, valid & (landed == here)
