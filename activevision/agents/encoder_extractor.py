"""A pretrained encoder as the features extractor of a stable-baselines3 policy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.preprocessing import get_flattened_obs_dim
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.checkpoint import load_encoder
from activevision.errors import UserError


class EncoderExtractor(BaseFeaturesExtractor):
    """Features of the RGB images of an observation, and the rest of it as it is.

    For any algorithm of stable-baselines3 with "CnnPolicy" or "MultiInputPolicy"; its ``policy_kwargs`` are then
    ``{"features_extractor_class": EncoderExtractor, "features_extractor_kwargs": {"encoder": "runs/e/encoder"}}``.

    observation_space: as stable-baselines3 hands it over, a Box of images (3, H, W) uint8, or a Dict of which some are.
    encoder: a folder that ``activevision pretrain`` wrote, or an encoder, which is copied. finetune: whether it learns
    with the policy; else it is frozen. Either way its normalisation keeps the statistics of pretraining.

    Gives (N, D) for a Box; for a Dict (N, K) with the D features of every image and all other entries flattened, in the
    order of the space's keys. Leave ``normalize_images`` of the policy at True. UserError where there is no such image.
    """

    def __init__(self, observation_space: spaces.Space, encoder: Encoder | Path | str, finetune: bool = False):
        parts = observation_space.spaces if isinstance(observation_space, spaces.Dict) else {"": observation_space}
        images = {name for name, space in parts.items() if _is_image(space)}
        if not images:
            raise UserError(f"no RGB image (3, H, W) uint8 in {observation_space}: an encoder sees nothing else.")
        encoder = copy.deepcopy(encoder) if isinstance(encoder, Encoder) else load_encoder(Path(encoder))
        sizes = [encoder.embedding if name in images else get_flattened_obs_dim(part) for name, part in parts.items()]
        super().__init__(observation_space, sum(sizes))
        self.encoder = encoder.eval().requires_grad_(finetune)
        self.images = {name: name in images for name in parts}

    def forward(self, observations: torch.Tensor | Mapping[str, torch.Tensor]) -> torch.Tensor:
        if isinstance(observations, torch.Tensor):
            return self.encoder(observations)
        parts = [
            self.encoder(observations[name]) if is_image else observations[name].flatten(1)
            for name, is_image in self.images.items()
        ]
        return torch.cat(parts, dim=1)

    def train(self, mode: bool = True) -> EncoderExtractor:
        super().train(mode)
        self.encoder.eval()
        return self

    def apply(self, fn: Callable[[nn.Module], None]) -> EncoderExtractor:
        """Does nothing: stable-baselines3 draws new weights for its networks through ``apply``, and these stay."""
        return self


def _is_image(space: spaces.Space) -> bool:
    return isinstance(space, spaces.Box) and space.dtype == np.uint8 and len(space.shape) == 3 and space.shape[0] == 3
