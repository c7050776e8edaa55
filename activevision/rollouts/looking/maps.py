"""Drawings of where the camera was: viewing angles, and paths from above."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from activevision.pages.html import Child, element, image, line, svg, text
from activevision.pages.words import degrees, percent
from activevision.rollouts.looking.charts import HALF, SMALL, nice

_CELLS = 96  # pixels of a floor map's side
_HUES = 6  # colours of paths in one map, as the style sheet names them


def angle_map(counts: NDArray[np.int64], across: str, up: str, width: int) -> Element:
    """Shares of views by angles, of counts as ``angle_histogram`` makes them; full colour is the largest share."""
    rows, columns = counts.shape
    left, top = 52.0, 6.0
    cell = (width - left - 2) / columns
    height = min(cell, 260 / rows)
    bottom = top + rows * height
    shares = counts / max(int(counts.sum()), 1)
    most = float(shares.max()) or 1.0
    size = 360 / columns
    cells = [
        element(
            "rect",
            element(
                "title",
                f"{up} {degrees((row - rows // 2) * size)}, {across} {degrees((column - columns // 2) * size)}: "
                f"{percent(shares[row, column], 2)}",
            ),
            x=left + column * cell,
            y=bottom - (row + 1) * height,
            width=cell - 1,
            height=height - 1,
            rx=1.5,
            class_="cell",
            # a square root, so that seldom and never are told apart
            fill_opacity=f"{np.sqrt(shares[row, column] / most):.3f}",
        )
        for row in range(rows)
        for column in range(columns)
        if counts[row, column]
    ]
    return svg(
        width,
        bottom + 38,
        f"Views by {across} and {up}",
        element("rect", x=left - 1, y=top - 1, width=columns * cell + 1, height=bottom - top + 1, rx=3, class_="paper"),
        cells,
        [
            text(left - 8, bottom - (row + 0.5) * height + 4, degrees((row - rows // 2) * size), "tick", "end")
            for row in range(0, rows, 1 if rows < 10 else 3)
        ],
        [
            text(left + (columns * k / 4 + 0.5) * cell, bottom + 16, degrees(90 * (k - 2)), "tick", "middle")
            for k in range(4)
        ],
        text(left + columns * cell / 2, bottom + 34, across, "axis", "middle"),
    )


def paths_from_start(paths: Sequence[NDArray[np.float64]]) -> Element:
    """Paths (T, 2) of metres to the right and ahead, laid over one another from one start."""
    middle = HALF / 2
    return _round(
        "Paths from one start, from above",
        [path * [1, -1] for path in paths],
        element("path", d=f"M {middle} {middle - 9} l 6 14 l -6 -4 l -6 4 z", class_="start"),
        "the first view looks up the page",
        every=False,
    )


def orbit_from_above(paths: Sequence[NDArray[np.float64]]) -> Element:
    """Camera positions (T, 3) round the object, from above, as a map of x to the right and z down the page."""
    middle = HALF / 2
    return _round(
        "Camera positions round the object, from above",
        [path[:, [0, 2]] for path in paths],
        element("rect", x=middle - 5, y=middle - 5, width=10, height=10, rx=2, class_="start"),
        "the square is the object",
        every=True,
    )


def _round(title: str, paths: Sequence[NDArray[np.float64]], mark: Element, caption: str, every: bool) -> Element:
    """Paths (T, 2) of metres to the right and down the page round the middle, with rings of distance.

    Dots are ``every`` view, or else the last ones.
    """
    reach = max(float(np.linalg.norm(np.concatenate(paths), axis=1).max()), 1e-3) * 1.06
    middle, scale = HALF / 2, (HALF / 2 - 4) / reach
    places = [(middle + path * scale).tolist() for path in paths]
    step = nice(reach / 3.2)
    rings = [step * k for k in range(1, 5) if step * k <= reach]
    return svg(
        HALF,
        HALF + 22,
        title,
        [element("circle", cx=middle, cy=middle, r=ring * scale, class_="ring") for ring in rings],
        [_polyline(path, "path faint") for path in places],
        [
            element("circle", cx=x, cy=y, r=2.2, class_="end")
            for path in places
            for x, y in (path if every else path[-1:])
        ],
        # over the lines, or the figures could not be read
        [text(middle, middle - ring * scale - 4, f"{ring:.3g} m", "tick on-lines", "middle") for ring in rings],
        mark,
        text(middle, HALF + 16, caption, "axis", "middle"),
    )


def floor_map(paths: Sequence[NDArray[np.float64]], standing: NDArray[np.float32] | None, title: str) -> Element:
    """One scene from above: paths (T, 4, 4) as lines, ``standing`` (N, 2) x, z of what stands there in grey."""
    positions = [pose[:, [0, 2], 3] for pose in paths]
    together = np.concatenate(positions)
    if standing is not None and len(standing):
        # a few points through an open door must not shrink the room to a corner
        together = np.concatenate([together, np.percentile(standing, [1, 99], axis=0)])
    low, high = together.min(0), together.max(0)
    size = max(float((high - low).max()) * 1.12, 0.5)
    corner = (low + high) / 2 - size / 2
    scale = SMALL / size
    bar = nice(size / 5)
    drawn: list[Child] = []
    if standing is not None and len(standing):
        drawn.append(_standing(standing, corner, size))
    for index, (path, pose) in enumerate(zip(positions, paths, strict=True)):
        places = [tuple(point) for point in ((path - corner) * scale).tolist()]
        hue = f"hue-{index % _HUES}"
        drawn.append(_polyline(places, f"path {hue}"))
        drawn += [element("circle", cx=x, cy=y, r=1.8, class_=f"step {hue}") for x, y in places]
        drawn.append(_arrow(places[0], pose[0], hue))
    return element(
        "figure",
        svg(
            SMALL,
            SMALL,
            f"{title} from above",
            element("rect", x=0, y=0, width=SMALL, height=SMALL, rx=4, class_="paper"),
            drawn,
            line(12, SMALL - 12, 12 + bar * scale, SMALL - 12, "scale"),
            text(12, SMALL - 18, f"{bar:g} m", "tick"),
        ),
        element("figcaption", title),
    )


def _standing(points: NDArray[np.float32], corner: NDArray[np.float64], size: float) -> Element:
    places = np.floor((points - corner) / size * _CELLS).astype(int)
    places = places[((places >= 0) & (places < _CELLS)).all(axis=1)]
    counts = np.zeros((_CELLS, _CELLS))
    np.add.at(counts, (places[:, 1], places[:, 0]), 1)
    share = np.log1p(counts) / max(float(np.log1p(counts).max()), 1e-9)
    pixels = np.zeros((_CELLS, _CELLS, 4), np.uint8)
    pixels[..., :3] = 128  # a grey that shows on light and on dark paper
    pixels[..., 3] = np.round(245 * np.sqrt(share))
    source = image(pixels, "").get("src")
    return element("image", href=source, x=0, y=0, width=SMALL, height=SMALL, preserveAspectRatio="none")


def _arrow(place: tuple[float, ...], pose: NDArray[np.float64], hue: str) -> Element:
    """Where an episode begins and which way it looks."""
    ahead = np.array([-pose[0, 2], -pose[2, 2]])
    ahead = ahead / max(float(np.linalg.norm(ahead)), 1e-9)
    side = np.array([-ahead[1], ahead[0]])
    corners = [
        np.array(place) + 9 * ahead,
        np.array(place) - 5 * ahead + 5 * side,
        np.array(place) - 5 * ahead - 5 * side,
    ]
    return element("polygon", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in corners), class_=f"begin {hue}")


def _polyline(places: Sequence[Sequence[float]], class_: str) -> Element:
    return element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places), class_=class_)
