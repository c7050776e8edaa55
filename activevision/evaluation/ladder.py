"""The ladder of policies: which are baselines, which ceilings, which under test, and who is set against whom."""

from __future__ import annotations

from collections.abc import Iterable

from activevision.agents.policies import CEILINGS, UNFAIR

BASELINES = ("single", "random", "sweep", "wander", "peek_saliency", "farthest", "best_fixed")
"""Policies that whatever is under test must beat, weakest first."""
BASELINE, CONTENDER, CEILING = "baseline", "contender", "ceiling"


def called(policy: str) -> str:
    """What tables and pages call a policy: its name, and where it is unfair that it is."""
    return f"{policy.replace('_', ' ')} (unfair)" if policy in UNFAIR else policy


def kind(policy: str) -> str:
    """BASELINE, CEILING, or CONTENDER for what is under test."""
    return BASELINE if policy in BASELINES else CEILING if policy in CEILINGS else CONTENDER


def rank(policy: str) -> int:
    """Place on the ladder: baselines, policies under test (all alike), ceilings."""
    if policy in BASELINES:
        return BASELINES.index(policy)
    return len(BASELINES) + (1 + CEILINGS.index(policy) if policy in CEILINGS else 0)


def compared(policies: Iterable[str]) -> list[tuple[str, str]]:
    """Pairs to compare: those under test with all baselines; where nothing is under test, every baseline with the
    weaker ones."""
    names = list(policies)
    baselines = [name for name in BASELINES if name in names]
    under_test = [name for name in names if kind(name) == CONTENDER]
    if under_test:
        return [(name, baseline) for name in under_test for baseline in baselines]
    return [(name, weaker) for place, name in enumerate(baselines) for weaker in baselines[:place]]
