"""A job for every one of many items, by workers or by this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar

from activevision.machine import one_thread
from activevision.progress import console, progress
from activevision.workers import in_processes


class Named(Protocol):
    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=Named)


def for_all(
    job: Callable[[Item, Callable[[int], None]], None],
    items: Sequence[Item],
    enter: Callable[[Any], None],
    plan: Any,
    workers: int,
    what: str,
    total: int,
    unit: str,
) -> None:
    """Do a job for every item, in so many processes, or in this one, whose parts show bars of their own.

    enter: makes a process ready for jobs of the ``plan``. total: of the units that jobs tell of.
    """
    if not items:
        return
    if min(workers, len(items)) == 1:
        with one_thread():
            enter(plan)
            for number, item in enumerate(items):
                console.print(f"{what} ({number + 1} of {len(items)}: {item.name})", highlight=False)
                job(item, lambda steps: None)
        return
    with progress(what, total, unit) as advance:
        for _ in in_processes(job, items, workers, advance, enter, (plan,)):
            pass
