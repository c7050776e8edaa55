"""One look for every progress bar: what, how far, rate, time left (when done: time taken)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

console = Console(stderr=True)


def be_silent() -> None:
    """No more bars from this process: it works for another one, which shows how far all of them are."""
    console.quiet = True


_told: list[Callable[[int], None]] = []


@contextlib.contextmanager
def told_of_steps(advance: Callable[[int], None]) -> Iterator[None]:
    """While the block runs ``advance`` is told of every step of every bar, as by a process that works for another one,
    which shows how far it is."""
    _told.append(advance)
    try:
        yield
    finally:
        _told.remove(advance)


class _Rate(ProgressColumn):
    def __init__(self, unit: str):
        super().__init__()
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} {self._unit}/s", style="cyan", no_wrap=True)


@contextlib.contextmanager
def progress(what: str, total: int, unit: str = "it") -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while the block runs; yields ``advance(n)``. ``total``: as far as is known.

    Without a terminal (a log file, CI) only one closing line is printed, so that logs stay readable.
    """
    bar = Progress(
        TextColumn("{task.description:<30}"),
        BarColumn(bar_width=10),
        MofNCompleteColumn(),
        _Rate(unit),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        console=console,
    )
    with bar:
        task = bar.add_task(what, total=total)

        def advance(steps: int) -> None:
            bar.advance(task, steps)
            for listener in _told:
                listener(steps)

        yield advance
        bar.tasks[task].total = bar.tasks[task].completed  # episodes that ended early were counted in full
        bar.update(task)  # to a new total this would forget the rate
