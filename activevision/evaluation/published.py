"""Published figures of active recognition, to stand beside ours, each with why they are or are not comparable."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """A table of a paper: ``columns``, and ``rows`` of a method and a figure a column. checked: in the paper itself."""

    source: str
    protocol: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]
    comparable: str
    checked: bool


LOOK_AHEAD = Published(
    "Jayaraman & Grauman, Look-ahead before you leap, ECCV 2016",
    "SUN360 panoramas, 26 classes, 12 × 12 views of 45°, moves within 5 × 7, T = 5; accuracy in %",
    ("T = 2", "T = 3"),
    (
        ("single view", (40.0, 40.0)),
        ("transinformation", (40.7, 44.9)),
        ("sequential decision process", (42.4, 42.9)),
        ("transinformation + sequential", (44.7, 46.9)),
        ("random, averaged", (45.7, 50.5)),
        ("random, recurrent", (47.7, 51.3)),
        ("active", (50.8, 57.6)),
        ("active + look-ahead", (51.7, 58.1)),
    ),
    "The panoramas are offline and so these figures cannot be had again; scenes, classes, grid and recogniser differ "
    "here. What can be checked is the order: single < random averaged < random recurrent < active.",
    False,
)

LIKE = {
    "single view": ("single",),
    "transinformation": ("transinformation",),
    "sequential decision process": ("sequential",),
    "transinformation + sequential": ("transinformation_sequential",),
    "random, averaged": ("random/mean", "random/product"),
    "random, recurrent": ("random/recurrent", "random/active_rnn", "random/look_ahead"),
    "active": ("active_rnn/active_rnn",),
    "active + look-ahead": ("look_ahead/look_ahead",),
}
"""Agents here, "policy" or "policy/fusion", that are like the methods of ``LOOK_AHEAD``, the likest first."""

ORDER = ("single view", "random, averaged", "random, recurrent", "active", "active + look-ahead")
"""Methods of ``LOOK_AHEAD`` whose order can be checked, weakest first; the last step is look-ahead's own gain."""

LOOK_AROUND = Published(
    "Jayaraman & Grauman, Learning to look around, CVPR 2018",
    "completion, MSE × 1000 after the last view: SUN360 5 × 8 views of 32 × 32, T = 6; ModelNet 7 × 12, T = 4",
    ("SUN360", "ModelNet seen", "ModelNet unseen"),
    (
        ("one view", (39.40, 3.83, 7.38)),
        ("random", (31.88, 3.46, 6.22)),
        ("large action", (30.76, 3.44, 6.16)),
        ("peek saliency", (27.00, 3.47, 6.35)),
        ("learned", (23.16, 3.25, 5.65)),
    ),
    "Errors depend on the pictures and do not compare across data sets; the share of the error over one view that each "
    "policy takes away does.",
    True,
)
