"""Claims of the loop: it learns, it repeats, and an interruption does not show."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from turning_windows import turning

import activevision
from activevision.encoders import pretrain as loop
from activevision.encoders.augmentation import augment_windows
from activevision.encoders.backbones import SmallCNN
from activevision.encoders.config import PretrainConfig
from activevision.encoders.divergence import diverged, named_episodes
from activevision.encoders.objectives.equivariance import EgomotionEquivariance
from activevision.encoders.objectives.objective import Outcome
from activevision.encoders.pretrain import pretrain
from activevision.errors import UserError
from activevision.evaluation.probes import probe_encoder
from activevision.files import write_json
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch

TINY = PretrainConfig(embedding=16, patterns=3, epochs=4, batch_size=32, checkpoint_every=3)
LONGER = replace(TINY, epochs=15, checkpoint_every=5)


def weights(path: Path) -> bytes:
    return (path / "encoder" / "encoder.safetensors").read_bytes()


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory, windows: WindowDataset) -> Path:
    out = tmp_path_factory.mktemp("uninterrupted")
    pretrain(TINY, windows, out)
    return out


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory, windows: WindowDataset) -> Path:
    out = tmp_path_factory.mktemp("longer")
    pretrain(LONGER, windows, out)
    return out


def test_equivariance_learns_what_a_turn_does_and_carries_over_to_new_scenes(tmp_path: Path) -> None:
    train, test = turning(160, seed=1), turning(80, seed=2)
    config = replace(TINY, epochs=10, learning_rate=5e-3, shift=0, jitter=0.05)
    trained = pretrain(config, train, tmp_path)
    torch.manual_seed(0)
    ours, random = (probe_encoder(e, train, test, config) for e in (trained.encoder, SmallCNN(16).eval()))
    assert ours["equivariance_error_atomic"] < 0.55
    assert ours["equivariance_error_atomic"] < random["equivariance_error_atomic"] - 0.05
    assert ours["equivariance_error_composite"] < random["equivariance_error_composite"] - 0.05
    assert ours["rank_me"] > 2, "no collapse"
    objective = trained.objective
    _, metrics, _ = objective.loss(test.batch(np.arange(len(test))))
    assert metrics["pattern_accuracy"] > 0.6, "the maps tell which way the camera turned"


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path, windows: WindowDataset, uninterrupted: Path) -> None:
    torch.manual_seed(123)  # the caller's random state must not matter, nor be touched
    state = torch.get_rng_state()
    pretrain(TINY, windows, tmp_path / "again")
    assert torch.equal(state, torch.get_rng_state())
    pretrain(replace(TINY, seed=1), windows, tmp_path / "other")
    assert weights(tmp_path / "again") == weights(uninterrupted)
    assert weights(tmp_path / "other") != weights(uninterrupted)


@pytest.mark.parametrize("epochs", [0.01, 0.5, 1.5, 2.0])
def test_a_run_may_end_within_a_pass(
    tmp_path: Path, windows: WindowDataset, monkeypatch: pytest.MonkeyPatch, epochs: float
) -> None:
    seen: list[int] = []
    augment = loop.augment_windows
    monkeypatch.setattr(loop, "augment_windows", lambda batch, *rest: seen.append(1) or augment(batch, *rest))
    pretrain(replace(TINY, epochs=epochs), windows, tmp_path)
    assert len(seen) == max(1, round(epochs * -(-len(windows) // TINY.batch_size)))


@pytest.mark.parametrize("steps", [1, 7, 13])
def test_a_run_that_broke_off_ends_like_one_that_did_not(
    tmp_path: Path, windows: WindowDataset, uninterrupted: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    calls = 0

    def breaks(*args: object) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls > steps:
            raise KeyboardInterrupt
        return augment_windows(*args)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "augment_windows", breaks)
        with pytest.raises(KeyboardInterrupt):
            pretrain(TINY, windows, tmp_path)
    assert not (tmp_path / "encoder").exists()
    pretrain(TINY, windows, tmp_path)
    assert weights(tmp_path) == weights(uninterrupted)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_killed_run_ends_like_one_that_was_not(
    tmp_path: Path, windows: WindowDataset, longer: Path, number: signal.Signals
) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import Path
from turning_windows import turning
from activevision.encoders.config import PretrainConfig
from activevision.encoders.pretrain import pretrain
pretrain({LONGER!r}, turning(), Path(sys.argv[1]))
"""
    killed = tmp_path / "killed"
    process = subprocess.Popen([sys.executable, "-c", script, str(killed)], stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (killed / "checkpoint.pt").exists():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.005)
    os.kill(process.pid, number)
    errors = process.communicate()[1]
    assert process.returncode != 0, "the run ended before it could be killed"
    assert "KeyboardInterrupt" in errors or number == signal.SIGKILL
    reached = torch.load(killed / "checkpoint.pt")["step"]
    assert 0 < reached < 15 * 5
    pretrain(LONGER, windows, killed)
    assert weights(killed) == weights(longer)


