"""Which windows of the rollouts each objective is trained on, and why. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diet:
    """length: frames of a window. gap: frames of the film from one to the next. why: in a few words."""

    length: int
    gap: int
    why: str


_NEIGHBOURS = "flow is known between neighbouring frames alone"
_COHERENCE = "coherence in time is a claim about small motions"
_STEP = "about one step of the agent's grid between the frames"
_EPISODE = "as many views, and about as far apart, as an episode of the agent"
_PAIR = "two views of one object, about a step of the agent's grid apart"

DIETS = {
    "action_conditional_prediction": Diet(2, 5, _STEP),
    "anticipation": Diet(2, 3, "a future that can be foreseen and is not yet the present"),
    "arrow_of_time": Diet(4, 2, _COHERENCE),
    "byol": Diet(2, 5, _PAIR),
    "context_prediction": Diet(2, 5, "single frames: the second one is there for its own sake"),
    "cross_pixel_flow": Diet(2, 1, _NEIGHBOURS),
    "egomotion_prediction": Diet(4, 5, _STEP),
    "equimod": Diet(2, 5, _PAIR),
    "equivariance": Diet(4, 5, _STEP),
    "flow_equivariance": Diet(2, 1, _NEIGHBOURS),
    "inverse_graphics": Diet(4, 5, _STEP),
    "look_ahead": Diet(4, 5, _EPISODE),
    "motion_segmentation": Diet(2, 1, _NEIGHBOURS),
    "none": Diet(2, 1, "not trained"),
    "object_centric": Diet(2, 3, "a thing in two frames of a moment"),
    "seq_jepa": Diet(4, 5, _EPISODE),
    "shuffle_and_learn": Diet(5, 2, _COHERENCE),
    "sie": Diet(2, 5, _PAIR),
    "simclr": Diet(2, 5, _PAIR),
    "slow_features": Diet(2, 2, _COHERENCE),
    "steady_features": Diet(3, 2, _COHERENCE),
    "temporal_equivariance": Diet(4, 5, _STEP),
    "tracking": Diet(2, 5, "the ends of a track, seen from well apart"),
    "transitive_invariance": Diet(2, 5, "two views of one instance, seen from well apart"),
    "vicreg": Diet(2, 5, _PAIR),
}
"""By objective. Whatever the windows, all see as many images in batches of as many images; a batch divides by 2, 3, 4
and 5."""
