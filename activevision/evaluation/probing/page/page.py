"""The page as a whole: order of the sections, and the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activevision.evaluation.probing.measure import Measured, Task
from activevision.evaluation.probing.page import examples, figures, head
from activevision.pages.document import write_page
from activevision.rollouts.dataset import WindowDataset


def write_probe_page(
    results: dict[str, Any],
    task: Task,
    measured: Mapping[str, Measured],
    test: WindowDataset,
    path: Path,
    command: str = "",
) -> None:
    """Write one HTML file that loads nothing else and needs no JavaScript.

    results, task, measured: as ``compare`` gives them, of the views of ``test``. command: what to run to get the same.
    """
    write_page(
        path,
        head.headline(results)[0],
        __package__,
        [
            head.top(results),
            figures.trade_off(results),
            figures.tables(results),
            figures.drift(results),
            examples.retrieved(results, task, measured, test),
            figures.published(),
            head.settings(results, command),
        ],
    )
