from dataclasses import replace

import gymnasium as gym
import numpy as np
import pytest
import torch

from activevision.agents.config import AgentConfig, PPOConfig, RecogniserConfig, RecurrentConfig
from activevision.agents.cross_fit import cross_fitted_table
from activevision.agents.evidence import Evidence, EvidenceTable
from activevision.agents.recogniser import load_recogniser, save_recogniser, train_recogniser
from activevision.agents.train import train_agent
from activevision.encoders.backbones import build_backbone
from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND
from activevision.rollouts.dataset import WindowDataset
from activevision.scenes import get_catalogue
from activevision.scenes.folds import assign_folds

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
    return WindowDataset.of_episodes(
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


@pytest.mark.parametrize(
    "damage",
    [
        lambda c: c[:-50],
        lambda c: c[:-9] + bytes([c[-9] ^ 1]) + c[-8:],
        lambda c: b"",
        lambda c: c.replace(b'"temperature"', b'"temperaturf"'),
        lambda c: c.replace(b"classes", b"clasess"),
    ],
)
def test_a_damaged_recogniser_is_refused(dataset, encoder, tmp_path, damage):
    path = tmp_path / "r.safetensors"
    model = train_recogniser(encoder, dataset, replace(CONFIG, epochs=1), 0)
    save_recogniser(path, model)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(UserError, match="damaged"):
        load_recogniser(path)


def test_folds_part_the_objects_of_every_class(solids):
    entries = solids.scenes("train")
    folds = assign_folds(entries, 2, 0)
    for label in ("ball", "box"):
        assert sorted(folds[[entry.label == label for entry in entries]].tolist()) == [0, 0, 1, 1]


def test_variants_are_never_parted_by_folds():
    for catalogue in (get_catalogue("procedural", ambiguity=1.0), get_catalogue("procedural", ambiguity=0.5)):
        entries = catalogue.scenes("train")
        folds = assign_folds(entries, 3, 1)
        groups = {entry.group for entry in entries} - {""}
        assert groups
        for group in groups:
            assert len({fold for fold, entry in zip(folds, entries, strict=True) if entry.group == group}) == 1
        for label in catalogue.classes:
            counts = np.bincount(folds[[entry.label == label for entry in entries]], minlength=3)
            assert counts.max() - counts.min() <= 2


def test_no_recogniser_has_seen_the_objects_it_gives_held_out_evidence_about(solids, dataset, encoder, monkeypatch):
    taught = []

    def remember(encoder, dataset, config, seed, what):
        taught.append(set(dataset.scenes.tolist()))
        return Fold(len(taught) - 1)

    class Fold:
        """Says nothing but which fold it is."""

        def __init__(self, number):
            self.number, self.classes, self.feature_size = number, ("ball", "box"), 1

        def evidence(self, observation, info):
            batch = len(observation["rgb"])
            return Evidence(np.full((batch, 2), self.number, np.float32), np.zeros((batch, 1), np.float32))

    monkeypatch.setattr("activevision.agents.cross_fit.train_recogniser", remember)
    table = cross_fitted_table(encoder, dataset, environment(solids, "train"), replace(CONFIG, folds=3), 0)
    assert len(taught) == 3
    for scene, entry in enumerate(solids.scenes("train")):
        (fold,) = np.unique(table.log_likelihood[scene])
        assert entry.id not in taught[int(fold)]


def test_a_stopped_training_goes_on_and_ends_the_same(solids, dataset, encoder, tmp_path):
    config = AgentConfig(
        recogniser=replace(CONFIG, epochs=1), recurrent=RecurrentConfig(hidden=8, steps=5, batch_size=16),
        ppo=PPOConfig(steps=256, warm_up=64, rollout_steps=8, batch_size=64, layers=(8,)), seeds=2,
    )  # fmt: skip

    def train(out):
        return train_agent(
            encoder, dataset, environment(solids, "train", 16), environment(solids, "val", 16), config, out
        )

    whole = train(tmp_path / "whole")
    train(tmp_path / "stopped")
    for name in ("policies/ppo_1.zip", "held_out_evidence.npz", "fusions/recurrent.pt"):
        (tmp_path / "stopped" / name).unlink()
    again = train(tmp_path / "stopped")
    for name in ("recogniser.safetensors", "fusions/product.json", "made_from.json"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "stopped" / name).read_bytes()
    tables = [EvidenceTable.load(tmp_path / run / "held_out_evidence.npz") for run in ("whole", "stopped")]
    np.testing.assert_array_equal(tables[0].log_likelihood, tables[1].log_likelihood)
    fusions = [agent.fusion("recurrent") for agent in (whole, again)]
    evidence = Evidence(tables[0].log_likelihood[:, 0, 0], tables[0].feature[:, 0, 0])
    beliefs = [fusion.update(fusion.init(8), evidence, np.ones((8, 6), np.float32)) for fusion in fusions]
    np.testing.assert_array_equal(beliefs[0].log_probs, beliefs[1].log_probs)
    weights = [agent.policy("ppo", 1, fusions[0])._model.policy.state_dict() for agent in (whole, again)]
    for name, tensor in weights[0].items():
        assert torch.equal(tensor, weights[1][name])
    with pytest.raises(UserError, match="did you mean 'farthest'"):
        whole.policy("farhest", 0, fusions[0])
    with pytest.raises(UserError, match=r"ppo_5\.zip"):
        whole.policy("ppo", 5, fusions[0])


def test_parts_made_from_something_else_are_refused(solids, dataset, encoder, tmp_path):
    train, val = environment(solids, "train", 16), environment(solids, "val", 16)
    config = AgentConfig(
        recogniser=replace(CONFIG, epochs=1), ppo=PPOConfig(steps=64, warm_up=0, rollout_steps=8, batch_size=64)
    )
    (tmp_path / "agent").mkdir()
    with pytest.raises(UserError, match="training split"):
        train_agent(encoder, dataset, val, train, config, tmp_path / "agent")
    assert not list((tmp_path / "agent").iterdir())
    train_agent(encoder, dataset, train, val, config, tmp_path / "agent")
    torch.manual_seed(5)
    other = build_backbone("small-cnn", 16).eval()
    with pytest.raises(UserError, match="other encoder"):
        train_agent(other, dataset, train, val, config, tmp_path / "agent")
