from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch

from activevision.agents.config import AgentConfig, PPOConfig, RecogniserConfig, RecurrentConfig
from activevision.agents.cross_fit import assign_folds
from activevision.agents.recogniser import load_recogniser, save_recogniser, train_recogniser
from activevision.agents.train import train_agent
from activevision.encoders.backbones import build_backbone
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND
from activevision.rollouts.dataset import WindowDataset

SMALL = replace(LOOK_AROUND, height=16, width=16)


def environment(solids, split, num_envs=32):
    return gym.make_vec(
        "activevision/ActiveObject-v0", num_envs=num_envs, vectorization_mode="vector_entry_point",
        catalogue=solids, split=split, protocol=SMALL, autoreset_mode="Disabled",
    )  # fmt: skip


@pytest.fixture(scope="module")
def dataset(solids):
    env = environment(solids, "train", 64)
    observation, info = env.reset(seed=0)
    frames, twists = [observation["rgb"]], []
    for motion in (2, 12, 21):
        observation, _, _, _, info = env.step(np.full(64, motion))
        frames.append(observation["rgb"])
        twists.append(observation["egomotion"])
    return WindowDataset(
        np.stack(frames, 1), np.stack(twists, 1), info["label"], info["scene_id"].astype(str), ("ball", "box")
    )


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return build_backbone("small-cnn", 16).eval()


CONFIG = RecogniserConfig(epochs=6, batch_size=32, shift=1)


def test_it_learns_calls_no_label_and_leaves_the_encoder_alone(solids, dataset, encoder):
    before = {name: tensor.clone() for name, tensor in encoder.state_dict().items()}
    model = train_recogniser(encoder, dataset, CONFIG, 0)
    for name, tensor in encoder.state_dict().items():
        assert torch.equal(tensor, before[name])
    env = environment(solids, "test")
    observation, info = env.reset(seed=0)
    evidence = model.evidence({"rgb": observation["rgb"]}, {})  # nothing but the frames is there to be read
    np.testing.assert_allclose(np.exp(evidence.log_likelihood).sum(1), 1, rtol=1e-5)
    assert (evidence.log_likelihood.argmax(1) == info["label"]).mean() > 0.8
    with torch.no_grad():
        described = encoder(torch.from_numpy(observation["rgb"]).permute(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(evidence.feature, described, rtol=1e-4, atol=1e-5)


def test_same_seed_same_weights_and_the_disk_keeps_them(dataset, encoder, tmp_path):
    short = replace(CONFIG, epochs=1)
    first, second, other = (train_recogniser(encoder, dataset, short, seed) for seed in (1, 1, 2))
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, second.state_dict()[name])
    assert not torch.equal(first.classifier.weight, other.classifier.weight)
    first.temperature.fill_(1.7)
    save_recogniser(tmp_path / "r.safetensors", first)
    frames = {"rgb": dataset.frames[:9, 0]}
    loaded = load_recogniser(tmp_path / "r.safetensors")
    np.testing.assert_array_equal(loaded.evidence(frames, {}).log_likelihood, first.evidence(frames, {}).log_likelihood)


@pytest.mark.parametrize("damage", [lambda c: c[:-50], lambda c: c[:-9] + bytes([c[-9] ^ 1]) + c[-8:], lambda c: b""])
def test_a_damaged_recogniser_is_refused(dataset, encoder, tmp_path, damage):
    path = tmp_path / "r.safetensors"
    model = train_recogniser(encoder, dataset, replace(CONFIG, epochs=1), 0)
    save_recogniser(path, model)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match="damaged"):
        load_recogniser(path)


def test_folds_part_the_objects_of_every_class(solids, dataset):
    scene_ids = np.array([entry.id for entry in solids.scenes("train")])
    folds = assign_folds(scene_ids, dataset, 2, 0)
    for label in ("ball", "box"):
        members = np.char.startswith(scene_ids, label)
        assert sorted(folds[members].tolist()) == [0, 0, 1, 1]


def test_a_stopped_training_goes_on_and_ends_the_same(solids, dataset, encoder, tmp_path):
    config = AgentConfig(
        recogniser=replace(CONFIG, epochs=1), recurrent=RecurrentConfig(hidden=8, steps=5, batch_size=16),
        ppo=PPOConfig(steps=256, environments=16, rollout_steps=8, batch_size=64, layers=(8,)), seeds=2,
    )  # fmt: skip

    def train(out):
        return train_agent(
            encoder, dataset, environment(solids, "train", 16), environment(solids, "val", 16), config, out
        )

    whole = train(tmp_path / "whole")
    assert whole.seeds == (0, 1)
    train(tmp_path / "stopped")
    for name in ("ppo_1.zip", "held_out_evidence.npz", "recurrent.pt"):
        (tmp_path / "stopped" / name).unlink()
    again = train(tmp_path / "stopped")
    for name in ("recogniser.safetensors", "product.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "stopped" / name).read_bytes()
    beliefs = [agent.fusion("recurrent").init(1).state.shape for agent in (whole, again)]
    assert beliefs[0] == beliefs[1]
    weights = [agent.policy("ppo", 1)._model.policy.state_dict() for agent in (whole, again)]
    for name, tensor in weights[0].items():
        assert torch.equal(tensor, weights[1][name])
    with pytest.raises(UserError, match="did you mean 'farthest'"):
        whole.policy("farhest", 0)
    with pytest.raises(UserError, match=r"seeds \[0, 1\]"):
        whole.policy("ppo", 5)
