"""The page as a whole: order of the sections, head, and the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from activevision.evaluation.report.figures.filmstrip import Filmstrip
from activevision.evaluation.report.findings import headline
from activevision.evaluation.report.sections.abstaining import abstaining
from activevision.evaluation.report.sections.accuracy import accuracy
from activevision.evaluation.report.sections.calibration import calibration
from activevision.evaluation.report.sections.confusion import confusion
from activevision.evaluation.report.sections.cost import cost
from activevision.evaluation.report.sections.encoder import encoder
from activevision.evaluation.report.sections.episodes import episodes
from activevision.evaluation.report.sections.limits import ceilings, decomposition
from activevision.evaluation.report.sections.paired import paired
from activevision.evaluation.report.sections.provenance import reproduction, settings
from activevision.evaluation.report.sections.published import published
from activevision.evaluation.report.sections.top import top
from activevision.evaluation.report.sections.viewpoints import viewpoints
from activevision.evaluation.schema import check_results
from activevision.pages.document import write_page
from activevision.pages.parts import contents


def write_report(
    results: dict[str, Any],
    filmstrips: Sequence[Filmstrip],
    path: Path,
    *,
    command: str = "",
    config: dict[str, Any] | None = None,
) -> None:
    """Write one HTML file that loads nothing else and needs no JavaScript.

    results: as ``build_results`` makes them. filmstrips: episodes to show, those side by side next to each other.
    command, config: what to run to get the same again.
    Raises UserError if the results do not follow the schema.
    """
    check_results(results)
    body = [part for part in _sections(results, filmstrips, command, config) if part is not None]
    write_page(path, headline(results)[0], __package__, [top(results), contents(body), *body])


def _sections(
    results: dict[str, Any],
    filmstrips: Sequence[Filmstrip],
    command: str,
    config: dict[str, Any] | None,
) -> list[Element | None]:
    return [
        accuracy(results),
        paired(results),
        ceilings(results),
        decomposition(results),
        episodes(results, filmstrips),
        viewpoints(results),
        confusion(results),
        calibration(results),
        abstaining(results),
        cost(results),
        published(results),
        encoder(results),
        settings(results),
        reproduction(results, command, config),
    ]
