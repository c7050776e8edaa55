"""Where a policy looked for one class: a small map of the view grid."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.ladder import called
from activevision.evaluation.report.figures.levels import squares
from activevision.pages.html import element, svg
from activevision.pages.words import article

WIDTH = 156.0


def class_map(results: dict[str, Any], policy: str, name: str, shares: list[list[float]], most: float) -> Element:
    """Elevations upwards, azimuths to the right; full colour is a share of ``most``."""
    rows, columns = len(shares), len(shares[0])
    side = WIDTH / columns
    tall = min(side, 100 / rows)
    return svg(
        WIDTH,
        rows * tall,
        f"Viewpoints that {called(policy)} chose with {article(name)} {name}",
        element("rect", x=0, y=0, width=WIDTH, height=rows * tall, class_="paper"),
        squares(
            [
                (column * side, (rows - 1 - row) * tall, share / most)
                for row, line in enumerate(shares)
                for column, share in enumerate(line)
            ],
            side - 0.6,
            tall - 0.6,
            "cell",
        ),
    )
