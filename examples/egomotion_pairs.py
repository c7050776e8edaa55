"""Train on egomotion-labelled pairs of frames: how far did the camera turn from one frame to the next?"""

from pathlib import Path

import torch
from torch.utils.data import DataLoader

from activevision.commands.collect import collect_rollouts
from activevision.commands.world import WorldChoice
from activevision.encoders.backbones import SmallCNN
from activevision.rollouts.dataset import WindowDataset

folder = Path("runs/example_rollouts")
collect_rollouts(WorldChoice("procedural", per_class=8).world(), "train", episodes=256, out=folder, seed=0)

pairs = WindowDataset.load(folder, 2)  # or ClipStream(folder, 2), straight from shards, here or behind a URL
encoder = SmallCNN(64)
head = torch.nn.Linear(2 * 64, 6)
optimiser = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], lr=3e-3)
for epoch in range(5):
    for frames, twists, *_ in DataLoader(pairs, batch_size=64, shuffle=True):  # (B, 2, 3, H, W) uint8, (B, 1, 6)
        features = torch.cat([encoder(frames[:, 0]), encoder(frames[:, 1])], dim=1)
        loss = (head(features) - twists[:, 0]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    print(f"epoch {epoch}: mean squared error {loss:.2f} of twists with mean square {twists.square().mean():.2f}")
