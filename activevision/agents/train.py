"""Train an agent: recogniser, fusions, policies. Finished parts are on disk, so a stopped run goes on from there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv

from activevision.agents.agent import PRODUCT, RECOGNISER, RECURRENT, Agent, policy_file
from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.calibration import fit_temperature
from activevision.agents.config import AgentConfig
from activevision.agents.cross_fit import cross_fitted_table
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import ProductOfExperts
from activevision.agents.fusion.recurrent import train_recurrent
from activevision.agents.policies.ppo import train_ppo
from activevision.agents.recogniser import save_recogniser, train_recogniser
from activevision.encoders.backbones import Encoder
from activevision.files import write_json
from activevision.rollouts.dataset import WindowDataset

_HELD_OUT = "held_out_evidence.npz"
_CALIBRATION_WALKS = 4096


def train_agent(
    encoder: Encoder, dataset: WindowDataset, train_env: VectorEnv, val_env: VectorEnv, config: AgentConfig, out: Path
) -> Agent:
    """Train all parts of an agent into the folder ``out`` and load it.

    encoder: pretrained; it stays as it is. dataset: rollouts of the training split, with labels. train_env, val_env:
    environments over the training and validation split, in autoreset mode DISABLED. The order: recogniser on all
    training objects, its temperature on validation objects; held-out evidence about the training objects; the product's
    temperature on validation walks; the recurrent aggregator and PPO on the held-out evidence.
    """
    protocol = train_env.unwrapped.protocol  # type: ignore[attr-defined]
    if not (out / RECOGNISER).exists():
        recogniser = train_recogniser(encoder, dataset, config.recogniser, config.seed)
        seen = EvidenceTable.build(recogniser, val_env, "Calibrating")
        labels = np.broadcast_to(seen.label[:, None, None], seen.log_likelihood.shape[:3])
        temperature = fit_temperature(seen.log_likelihood, labels)
        recogniser.temperature.fill_(temperature)
        walks, _, label = seen.tempered(temperature).walk(
            protocol, _CALIBRATION_WALKS, np.random.default_rng([config.seed, 5])
        )
        product = ProductOfExperts.calibrated(walks, label)
        write_json(out / PRODUCT, {"temperature": product.temperature, "recogniser_temperature": temperature})
        save_recogniser(out / RECOGNISER, recogniser)
    agent = Agent.load(out, protocol)
    held_out = _held_out(encoder, dataset, train_env, agent, config, out)
    if not (out / RECURRENT).exists():
        train_recurrent(held_out, protocol, config.recurrent, config.seed).save(out / RECURRENT)
    agent = Agent.load(out, protocol)
    beliefs = BeliefVectorEnv(train_env, held_out, agent.fusion(config.fusion))
    for seed in range(config.seed, config.seed + config.seeds):
        if not (out / policy_file(seed)).exists():
            train_ppo(beliefs, config.ppo, seed, out).save(out / policy_file(seed))
    return Agent.load(out, protocol)


def _held_out(
    encoder: Encoder, dataset: WindowDataset, env: VectorEnv, agent: Agent, config: AgentConfig, out: Path
) -> EvidenceTable:
    path: Any = out / _HELD_OUT
    if not path.exists():
        table = cross_fitted_table(encoder, dataset, env, config.recogniser, config.seed)
        table.tempered(float(agent.recogniser.temperature)).save(path)
    return EvidenceTable.load(path)