def test_a_finished_run_is_not_trained_again(windows: WindowDataset, uninterrupted: Path) -> None:
    before = (uninterrupted / "checkpoint.pt").stat().st_mtime_ns
    again = pretrain(TINY, windows, uninterrupted)
    assert again.images_per_second == 0
    assert (uninterrupted / "checkpoint.pt").stat().st_mtime_ns == before
    frames = torch.from_numpy(windows.frames[:2, 0]).permute(0, 3, 1, 2)
    from activevision.encoders.checkpoint import load_encoder

    assert torch.equal(again.encoder(frames), load_encoder(uninterrupted / "encoder")(frames))


def test_a_folder_with_other_settings_or_data_is_refused_by_name(windows: WindowDataset, uninterrupted: Path) -> None:
    with pytest.raises(UserError, match=r"other settings \(seed, settings\)"):
        pretrain(replace(TINY, seed=5, settings=("margin=3.0",)), windows, uninterrupted)
    with pytest.raises(UserError, match=r"other settings \(data\)"):
        pretrain(TINY, turning(seed=9), uninterrupted)


def test_a_damaged_checkpoint_is_named(tmp_path: Path, windows: WindowDataset) -> None:
    pretrain(replace(TINY, epochs=1), windows, tmp_path)
    data = (tmp_path / "checkpoint.pt").read_bytes()
    (tmp_path / "checkpoint.pt").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match=r"checkpoint .*checkpoint\.pt is damaged"):
        pretrain(replace(TINY, epochs=1), windows, tmp_path)


def test_a_checkpoint_of_another_layout_is_not_called_damaged(tmp_path: Path, windows: WindowDataset) -> None:
    """It is told with the version that wrote it, before anything of it is loaded, and it is left as it is."""
    pretrain(replace(TINY, epochs=1), windows, tmp_path)
    path = tmp_path / "checkpoint.pt"
    state = torch.load(path)
    assert (state["schema"], state["version"]) == (1, activevision.__version__)
    torch.save({**state, "schema": 2, "version": "9.1.0"}, path)
    with pytest.raises(UserError, match=r"schema 2 of activevision 9\.1\.0, .*use the version that wrote it"):
        pretrain(replace(TINY, epochs=1), windows, tmp_path)
    first = {name: state[name] for name in ("step", "model", "optimiser")}  # as the first ones were written
    torch.save({**first, "model": {**first["model"], "objective.gain": torch.ones(1)}}, path)
    with pytest.raises(
        UserError, match=r"of an earlier version does not fit .*objective\.gain.*use the version"
    ) as error:
        pretrain(replace(TINY, epochs=1), windows, tmp_path)
    assert "damaged" not in str(error.value)
    torch.save(first, path)
    assert pretrain(replace(TINY, epochs=1), windows, tmp_path).images_per_second == 0


def test_settings_that_a_version_lacked_are_told_with_it(tmp_path: Path, windows: WindowDataset) -> None:
    pretrain(replace(TINY, epochs=0.5), windows, tmp_path)
    path = tmp_path / "pretrain.json"
    found = json.loads(path.read_text())
    assert found["version"] == activevision.__version__
    write_json(path, {**found, "version": "0.0.9"})
    pretrain(replace(TINY, epochs=0.5), windows, tmp_path)  # the version alone is no other run
    del found["config"]["accumulate"]
    for version, name in (({"version": "0.0.9"}, r"activevision 0\.0\.9"), ({}, "an earlier version")):
        write_json(path, {"config": found["config"], "data": found["data"], **version})
        with pytest.raises(UserError, match=rf"of {name}, whose settings are not those of this version \(accumulate\)"):
            pretrain(replace(TINY, epochs=0.5), windows, tmp_path)


