"""Worker processes on this machine: one core each, and none of them outlives the process that started it."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from activevision.errors import UserError
from activevision.machine import use_cores
from activevision.progress import be_silent

Item = TypeVar("Item")
Result = TypeVar("Result")

_GLANCE = 0.2  # seconds between looks at how far the workers are


def check_workers(workers: int | None) -> None:
    """UserError for a number of worker processes that is none; None leaves it to the machine."""
    if workers is not None and workers < 1:
        raise UserError(f"--workers {workers}: give at least 1.")


def in_processes(
    work: Callable[[Item, Callable[[int], None]], Result],
    items: Iterable[Item],
    workers: int,
    advance: Callable[[int], None],
    begin: Callable[..., None] | None = None,
    arguments: tuple[Any, ...] = (),
) -> Iterator[Result]:
    """Results of ``work`` as they are finished, from so many processes.

    work: from an item, and what is to be told of every step, to a result; a function of a module, as are all that go to
    another process. advance: is told of those steps in this process. begin: called with ``arguments`` once in every
    worker, before its first item. Ctrl-C, or this process's end however it comes, ends the workers. UserError where one
    of them dies.
    """
    context = multiprocessing.get_context("spawn")  # a fork would inherit simulators' and torch's threads half alive
    items = list(items)
    steps: Any = context.Value("q", 0)
    with _pool(min(workers, len(items)), context, (steps, begin, arguments)) as pool:
        with _deaf_to_interrupts():
            running: set[Future[Result]] = {pool.submit(_run, work, item) for item in items}
        seen = 0
        while running:
            finished, running = wait(running, _GLANCE, FIRST_COMPLETED)
            now = steps.value
            advance(now - seen)
            seen = now
            for future in finished:
                try:
                    yield future.result()
                except BrokenProcessPool:
                    raise UserError(
                        "a worker process died (out of memory?): run the same command again to go on, with fewer "
                        "--workers if it happens again."
                    ) from None
        advance(steps.value - seen)


@contextlib.contextmanager
def _pool(workers: int, context: Any, initial: tuple[Any, ...]) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=initial)
    try:
        yield pool
    except BaseException:
        workers_of = list((pool._processes or {}).values())  # nothing public ends a running task
        pool.shutdown(wait=False, cancel_futures=True)
        for process in workers_of:
            process.terminate()
        for process in workers_of:
            process.join()
        raise
    pool.shutdown()


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that are started meanwhile never hear of Ctrl-C, which reaches the whole group: their parent ends them.

    Were they to do this by themselves, it would come too late for one that is still loading this package.
    """
    if threading.current_thread() is not threading.main_thread():  # which alone may say so
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_steps: Any


def _begin(steps: Any, begin: Callable[..., None] | None, arguments: tuple[Any, ...]) -> None:
    """Make this worker process ready."""
    global _steps
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    use_cores(1)
    be_silent()
    _steps = steps
    if begin is not None:
        begin(*arguments)
        use_cores(1)  # torch as well, if only this has loaded it


def _follow(sentinel: Any) -> None:
    """End with the parent, even if that was killed: nothing else would end a worker that waits for tasks."""
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _advance(steps: int) -> None:
    with _steps.get_lock():
        _steps.value += steps


def _run(work: Callable[[Item, Callable[[int], None]], Result], item: Item) -> Result:
    return work(item, _advance)
