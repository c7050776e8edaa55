"""The page as a whole: order of the sections, and the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activevision.evaluation.study.page import head, plots, tables
from activevision.pages.document import write_page


def write_study_page(study: dict[str, Any], seconds: Mapping[str, float], path: Path, command: str = "") -> None:
    """Write one HTML file that loads nothing else and needs no JavaScript.

    study: the contents of ``study.json``. seconds: that the stages took. command: what to run to get the same.
    """
    write_page(
        path,
        study["findings"]["claim"],
        __package__,
        [
            head.top(study),
            plots.panels(study),
            plots.correlations(study),
            tables.relations(study),
            tables.encoders(study),
            tables.ladder(study),
            head.method(study),
            head.settings(study, seconds, command),
        ],
    )
