"""Which windows of the rollouts each objective is trained on, and why. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass, replace

STEP = 5
"""Frames between views that are about a step of the agents' grid apart, in the films of the study."""


@dataclass(frozen=True)
class ObjectiveWindows:
    """length: frames of a window. gap: frames of the film from one to the next. why: in a few words."""

    length: int
    gap: int
    why: str

    def at(self, step: int) -> ObjectiveWindows:
        """The same in films in which such a motion takes so many frames: gaps in proportion, neighbours as they are."""
        return replace(self, gap=1 if self.gap == 1 else max(1, round(self.gap * step / STEP)))


_NEIGHBOURS = "flow is known between neighbouring frames alone"
_COHERENCE = "coherence in time is a claim about small motions"
_STEP = "about one step of the agent's grid between the frames"
_EPISODE = "as many views, and about as far apart, as an episode of the agent"
_PAIR = "two views of one object, about a step of the agent's grid apart"

WINDOWS = {
    "action_conditional_prediction": ObjectiveWindows(2, 5, _STEP),
    "anticipation": ObjectiveWindows(2, 3, "a future that can be foreseen and is not yet the present"),
    "arrow_of_time": ObjectiveWindows(4, 2, _COHERENCE),
    "byol": ObjectiveWindows(2, 5, _PAIR),
    "context_prediction": ObjectiveWindows(2, 5, "single frames: the second one is there for its own sake"),
    "cross_pixel_flow": ObjectiveWindows(2, 1, _NEIGHBOURS),
    "egomotion_prediction": ObjectiveWindows(4, 5, _STEP),
    "equimod": ObjectiveWindows(2, 5, _PAIR),
    "equivariance": ObjectiveWindows(4, 5, _STEP),
    "flow_equivariance": ObjectiveWindows(2, 1, _NEIGHBOURS),
    "inverse_graphics": ObjectiveWindows(4, 5, _STEP),
    "look_ahead": ObjectiveWindows(4, 5, _EPISODE),
    "motion_segmentation": ObjectiveWindows(2, 1, _NEIGHBOURS),
    "none": ObjectiveWindows(2, 1, "not trained"),
    "object_centric": ObjectiveWindows(2, 3, "a thing in two frames of a moment"),
    "seq_jepa": ObjectiveWindows(4, 5, _EPISODE),
    "shuffle_and_learn": ObjectiveWindows(5, 2, _COHERENCE),
    "sie": ObjectiveWindows(2, 5, _PAIR),
    "simclr": ObjectiveWindows(2, 5, _PAIR),
    "slow_features": ObjectiveWindows(2, 2, _COHERENCE),
    "steady_features": ObjectiveWindows(3, 2, _COHERENCE),
    "temporal_equivariance": ObjectiveWindows(4, 5, _STEP),
    "tracking": ObjectiveWindows(2, 5, "the ends of a track, seen from well apart"),
    "transitive_invariance": ObjectiveWindows(2, 5, "two views of one instance, seen from well apart"),
    "vicreg": ObjectiveWindows(2, 5, _PAIR),
}
"""By objective. Whatever the windows, all see as many images in batches of as many images; a batch divides by 2, 3, 4
and 5."""
