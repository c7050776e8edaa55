"""Figures of the report as pictures that stand by themselves, light and with a heading, for TensorBoard and talks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.ladder import called
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.report.choice import telling_episodes
from activevision.evaluation.report.figures.calibration_plot import calibration_plot
from activevision.evaluation.report.figures.confusion_plot import confusion_plot
from activevision.evaluation.report.figures.film_picture import film_picture
from activevision.evaluation.report.figures.filmstrip import Filmstrip
from activevision.evaluation.report.figures.viewpoint_maps import viewpoint_map
from activevision.evaluation.report.sections.confusion import by_true_class, together
from activevision.evaluation.scores import scores
from activevision.pages.html import element, svg, text
from activevision.pages.raster import painted
from activevision.pages.words import number, percent

_MARGIN, _HEAD = 22.0, 76.0
Film = Callable[[TrajectoryLog, int], NDArray[np.uint8] | None]


def plates(log: TrajectoryLog, film: Film) -> dict[str, NDArray[np.uint8]]:
    """Pictures (H, W, 3) of a log by name: calibration and confusions after the last view, where it looks on a view
    grid, and one episode that ends right and one that ends wrong where ``film`` has their frames."""
    row = scores(log) | {"main": True}
    results: dict[str, Any] = {
        "rows": {log.policy: row},
        "protocol": {"views": log.views, **log.protocol},
        "catalogue": {"classes": list(log.classes)},
    }
    who = f"{called(log.policy)}, fusion {log.fusion}"
    found = {
        "calibration": _plate(
            f"Calibration after view {log.views}",
            (who, f"expected calibration error {number(row['ece'][-1], 3)}"),
            calibration_plot(results, [log.policy]),
            look="square",
        )
    }
    if len(log.classes) > 1:
        first, last = (by_true_class(row["confusion"][view]) for view in (0, -1))
        drawing = confusion_plot("", last, log.classes, together(first))
        notes = who, f"{percent(row['accuracy'][-1])} right; true classes down, answers across"
        found["confusion"] = _plate(f"Confusions after view {log.views}", notes, drawing, scale=3.0)
    if row["viewpoints"] is not None and np.max(row["viewpoints"]) > 0:
        most = float(np.max(row["viewpoints"]))
        drawing = viewpoint_map(results, log.policy, most)
        notes = who, f"share of the chosen views, at most {percent(most)}"
        found["where_it_looks"] = _plate("Where it looks", notes, drawing, scale=3.0)
    if log.viewpoint is not None:
        ends = log.correct[:, -1]
        for row_number in telling_episodes(log, each=1):
            strip = _strip(log, row_number, film)
            if strip is not None:
                name = "episode_right" if ends[row_number] else "episode_wrong"
                found[name] = picture_of(results, [strip])
    return found


def picture_of(results: dict[str, Any], strips: Sequence[Filmstrip]) -> NDArray[np.uint8]:
    """Filmstrips as one picture (H, W, 3)."""
    return painted(film_picture(results, strips), __package__, 1.5)


def _strip(log: TrajectoryLog, row: int, film: Film) -> Filmstrip | None:
    frames = film(log, row)
    if frames is None:
        return None
    taken = slice(len(frames))
    return Filmstrip(
        log.policy, str(log.scene[row]), int(log.label[row]), frames, log.belief[row, taken],
        log.column("viewpoint")[row, taken],
    )  # fmt: skip


def _plate(
    title: str, notes: tuple[str, str], drawing: Element, scale: float = 2.0, look: str | None = None
) -> NDArray[np.uint8]:
    """A drawing under a heading and two lines, with margins that take what stands over its edge.

    look: class of what the style sheet sees the drawing in.
    """
    written = max(7.2 * max(map(len, notes)), 10.4 * len(title))
    width = max(float(drawing.get("width", 0)), written) + 2 * _MARGIN
    height = float(drawing.get("height", 0)) + _HEAD + _MARGIN + 8
    body = element("g", list(drawing), class_=look, transform=f"translate({_MARGIN:g} {_HEAD + 8:g})")
    whole = svg(
        width,
        height,
        title,
        text(_MARGIN, 28, title, "picture-title"),
        [text(_MARGIN, 48 + 18 * place, note, "strip-scene") for place, note in enumerate(notes)],
        body,
    )
    return painted(whole, __package__, scale)
