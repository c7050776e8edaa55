"""Who tables and pages are about: the policy that findings speak of, its best rival, and those that figures show."""

from __future__ import annotations

from typing import Any

from activevision.evaluation.ladder import CEILING
from activevision.evaluation.reading import baselines, contenders, headline_view, main_rows, of_kind

FEW = 8
"""So many policies can all be told apart in one figure."""
MOST_CONTENDERS = 4
"""Policies under test that figures show where there are more than ``FEW``."""


def protagonist(results: dict[str, Any]) -> str | None:
    """The policy that the findings speak of: ppo where it ran, else the one under test that does best; where none is
    under test, the last up the ladder of the baselines, which no figure chooses."""
    names = contenders(results)
    if not names:
        return next((name for name in reversed(baselines(results)) if name != "single"), None)
    return "ppo" if "ppo" in names else max(names, key=lambda name: accuracy(results, name))


def accuracy(results: dict[str, Any], policy: str) -> float:
    """Of the row that stands for a policy, at the headline view."""
    return float(main_rows(results)[policy]["accuracy"][headline_view(results) - 1])


def best_baseline(results: dict[str, Any]) -> str | None:
    """The baseline, other than the protagonist, with the highest accuracy at the headline view; the earlier on the
    ladder where two are level."""
    names = [name for name in baselines(results) if name != protagonist(results)]
    return max(names, key=lambda name: accuracy(results, name), default=None)


def best_first(results: dict[str, Any]) -> list[str]:
    """Policies under test: the protagonist, then the others by their accuracy at the headline view."""
    first = protagonist(results)
    return sorted(contenders(results), key=lambda name: (name != first, -accuracy(results, name)))


def in_order(results: dict[str, Any]) -> list[str]:
    """All policies as tables list them: baselines up the ladder, those under test best first, ceilings."""
    return [*baselines(results), *best_first(results), *of_kind(results, CEILING)]


def featured(results: dict[str, Any]) -> list[str]:
    """Policies that figures show: all where they are few, else one view, random, the best baseline, the protagonist and
    its closest rivals, and the ceilings; ``in_order``."""
    names = in_order(results)
    if len(names) <= FEW:
        return names
    wanted = {"single", "random", best_baseline(results), protagonist(results)}
    wanted |= {*best_first(results)[:MOST_CONTENDERS], *of_kind(results, CEILING)}
    return [name for name in names if name in wanted]
