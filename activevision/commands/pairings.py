"""Which policies are played with which fusions."""

from __future__ import annotations

from collections.abc import Sequence

from activevision.agents.config import JOINT
from activevision.agents.policies import BASELINES, CEILINGS, UNFAIR, WANDERERS

_SWAPPED = ("random", "farthest", "wander", "ppo")
"""Policies that meet every fusion, so that fusions can be told apart with the policy held fixed."""


def policies_of(on_grid: bool, learnt: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the policies that there are on a view grid or else, with those that an agent has learnt."""
    return (*BASELINES, *UNFAIR, *learnt, *CEILINGS) if on_grid else tuple(WANDERERS)


def ordered_fusions(fusions: Sequence[str], first: str) -> tuple[str, ...]:
    """Fusions, beginning with the main one."""
    return (first, *(name for name in fusions if name != first))


def pairings(policies: Sequence[str], fusions: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The fusions of each policy: the first for all, the others for some. What was trained as one has its own fusion as
    well, which motions at random and other policies that meet every fusion get, too."""
    joint = tuple(name for name in policies if name in JOINT)
    found = {}
    for policy in policies:
        more = (*fusions[1:], *joint) if policy in _SWAPPED else (policy,) if policy in joint else ()
        found[policy] = tuple(dict.fromkeys((fusions[0], *more)))
    return found
