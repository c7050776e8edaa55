"""Raw scores of made-up encoders, of which the better equivariant ones are looked with better."""

from __future__ import annotations

from typing import Any

import numpy as np

AGENTS = ("ppo", "look_ahead")


def raw_scores(names: tuple[str, ...], objects: int = 30, seed: int = 0) -> dict[str, Any]:
    generator = np.random.default_rng(seed)

    def sums(value: float) -> dict[str, Any]:
        below = generator.uniform(0.5, 1.5, (1, 2, objects))
        above = below * np.clip(value + 0.05 * generator.normal(size=below.shape), 0, None)
        return {"above": above.tolist(), "below": below.tolist()}

    def accuracies(first: float, gain: float) -> list[Any]:
        means = first + gain * np.arange(4) + 0.1 * generator.normal(size=(1, 2, objects, 4))
        return np.clip(means, 0, 1).tolist()

    encoders = {}
    for skill, name in zip(np.linspace(0, 1, len(names)).tolist(), names, strict=True):
        probe = {
            "r2_relative_rotation": sums(0.6 - 0.3 * skill),
            "mrr": sums(0.4 + 0.3 * skill),
            "error_composite": sums(0.9 - 0.2 * skill),
            "error_blind": sums(0.9),
            "linear_probe": sums(0.2 + 0.2 * generator.random()),
        }
        accuracy = {
            agent: {
                policy: accuracies(0.3 + 0.2 * skill, gain)
                for policy, gain in (("single", 0), ("random", 0.04), ("farthest", 0.05), (agent, 0.07))
            }
            for agent in AGENTS
        }
        encoders[name] = {"probe": probe, "accuracy": accuracy}
    return {"view": 3, "agents": AGENTS, "encoders": encoders}
