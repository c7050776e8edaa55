"""A world of objects that tell their class from the front alone, seen by an encoder that is exactly equivariant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from activevision.agents.config import AgentConfig, NextBestViewConfig
from activevision.agents.evidence import EvidenceTable
from activevision.agents.fusion import ProductOfExperts
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.next_best_view import NextBestView
from activevision.protocol import LOOK_AROUND

RING = replace(LOOK_AROUND, elevations_deg=(0.0, 30.0), azimuths=8, neighbourhood=(3, 5), views=4)
STEPS = replace(RING, elevations_deg=(0.0,), neighbourhood=(1, 3))
"""One row, on which a motion goes no farther than to the next column."""


def front_table(protocol, scenes, seed, noise=0.0, told=4.0):
    """Evidence of scenes of two classes; the front of scene s is column ``fronts(scenes, seed)[s]``, of any row.

    told: log-odds of the class that the front tells. The feature is the azimuth from the front, as cosines and sines of
    all its multiples, which turning rotates.
    """
    rows, columns = protocol.grid_shape
    label = np.arange(scenes) % 2
    angle = 2 * np.pi * (np.arange(columns) - fronts(protocol, scenes, seed)[:, None]) / columns
    multiple = np.arange(1, columns // 2 + 1)
    waves = np.stack([np.cos(angle[..., None] * multiple), np.sin(angle[..., None] * multiple)], axis=-1)
    feature = np.repeat(waves.reshape(scenes, 1, columns, -1), rows, axis=1).astype(np.float32)
    odds = np.where(np.isclose(np.cos(angle), 1), told, 0.0)[:, None] * (1 - 2 * label)[:, None, None]
    odds = odds + noise * np.random.default_rng([seed, 1]).normal(size=(scenes, rows, columns))
    scores = np.stack([-np.logaddexp(0, -odds), -np.logaddexp(0, odds)], axis=-1).astype(np.float32)
    return EvidenceTable(("this", "that"), scores, feature, label)


def fronts(protocol, scenes, seed):
    return np.random.default_rng(seed).integers(protocol.azimuths, size=scenes)


def fitted(protocol, noise=0.3, told=4.0, **settings):
    """A policy that has learnt from such a world."""
    train, val = (front_table(protocol, scenes, seed, noise, told) for scenes, seed in ((64, 10), (32, 11)))
    config = AgentConfig(next_best_view=NextBestViewConfig(**settings))
    return NextBestView.fit(GridLessons(protocol, train, val), ProductOfExperts(2), config, 0)


def observed(protocol, table, scene, viewpoint, left):
    """All that the policy is told; no label, no scene."""
    evidence = table.at(scene, viewpoint)
    return {
        "evidence": evidence.log_likelihood, "feature": evidence.feature,
        "proprioception": protocol.elevations[viewpoint[:, :1]].astype(np.float32),
        "steps_left": np.full((len(scene), 1), left),
    }  # fmt: skip


def walked(policy, protocol, table, scene, start, fusion):
    """Viewpoints (N, T, 2) of a policy."""
    viewpoint, belief, twist = start, fusion.init(len(scene)), np.zeros((len(scene), 6), np.float32)
    path = [start]
    for left in range(protocol.views - 1, 0, -1):
        belief = fusion.update(belief, table.at(scene, viewpoint), twist)
        target = protocol.move(viewpoint, policy.act(observed(protocol, table, scene, viewpoint, left), belief))
        twist = protocol.twists[protocol.motion_index(viewpoint, target)]
        viewpoint = target
        path.append(target)
    return np.stack(path, axis=1)
