"""One colour per policy, the same in every figure. The colours themselves are in the style sheet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.cast import best_first, featured
from activevision.evaluation.ladder import called
from activevision.evaluation.reading import baselines, is_ceiling
from activevision.pages.html import element

DESCRIPTIONS = {
    "single": "first view only",
    "random": "any motion",
    "farthest": "far from all views so far",
    "sweep": "always the same turn",
    "wander": "ahead until it bumps, then a turn",
    "peek_saliency": "unfair: sees views before it goes to what stands out",
    "best_fixed": "one path for all, found on validation",
    "transinformation": "most told about the class by a view",
    "sequential": "least expected entropy",
    "transinformation_sequential": "both of these together",
    "next_best_view": "greatest gain by forecast features",
    "dqn": "learned values of motions",
    "look_around": "learned by completing views",
    "ppo": "learned by reinforcement",
    "ppo_pixels": "the same, from pixels alone",
    "ppo_stop": "the same, free to stop",
    "recurrent_ppo": "the same, with a memory",
    "active_rnn": "all parts trained together",
    "look_ahead": "the same, with forecasts",
    "all_views": "the whole grid fused",
    "oracle": "next view chosen knowing the label",
    "full_oracle": "all views chosen knowing the label",
}


def series(results: dict[str, Any], policy: str) -> str:
    """Class that gives ``policy`` its colour and kind of line: test-0, test-1, …, a baseline's name, or ceiling; those
    under test that no figure shows have no colour of their own."""
    if is_ceiling(results, policy):
        return f"s-ceiling s-{policy}"
    if policy in baselines(results):
        return f"s-baseline s-{policy}"
    shown = [name for name in best_first(results) if name in featured(results)]
    return f"s-test s-test-{shown.index(policy)}" if policy in shown else "s-test s-rest"


def legend(results: dict[str, Any], policies: Iterable[str]) -> Element:
    """Names beside their colours, for figures whose lines cannot be named where they end."""
    return element(
        "p",
        [
            element("span", element("i", class_="swatch"), called(name), class_=series(results, name))
            for name in policies
        ],
        class_="legend",
    )


def policy_table(
    results: dict[str, Any], heads: Sequence[str], cells: Mapping[str, Iterable[Element]], class_: str | None = None
) -> Element:
    """A line for each policy, with its name and ``cells``. heads: of the first column, and of the others, which hold
    figures."""
    first, *others = heads
    head = element("tr", element("th", first), [element("th", other, class_="number") for other in others])
    body = [element("tr", named(name), list(line), class_=series(results, name)) for name, line in cells.items()]
    return element("table", element("thead", head), element("tbody", body), class_=class_)


def named(policy: str, note: str = "") -> Element:
    """The first cell of a policy's line in a table."""
    return element(
        "th",
        element("i", class_="swatch"),
        called(policy),
        element("small", note) if note else None,
        scope="row",
    )
