"""Which policies are played with which fusions."""

from __future__ import annotations

from collections.abc import Sequence

from activevision.agents.config import ANY_ORDER, JOINT
from activevision.agents.policies import BASELINES, CEILINGS, UNFAIR, WANDERERS

_SWAPPED = ("random", "farthest", "wander", "ppo")
"""Policies that meet every fusion, so that fusions can be told apart with the policy held fixed."""

_WHOLE = "product"
"""Fusion of a whole grid where the main one is not for that."""


def policies_of(on_grid: bool, learnt: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the policies that there are on a view grid or else, with those that an agent has learnt."""
    return (*BASELINES, *UNFAIR, *learnt, *CEILINGS) if on_grid else tuple(WANDERERS)


def ordered_fusions(fusions: Sequence[str], first: str) -> tuple[str, ...]:
    """Fusions, beginning with the main one."""
    return (first, *(name for name in fusions if name != first))


def pairings(policies: Sequence[str], fusions: Sequence[str], fitted: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The fusions of each policy: the first for all, the others for some. What was trained as one has its own fusion as
    well, which motions at random and other policies that meet every fusion get, too.

    fitted: fusions that the agent has. A grid has more views than a network was made for, and no order of its own: but
    by a fusion of ``ANY_ORDER``, ``all_views`` is fused by "product" or, where that is not fitted, left out aloud.
    """
    joint = tuple(name for name in policies if name in JOINT)
    found: dict[str, tuple[str, ...]] = {}
    for policy in policies:
        if policy == "all_views" and fusions[0] not in ANY_ORDER:
            if _WHOLE in fitted:
                found[policy] = (_WHOLE,)
            else:
                _tell_left_out(policy, fusions[0])
            continue
        more = (*fusions[1:], *joint) if policy in _SWAPPED else (policy,) if policy in joint else ()
        found[policy] = tuple(dict.fromkeys((fusions[0], *more)))
    return found


def _tell_left_out(policy: str, fusion: str) -> None:
    from activevision.progress import console

    console.print(
        f"Without {policy}: fusion {fusion!r} is not made for all views of a grid, and the agent has no {_WHOLE!r}: "
        "train it with that among its --fusions.",
        soft_wrap=True,
        highlight=False,
    )
