"""Policies: what moves the camera."""

from __future__ import annotations

from activevision.agents.policies.policy import Policy
from activevision.errors import unknown
from activevision.explore_protocol import ExploreProtocol
from activevision.protocol import Protocol

BASELINES = ("single", "random", "farthest", "sweep")
CEILINGS = ("all_views", "oracle")
POLICIES = (*BASELINES, "ppo", *CEILINGS)
WANDERERS = ("single", "random", "sweep", "wander")


def baseline(protocol: Protocol | ExploreProtocol, name: str, seed: int) -> Policy:
    """A policy that learns nothing, by name: of BASELINES on a view grid, else of WANDERERS."""
    from activevision.agents.policies.baselines import Farthest, Random, Single, Sweep
    from activevision.agents.policies.wanderers import Spin, Wander

    if name == "single":
        return Single(protocol)
    if name == "random":
        return Random(protocol, seed)
    if isinstance(protocol, ExploreProtocol):
        if name == "sweep":
            return Spin(protocol)
        if name == "wander":
            return Wander(protocol, seed)
        raise unknown("policy", name, WANDERERS)
    if name == "sweep":
        return Sweep(protocol)
    if name == "farthest":
        return Farthest(protocol, seed)
    raise unknown("policy", name, BASELINES)
