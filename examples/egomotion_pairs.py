"""Egomotion-labelled pairs of frames as torch batches: collect a few rollouts, then iterate over them."""

from pathlib import Path

import numpy as np

from activevision.commands.collect import collect_rollouts
from activevision.commands.world import WorldChoice
from activevision.rollouts.dataset import WindowDataset

folder = Path("runs/example_rollouts")
world = WorldChoice("procedural", per_class=8).world()
collect_rollouts(world, "train", episodes=256, out=folder, seed=0)

pairs = WindowDataset.load(folder, length=2)
for batch in pairs.batches(batch_size=64, generator=np.random.default_rng(0)):
    print("frames", tuple(batch.frames.shape), "twists", tuple(batch.twists.shape), "labels", tuple(batch.labels.shape))
    break
print(f"{len(pairs)} pairs; mean turn {np.degrees(np.linalg.norm(pairs.twists[..., 3:], axis=-1)).mean():.0f}° a step")
