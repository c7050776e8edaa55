"""Trajectory logs of a small made-up world in which the choice of view matters.

Every object has a rival class and a side from which the two can be told apart; seen from elsewhere the evidence is a
toss-up between them. Policies differ only in where they look, fusions only in how they add up the same evidence.
"""

from __future__ import annotations

import numpy as np

from activevision import geometry
from activevision.evaluation.log import TrajectoryLog
from activevision.protocol import LOOK_AROUND

CLASSES = ("chair", "plant", "lamp", "person", "table", "window", "vehicle", "sofa", "bed", "door")
CATALOGUE = {
    "name": "synthetic",
    "classes": list(CLASSES),
    "split": "test",
    "scenes": 0,
    "licence": "CC0-1.0",
    "credit": "made up for the tests",
}
VIEWS = 4


def make_logs(
    policies: tuple[str, ...] = ("single", "random", "farthest", "sweep", "ppo", "all_views", "oracle"),
    fusions: tuple[str, ...] = ("product",),
    seeds: int = 1,
    objects: int = 80,
    episodes: int = 3,
) -> list[TrajectoryLog]:
    world = np.random.default_rng(7)
    label = np.arange(objects) % len(CLASSES)
    rival = (label + world.integers(1, len(CLASSES), objects)) % len(CLASSES)
    side = world.integers(0, LOOK_AROUND.azimuths, objects)
    hardness = world.gamma(2.0, 1.0, objects)
    logs = []
    for fusion in fusions:
        for policy in policies:
            scene = np.tile(np.repeat(np.arange(objects), episodes), seeds)
            seed = np.repeat(np.arange(seeds), objects * episodes)
            episode = np.tile(np.tile(np.arange(episodes), objects), seeds)
            grids = [_evidence(np.random.default_rng(11 + n), label, rival, side, hardness) for n in range(seeds)]
            grid = np.stack(grids)[seed, scene]
            starts = np.random.default_rng(5).integers(0, LOOK_AROUND.grid_shape, (len(scene), 2))
            viewpoint, motion = _walk(policy, starts, side[scene], np.random.default_rng(sum(policy.encode())))
            evidence = grid[np.arange(len(scene))[:, None], viewpoint[..., 0], viewpoint[..., 1]]
            if policy == "all_views":
                whole = grid.reshape(len(scene), -1, len(CLASSES))
                belief = np.repeat(_fuse(whole, fusion)[:, -1:], VIEWS, axis=1)
            elif policy == "single":
                belief = np.repeat(_fuse(evidence[:, :1], fusion), VIEWS, axis=1)
            else:
                belief = _fuse(evidence, fusion)
            logs.append(
                TrajectoryLog(
                    policy=policy,
                    fusion=fusion,
                    classes=CLASSES,
                    protocol=LOOK_AROUND.to_json(),
                    catalogue=CATALOGUE | {"scenes": objects},
                    scene=np.array([f"{CLASSES[label[i]]}/{i:03d}" for i in scene]),
                    label=label[scene],
                    seed=seed,
                    episode=episode,
                    viewpoint=viewpoint,
                    pose=geometry.orbit_pose(
                        LOOK_AROUND.elevations[viewpoint[..., 0]], viewpoint[..., 1] * LOOK_AROUND.azimuth_step, 2.0
                    ),
                    motion=motion,
                    taken=np.full(len(scene), 1 if policy == "single" else VIEWS),
                    collided=np.zeros(motion.shape, bool),
                    evidence=(evidence[:, :1] if policy == "single" else evidence)
                    .repeat(VIEWS if policy == "single" else 1, axis=1)
                    .astype(np.float32),
                    belief=belief.astype(np.float32),
                )
            )
    return logs


def make_frames(log: TrajectoryLog, row: int) -> np.ndarray:
    """(T, 64, 64, 3) uint8: a box with one bright side, turned as the episode's viewpoints ask."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    frames = []
    for elevation, azimuth in log.viewpoint[row]:
        angle = azimuth * LOOK_AROUND.azimuth_step + log.label[row]
        tall = 0.35 + 0.05 * log.label[row]
        inside = (np.abs(x) < 0.35 + 0.2 * np.abs(np.sin(angle))) & (np.abs(y) < tall)
        shade = 120 + 90 * np.cos(angle + 2 * x) * np.cos(y + elevation - 3)
        tint = np.array([1.0, 0.85 - 0.04 * log.label[row], 0.6 + 0.03 * log.label[row]])
        frames.append(np.where(inside[..., None], shade[..., None] * tint, 215 + 20 * y[..., None]))
    return np.clip(np.stack(frames), 0, 255).astype(np.uint8)


def _evidence(
    rng: np.random.Generator, label: np.ndarray, rival: np.ndarray, side: np.ndarray, hardness: np.ndarray
) -> np.ndarray:
    """(K, E, A, C) log-likelihoods of every viewpoint of every object."""
    objects, (rows, columns) = len(label), LOOK_AROUND.grid_shape
    logits = rng.normal(0, 1.0, (objects, rows, columns, len(CLASSES)))
    away = np.abs((np.arange(columns)[None] - side[:, None] + columns // 2) % columns - columns // 2)
    telling = np.exp(-((away / 2.0) ** 2))[:, None, :] * (3.0 - 0.5 * hardness)[:, None, None]
    each = np.arange(objects)
    logits[each, :, :, label] += 2.0 + telling
    logits[each, :, :, rival] += 2.0 + rng.normal(0, 0.9, (objects, 1, 1)) - 0.4 * telling
    return logits


def _walk(policy: str, starts: np.ndarray, side: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    viewpoint, motions = [starts], []
    for _ in range(VIEWS - 1):
        here = viewpoint[-1]
        motion = np.full(len(starts), LOOK_AROUND.stay)
        if policy == "random":
            motion = rng.integers(0, len(LOOK_AROUND.motions), len(starts))
        elif policy == "farthest":
            motion = rng.choice([0, 4, 20, 24], len(starts))
        elif policy == "sweep":
            motion = motion + 2
        elif policy not in ("single", "all_views"):
            half = LOOK_AROUND.azimuths // 2
            wanted = np.clip((side - here[:, 1] + half) % LOOK_AROUND.azimuths - half, -2, 2)
            guess = rng.random(len(starts)) < 0.3
            motion = motion + np.where(guess & (policy != "oracle"), rng.integers(-12, 13, len(starts)), wanted)
        motions.append(motion)
        viewpoint.append(LOOK_AROUND.move(here, motion))
    return np.stack(viewpoint, axis=1), np.stack(motions, axis=1)


def _fuse(evidence: np.ndarray, fusion: str) -> np.ndarray:
    """(N, T, C) normalised log-beliefs."""
    if fusion == "product":
        belief = np.cumsum(evidence, axis=1)
    else:
        posterior = np.exp(evidence - np.logaddexp.reduce(evidence, axis=-1, keepdims=True))
        belief = np.log(np.cumsum(posterior, axis=1))
    return belief - np.logaddexp.reduce(belief, axis=-1, keepdims=True)
