"""Episodes as strips of frames with the belief under each view."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from activevision.evaluation.ladder import called
from activevision.evaluation.reading import views_of
from activevision.evaluation.report.series import series
from activevision.pages.html import element, image
from activevision.pages.words import article, degrees, number, percent

_CLASSES = 4
_SIDE = 160  # pixels of a frame on a page
MOST = 8
"""Views of an episode that a strip shows."""


@dataclass(frozen=True, eq=False)
class Filmstrip:
    """One episode to look at.

    policy: its name. scene: id. label: true class index.
    frames: (T, H, W, 3) uint8, of the views taken. belief: (T, C) log-posterior after each. viewpoints: (T, 2) int grid
    indices.
    """

    policy: str
    scene: str
    label: int
    frames: NDArray[np.uint8]
    belief: NDArray[np.float32]
    viewpoints: NDArray[np.int64]

    @property
    def right(self) -> bool:
        """Whether the most believed class is the true one at the end."""
        return bool(self.belief[-1].argmax() == self.label)


@dataclass(frozen=True, eq=False)
class Moment:
    """What a strip shows of one view.

    number: from 1. right: whether the most believed class is the true one. where: its viewpoint in words, empty off a
    view grid. shares: of the true class and of its strongest rivals, which keep their place in all views of a strip.
    """

    number: int
    frame: NDArray[np.uint8]
    right: bool
    where: str
    shares: list[Share]


@dataclass(frozen=True)
class Share:
    """Belief in a class. top: whether it is the most believed of all."""

    name: str
    share: float
    true: bool
    top: bool


def moments(results: dict[str, Any], strip: Filmstrip) -> list[Moment]:
    """Of many views, some."""
    classes: Sequence[str] = results["catalogue"]["classes"]
    belief = np.exp(np.asarray(strip.belief, np.float64))
    rivals = [int(c) for c in np.argsort(-belief.max(axis=0), kind="stable") if c != strip.label]
    shown = [strip.label, *rivals[: _CLASSES - 1]]
    return [
        Moment(
            t + 1,
            strip.frames[t],
            bool(belief[t].argmax() == strip.label),
            _where(results, strip.viewpoints[t]),
            [Share(classes[c], float(belief[t, c]), c == strip.label, bool(c == belief[t].argmax())) for c in shown],
        )
        for t in _spread(len(strip.frames))
    ]


def filmstrip(results: dict[str, Any], strip: Filmstrip) -> Element:
    """A strip: the true class and its strongest rivals keep their place under every view; of many views, some."""
    classes: Sequence[str] = results["catalogue"]["classes"]
    views = [
        element(
            "div",
            image(_small(moment.frame), f"view {moment.number} of {strip.scene}", lossy=True),
            _verdict(moment),
            [_bar(share) for share in moment.shares],
            class_="view",
        )
        for moment in moments(results, strip)
    ]
    return element(
        "figure",
        element(
            "figcaption",
            element("span", called(strip.policy), class_=f"chip {series(results, strip.policy)}"),
            element("span", article(classes[strip.label]), " ", element("b", classes[strip.label]), class_="truth"),
            element("span", f"stops after {len(views)}", class_="truth")
            if len(strip.frames) < views_of(results)
            else None,
            element("span", strip.scene, class_="scene"),
        ),
        element(
            "div", views, class_="views", style=f"--columns:{_columns(len(views), 5)};--phone:{_columns(len(views), 4)}"
        ),
        class_="strip",
    )


def _spread(views: int) -> list[int]:
    """Which views are shown: all, or from the first to the last evenly."""
    return sorted({round(t) for t in np.linspace(0, views - 1, min(views, MOST))})


def _columns(views: int, most: int) -> int:
    """Frames side by side: at most ``most``, in rows of about equal length."""
    return math.ceil(views / math.ceil(views / most))


def _small(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """At most ``_SIDE`` pixels wide."""
    height, width = frame.shape[:2]
    if width <= _SIDE:
        return frame
    size = _SIDE, round(_SIDE * height / width)
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BOX))


def _verdict(moment: Moment) -> Element:
    return element(
        "div",
        element("span", f"{moment.number} {'✓' if moment.right else '✗'}", class_="right" if moment.right else "wrong"),
        element("span", moment.where, class_="where"),
        class_="verdict",
    )


def _where(results: dict[str, Any], viewpoint: NDArray[np.int64]) -> str:
    protocol = results["protocol"]
    if "elevations_deg" not in protocol:
        return ""
    row, column = (int(index) for index in viewpoint)
    return f"{degrees(protocol['elevations_deg'][row])} {degrees(360 * column / protocol['azimuths'])}"


def _bar(share: Share) -> Element:
    kind = " true" if share.true else ""
    kind += (" right" if share.true else " wrong") if share.top else ""
    return element(
        "div",
        element("i", style=f"width:{100 * share.share:.1f}%"),
        element("span", share.name, class_="class"),
        element("span", number(100 * share.share, 0), class_="share"),
        class_=f"bar{kind}",
        title=f"{share.name}: {percent(share.share)}",
    )
