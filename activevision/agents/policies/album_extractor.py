"""The network of a policy that sees frames."""

from __future__ import annotations

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

_PATCH = 4  # pixels


class AlbumExtractor(BaseFeaturesExtractor):
    """Describes every view of an ``Album`` by the same convolutions, and gives all descriptions with all notes.

    4 × 4 patches, then a convolution of every other one, both with ReLU, then a linear layer. Only views that are there
    are looked at, which halves the work.

    observation_space: of an album. channels: of the two convolutions. view_size: numbers that a view is described by.
    """

    def __init__(self, observation_space: spaces.Dict, channels: tuple[int, int], view_size: int):
        views, depth, height, width = observation_space["frames"].shape or ()
        notes = (observation_space["notes"].shape or ())[1]
        left = (observation_space["steps_left"].shape or ())[0]
        super().__init__(observation_space, views * (view_size + notes) + left)
        self._view_size = view_size
        side = height // _PATCH, width // _PATCH
        self.look = nn.Sequential(
            nn.Conv2d(depth, channels[0], _PATCH, stride=_PATCH),
            nn.ReLU(),
            nn.Conv2d(channels[0], channels[1], 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(channels[1] * -(-side[0] // 2) * -(-side[1] // 2), view_size),
            nn.ReLU(),
        )

    def forward(self, observations: dict[str, torch.Tensor]) -> torch.Tensor:
        frames, notes = observations["frames"], observations["notes"]
        there = notes[..., 0] > 0
        seen = frames.new_zeros((*there.shape, self._view_size))
        seen[there] = self.look(frames[there] / 255 - 0.5)
        return torch.cat([seen.flatten(1), notes.flatten(1), observations["steps_left"]], dim=1)
