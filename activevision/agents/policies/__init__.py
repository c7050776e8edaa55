"""Policies: what moves the camera."""

from __future__ import annotations

from activevision.agents.named import named_class
from activevision.agents.policies.policy import Policy
from activevision.explore_protocol import ExploreProtocol
from activevision.protocol import Protocol

_BASELINES, _WANDERERS = "activevision.agents.policies.baselines", "activevision.agents.policies.wanderers"

BASELINES = {
    "single": f"{_BASELINES}:Single",
    "random": f"{_BASELINES}:Random",
    "farthest": f"{_BASELINES}:Farthest",
    "sweep": f"{_BASELINES}:Sweep",
}
"""Policies on a view grid that learn nothing, as "module:Class" of a class that takes a protocol and a seed."""

WANDERERS = {
    "single": f"{_BASELINES}:Single",
    "random": f"{_BASELINES}:Random",
    "sweep": f"{_WANDERERS}:Spin",
    "wander": f"{_WANDERERS}:Wander",
}
"""The same where the camera moves freely."""

UNFAIR = ("peek_saliency",)
"""Baselines on a view grid that see views before they go there; made in evaluation alone."""

CEILINGS = ("all_views", "oracle", "full_oracle")
"""References with privileged information, not policies: see ``ceilings``."""


def baseline(protocol: Protocol | ExploreProtocol, name: str, seed: int) -> Policy:
    """A policy that learns nothing, by name: of BASELINES on a view grid, else of WANDERERS, or a user's own."""
    known = WANDERERS if isinstance(protocol, ExploreProtocol) else BASELINES
    return named_class("policy", name, known)(protocol, seed)
