"""Where policies looked: the share of chosen views on each viewpoint of the grid, as small multiples."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.ladder import called
from activevision.evaluation.reading import main_rows
from activevision.pages.html import element, svg, text
from activevision.pages.words import degrees, percent

WIDTH = 276


def viewpoint_map(results: dict[str, Any], policy: str, most: float) -> Element:
    """Elevations upwards, azimuths to the right; full colour is a share of ``most``."""
    shares = main_rows(results)[policy]["viewpoints"]
    elevations = results["protocol"]["elevations_deg"]
    rows, columns = len(shares), len(shares[0])
    left, top, gap = 40.0, 4.0, 2.0
    width = (WIDTH - left) / columns
    height = min(width, 230 / rows)
    bottom = top + rows * height
    cells = [
        element(
            "rect",
            element(
                "title",
                f"elevation {degrees(elevations[row])}, azimuth {degrees(360 * column / columns)}: {percent(share)}",
            ),
            x=left + column * width,
            y=bottom - (row + 1) * height,
            width=width - gap,
            height=height - gap,
            rx=2,
            class_="cell",
            fill_opacity=f"{share / most:.3f}",
        )
        for row, line in enumerate(shares)
        for column, share in enumerate(line)
    ]
    named_rows = {0, rows // 2, rows - 1}
    named_columns = {round(k * columns / 4) for k in range(4)}
    return svg(
        WIDTH,
        bottom + 20,
        f"Viewpoints that {called(policy)} chose",
        element(
            "rect", x=left - gap, y=top - gap, width=WIDTH - left + gap, height=bottom - top + gap, rx=4, class_="paper"
        ),
        cells,
        [
            text(left - 7, bottom - (row + 0.5) * height + 3, degrees(elevations[row]), "tick", "end")
            for row in named_rows
        ],
        [
            text(left + (column + 0.5) * width, bottom + 15, degrees(360 * column / columns), "tick", "middle")
            for column in named_columns
        ],
    )
