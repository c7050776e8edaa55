"""One colour per policy, the same in every figure. The colours themselves are in the style sheet."""

from __future__ import annotations

from typing import Any

from activevision.evaluation.reading import baselines, contenders, is_ceiling

TEST_COLOURS = 4
DESCRIPTIONS = {
    "single": "first view only",
    "random": "any motion",
    "farthest": "far from all views so far",
    "sweep": "always the same turn",
    "wander": "ahead until it bumps, then a turn",
    "ppo": "learned by reinforcement",
    "ppo_pixels": "the same from pixels alone",
    "all_views": "the whole grid fused",
    "peek_saliency": "unfair: sees views before it goes to what stands out",
    "best_fixed": "one path for all, found on validation",
    "full_oracle": "all views chosen knowing the label",
    "oracle": "next view chosen knowing the label",
}


def series(results: dict[str, Any], policy: str) -> str:
    """Class that gives ``policy`` its colour and kind of line: test-0, test-1, …, a baseline's name, or ceiling."""
    if is_ceiling(results, policy):
        return f"s-ceiling s-{policy}"
    if policy in baselines(results):
        return f"s-baseline s-{policy}"
    return f"s-test s-test-{contenders(results).index(policy) % TEST_COLOURS}"
