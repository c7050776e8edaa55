"""The page as a whole: order of the sections, head, and the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.evaluation.report import provenance, sections
from activevision.evaluation.report.filmstrip import Filmstrip
from activevision.evaluation.report.findings import headline
from activevision.evaluation.schema import check_results
from activevision.pages.document import write_page
from activevision.pages.html import element, image


@dataclass(frozen=True, eq=False)
class Picture:
    """A further figure: (H, W, 3) uint8 pixels with a title and a caption."""

    title: str
    caption: str
    pixels: NDArray[np.uint8]


def write_report(
    results: dict[str, Any],
    filmstrips: Sequence[Filmstrip],
    path: Path,
    *,
    command: str = "",
    config: dict[str, Any] | None = None,
    pictures: Sequence[Picture] = (),
) -> None:
    """Write one HTML file that loads nothing else and needs no JavaScript.

    results: as ``build_results`` makes them. filmstrips: episodes to show, those side by side next to each other.
    command, config: what to run to get the same again. pictures: further figures, shown before the protocol.
    Raises UserError if the results do not follow the schema.
    """
    check_results(results)
    body = (
        sections.top(results),
        sections.accuracy(results),
        sections.paired(results),
        sections.episodes(results, filmstrips),
        sections.viewpoints(results),
        sections.fusions(results),
        sections.calibration(results),
        sections.encoder(results),
        [
            sections.section(p.title, p.caption, element("div", image(p.pixels, p.title), class_="picture"))
            for p in pictures
        ],
        provenance.settings(results),
        provenance.reproduction(results, command, config),
    )
    write_page(path, headline(results)[0], __package__, body)
