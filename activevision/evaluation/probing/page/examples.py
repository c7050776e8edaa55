"""Retrieval to look at: a view, a motion, the view that it leads to, and the views that encoders take for it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.probing.measure import Measured, Task
from activevision.evaluation.probing.page.encoders import colour, trained, untrained
from activevision.geometry import egomotion, rotation_angle
from activevision.pages.html import element, image, svg
from activevision.pages.parts import section
from activevision.pages.words import NARROW_SPACE, degrees, number
from activevision.rollouts.dataset import WindowDataset

_ROWS, _MOST = 8, 4
_LEAST_TURN = math.radians(15)  # of a motion to look at, where there are enough
_SIZE = 64.0


def retrieved(
    results: dict[str, Any], task: Task, measured: Mapping[str, Measured], test: WindowDataset
) -> Element | None:
    """Rows drawn at random from what was asked, one a scene."""
    pairs = task.asked
    if not len(pairs):
        return None
    poses, images = test.store.views["pose"][test.rows], test.images
    scenes = np.repeat(test.scenes, test.views)
    motions = egomotion(poses[pairs.before], poses[pairs.after])
    blank = [name for name in results["encoders"] if untrained(results, name)]
    names = [*trained(results)[:_MOST], *blank[:1]]
    rows = _drawn(scenes[pairs.before], rotation_angle(motions))
    head = [element("div", word, class_="column") for word in ("from here", "by this motion", "one sees")]
    head += [element("div", name, class_="column chip", style=colour(results, name)) for name in names]
    cells: list[Element] = []
    for row in rows:
        before, after = int(pairs.before[row]), int(pairs.after[row])
        cells.append(_picture(images[before], "the view a motion starts from"))
        cells.append(_motion(motions[row]))
        cells.append(_picture(images[after], "the view it leads to"))
        for name in names:
            rank = float(measured[name].ranks[row])
            right = rank <= 1
            picture = images[int(measured[name].retrieved[row])]
            cells.append(
                element(
                    "div",
                    image(picture, f"the view that {name} takes for it"),
                    element(
                        "div", f"{'✓' if right else '✗'} rank {number(rank, 0)}", class_="right" if right else "wrong"
                    ),
                    class_="picture",
                )
            )
    return section(
        "How I move ↔ how my view changes",
        "Drawn at random from motions that turn, one row a scene. Under each encoder is the view, of all of the same "
        "scene, that lies nearest to the features predicted for the motion, and the rank of the view that the motion "
        "really leads to. The arrow shows where in the first view the camera turns to.",
        element("div", head, cells, class_="retrieval", style=f"--columns: {3 + len(names)}"),
    )


def _drawn(scenes: NDArray[np.str_], turns: NDArray[np.float64]) -> list[int]:
    order = np.random.default_rng(0).permutation(len(scenes))
    order = order[np.argsort(turns[order] < _LEAST_TURN, kind="stable")]  # those that turn come first
    _, first = np.unique(scenes[order], return_index=True)
    return [int(order[place]) for place in np.sort(first)[:_ROWS]]


def _picture(pixels: NDArray[np.uint8], alt: str) -> Element:
    return element("div", image(pixels, alt), class_="picture")


def _motion(motion: NDArray[np.float64]) -> Element:
    """An egomotion in words, under an arrow of where the camera's axis turns to."""
    ahead, step = -motion[:3, 2], motion[:3, 3]
    right = math.degrees(math.atan2(ahead[0], -ahead[2]))
    up = math.degrees(math.asin(float(np.clip(ahead[1], -1, 1))))
    turns = [
        f"{word}{NARROW_SPACE}{degrees(abs(angle))}"
        for angle, word in ((right, "right" if right > 0 else "left"), (up, "up" if up > 0 else "down"))
        if abs(angle) >= 1
    ]
    shifts = [
        f"{number(abs(way), 1)}{NARROW_SPACE}m{NARROW_SPACE}{word}"
        for way, word in (
            (step[0], "right" if step[0] > 0 else "left"),
            (step[1], "up" if step[1] > 0 else "down"),
            (-step[2], "ahead" if step[2] < 0 else "back"),
        )
        if abs(way) >= 0.05
    ]
    return element(
        "div",
        _arrow(right, up),
        element("div", f"turn {', '.join(turns)}" if turns else "no turn"),
        element("div", ", ".join(shifts) if shifts else "on the spot", class_="shift"),
        class_="motion",
    )


def _arrow(right: float, up: float) -> Element:
    middle, reach = _SIZE / 2, _SIZE / 2 - 6
    length = math.hypot(right, up)
    # the square root keeps small turns visible beside large ones
    scale = reach * math.sqrt(min(length, 90) / 90) / max(length, 1e-9)
    x, y = middle + scale * right, middle - scale * up
    angle = math.degrees(math.atan2(y - middle, x - middle))
    return svg(
        _SIZE,
        _SIZE,
        "direction of the turn",
        element("circle", cx=middle, cy=middle, r=reach, class_="ring"),
        element("line", x1=middle, y1=middle, x2=x, y2=y, class_="shaft") if length >= 1 else None,
        element("path", d="M-7,-4.5 L1,0 L-7,4.5 Z", transform=f"translate({x:.1f} {y:.1f}) rotate({angle:.1f})",
                class_="tip")
        if length >= 1
        else element("circle", cx=middle, cy=middle, r=3.0, class_="tip"),
    )  # fmt: skip
