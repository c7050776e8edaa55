"""Claims of the features extractor: stable-baselines3 learns with the pretrained weights, and leaves them alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import PPO

import activevision
from activevision.agents.encoder_extractor import EncoderExtractor
from activevision.encoders.backbones import SmallCNN
from activevision.encoders.checkpoint import save_encoder
from activevision.errors import UserError

IMAGE = spaces.Box(0, 255, (32, 32, 3), np.uint8)
TWIST = spaces.Box(-1, 1, (2, 3), np.float32)


class Noise(gym.Env):
    """Pays for the first action; what it shows says nothing. Box or Dict observations."""

    action_space = spaces.Discrete(3)

    def __init__(self, observation_space: spaces.Space):
        self.observation_space = observation_space
        self.left = 0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self.left = 4
        return self.observation_space.sample(), {}

    def step(self, action):
        self.left -= 1
        return self.observation_space.sample(), float(action == 0), self.left == 0, False, {}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    encoder = SmallCNN(12)
    encoder(torch.rand(16, 3, 32, 32))  # statistics that are not those of a fresh one
    path = tmp_path_factory.mktemp("encoder")
    save_encoder(path, encoder, {})
    return path


def learnt(space: spaces.Space, policy: str, **kwargs: object) -> PPO:
    model = PPO(
        policy,
        Noise(space),
        n_steps=16,
        batch_size=8,
        n_epochs=2,
        seed=0,
        device="cpu",
        policy_kwargs={"features_extractor_class": EncoderExtractor, "features_extractor_kwargs": kwargs},
    )
    return model.learn(32)


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.mark.parametrize(
    ("space", "policy", "size"),
    [(IMAGE, "CnnPolicy", 12), (spaces.Dict({"rgb": IMAGE, "egomotion": TWIST}), "MultiInputPolicy", 12 + 6)],
    ids=["box", "dict"],
)
def test_ppo_learns_on_frozen_features_and_is_restored_from_its_file(
    space: spaces.Space, policy: str, size: int, folder: Path, tmp_path: Path
) -> None:
    model = learnt(space, policy, encoder=str(folder))
    extractor = model.policy.features_extractor
    assert extractor.features_dim == size
    loaded = activevision.load_encoder(folder)
    assert same_weights(extractor.encoder, loaded), "neither PPO's own initialisation nor its training changed them"
    observation = space.sample()
    tensors, _ = model.policy.obs_to_tensor(observation)
    rgb = observation if policy == "CnnPolicy" else observation["rgb"]
    features = model.policy.extract_features(tensors, extractor)
    expected = loaded(torch.from_numpy(rgb).permute(2, 0, 1)[None])
    torch.testing.assert_close(features[:, -12:], expected)
    if policy == "MultiInputPolicy":  # keys of a Dict are in alphabetical order
        torch.testing.assert_close(features[0, :6], torch.from_numpy(observation["egomotion"].ravel()))
    model.save(tmp_path / "ppo.zip")
    again = PPO.load(tmp_path / "ppo.zip", device="cpu")
    assert same_weights(again.policy, model.policy)


def test_finetuning_starts_at_the_pretrained_weights_and_moves_them(folder: Path) -> None:
    loaded = activevision.load_encoder(folder)
    extractor = EncoderExtractor(spaces.Box(0, 255, (3, 32, 32), np.uint8), loaded, finetune=True)
    assert same_weights(extractor.encoder, loaded)
    tuned = learnt(IMAGE, "CnnPolicy", encoder=loaded, finetune=True).policy.features_extractor.encoder
    moved = [(a - b).abs().max().item() for a, b in zip(tuned.parameters(), loaded.parameters(), strict=True)]
    assert 0 < max(moved) < 0.1, "by learning, not by new weights"
    assert all(torch.equal(a, b) for a, b in zip(tuned.buffers(), loaded.buffers(), strict=True))


def test_an_observation_without_an_image_is_refused(folder: Path) -> None:
    with pytest.raises(UserError, match="no RGB image"):
        EncoderExtractor(TWIST, folder)


def test_importing_the_package_stays_light_and_it_loads_encoders(folder: Path) -> None:
    code = (
        "import sys, activevision; assert 'torch' not in sys.modules and 'numba' not in sys.modules\n"
        "import pathlib; encoder = activevision.load_encoder(sys.argv[1])\n"
        "import torch; assert isinstance(encoder, torch.nn.Module) and not encoder.training"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
