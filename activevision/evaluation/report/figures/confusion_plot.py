"""A confusion matrix: true classes down, answers across, every line a class's own shares."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.report.figures.levels import LEVELS, level
from activevision.pages.html import element, svg, text
from activevision.pages.words import percent

SIDE = 216.0
_GUTTER, _TEXT = 74.0, 9.5
_NAMED = 30
"""Most classes whose names can be read beside a matrix of ``SIDE`` pixels."""


def confusion_plot(title: str, shares: NDArray[np.float64], classes: Sequence[str], order: Sequence[int]) -> Element:
    """shares: (C, C), every line sums to 1, or is NaN for a class without episodes. order: of the classes."""
    cell = SIDE / len(classes)
    left = _GUTTER if len(classes) <= _NAMED else 2.0
    cells = []
    for row, true in enumerate(order):
        for column, answer in enumerate(order):
            share = float(np.nan_to_num(shares[true, answer]))
            if share > 0:
                words = f"{classes[true]} taken for {classes[answer]}: " if true != answer else f"{classes[true]}: "
                cells.append(
                    element(
                        "rect",
                        element("title", words + percent(share)),
                        x=left + column * cell,
                        y=row * cell,
                        width=cell - 0.5,
                        height=cell - 0.5,
                        class_="hit" if true == answer else "miss",
                        fill_opacity=f"{level(share) / LEVELS:.3f}",
                    )
                )
    return svg(
        left + SIDE,
        SIDE + 2,
        title,
        element("rect", x=left, y=0, width=SIDE, height=SIDE, class_="paper"),
        cells,
        [
            element("text", classes[true], x=left - 4, y=(row + 0.5) * cell + 0.35 * _TEXT, text_anchor="end",
                    class_="tick", style=f"font-size:{min(_TEXT, cell):.1f}px")
            for row, true in enumerate(order)
        ]
        if len(classes) <= _NAMED
        else text(left, SIDE + 12, f"{len(classes)} classes", "tick"),
    )  # fmt: skip