def test_a_loss_that_is_not_finite_stops_before_the_weights_are_spoilt(
    tmp_path: Path, windows: WindowDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step, the episodes of its batch and the last checkpoint are named, and that checkpoint is sound."""
    calls = 0

    def blinded(*arguments: Any) -> Batch:
        nonlocal calls
        calls += 1
        batch = augment_windows(*arguments)
        return batch._replace(frames=batch.frames * torch.nan) if calls == 8 else batch

    monkeypatch.setattr(loop, "augment_windows", blinded)
    with pytest.raises(UserError) as error:
        pretrain(TINY, windows, tmp_path)
    message = str(error.value)
    assert "step 8 came to a loss of nan" in message
    assert f"{tmp_path / 'checkpoint.pt'} is kept as it was after step 6" in message
    assert "\n" not in message
    order = np.random.default_rng([TINY.seed, 0, 7 // math.ceil(len(windows) / 32)]).permutation(len(windows))
    start = 7 % math.ceil(len(windows) / 32) * 32
    per_episode = len(windows) // len(windows.episodes)
    assert named_episodes(order[start : start + 32] // per_episode) in message
    state = torch.load(tmp_path / "checkpoint.pt")
    assert state["step"] == 6
    assert all(torch.isfinite(tensor).all() for tensor in state["model"].values())
    assert not (tmp_path / "encoder").exists()


def test_gradients_that_are_not_finite_stop_it_although_the_loss_is(
    tmp_path: Path, windows: WindowDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned = EgomotionEquivariance.loss

    def steep(objective: EgomotionEquivariance, batch: Batch) -> Outcome:
        outcome = learned(objective, batch)
        return outcome._replace(loss=outcome.loss + (outcome.features * 0).sum().sqrt())

    monkeypatch.setattr(EgomotionEquivariance, "loss", steep)
    with pytest.raises(UserError, match=r"step 1 .* gradients that are not finite.*no checkpoint was written before"):
        pretrain(TINY, windows, tmp_path)


def test_motions_that_are_not_finite_are_refused_by_the_names_of_their_episodes(tmp_path: Path) -> None:
    windows = turning(10)
    windows.store.motions["twist"][3 * 3 + 1, 2] = np.nan  # of episode 3, which has 3 motions
    windows.store.motions["twist"][3 * 7 + 2, 0] = np.inf
    with pytest.raises(UserError, match=r"the motions of episodes 3, 7 are not finite"):
        pretrain(TINY, windows, tmp_path)
    assert not (tmp_path / "pretrain.json").exists()


def test_episodes_are_named_as_in_their_data_set_where_shards_were_left_out(
    windows: WindowDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(windows.store), "numbers", property(lambda store: np.arange(len(store.labels)) + 10))
    items = np.flatnonzero(windows.window_episodes == 3)
    assert "on windows of episode 13;" in str(diverged(windows, items, 1, torch.tensor(torch.nan), (Path("c"), 0)))


def test_episodes_are_named_in_stretches() -> None:
    assert named_episodes(np.array([7, 3, 2, 1, 3])) == "episodes 1–3, 7"
    assert named_episodes(np.array([4, 4])) == "episode 4"


def test_rollouts_of_one_scene_have_no_negatives(tmp_path: Path) -> None:
    windows = turning(10)
    windows.store.scenes[:] = "panorama-0"
    with pytest.raises(UserError, match="compares scenes with each other, and these rollouts are all of 'panorama-0'"):
        pretrain(replace(TINY, objective="simclr"), windows, tmp_path / "simclr")
    pretrain(replace(TINY, objective="vicreg", epochs=0.5), windows, tmp_path / "vicreg")


def test_labels_are_learned_when_they_are_used(tmp_path: Path, windows: WindowDataset) -> None:
    trained = pretrain(
        replace(TINY, label_weight=1.0, epochs=20, learning_rate=5e-3, shift=0, jitter=0.05), windows, tmp_path
    )
    _, metrics, _ = trained.model(windows.batch(np.arange(len(windows))))
    assert metrics["accuracy"] > 0.85


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"objective": "equivarience"}, "did you mean 'equivariance'"),
        ({"backbone": "resnet"}, "unknown backbone 'resnet'"),
        ({"epochs": 0}, "epochs=0"),
        ({"learning_rate": -1.0}, "learning_rate=-1.0"),
        ({"jitter": -0.1}, "jitter=-0.1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict, message: str) -> None:
    with pytest.raises(UserError, match=message):
        PretrainConfig(**change)


def test_settings_do_not_import_torch() -> None:
    code = "import sys, activevision.encoders.config; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
