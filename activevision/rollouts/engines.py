"""Who makes the shards of a data set: this process, or several on this machine."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

from activevision.errors import UserError
from activevision.machine import use_cores
from activevision.progress import be_silent
from activevision.rollouts.manifest import Shard
from activevision.rollouts.recorder import Advance, Recorder
from activevision.rollouts.shards import write_shard
from activevision.rollouts.storage import Storage

_GLANCE = 0.2  # seconds between looks at how far the workers are


@dataclass(frozen=True)
class Task:
    """A shard to make: episodes ``first`` to ``first + count − 1`` under a name."""

    name: str
    first: int
    count: int


@dataclass(frozen=True)
class Job:
    """What all tasks have in common. Picklable where ``make_recorder`` is. key: of all that decides the shards."""

    key: str
    make_recorder: Callable[[], Recorder]
    storage: Storage
    image: str

    def run(self, recorder: Recorder, task: Task, advance: Advance) -> Shard:
        rollouts = recorder.record(task.first, task.count, advance)
        return write_shard(self.storage, task.name, task.first, rollouts, self.image)


class Engine(Protocol):
    """Makes the shards of tasks, in any order."""

    def __call__(
        self, job: Job, tasks: Sequence[Task], recorder: Recorder, done: Callable[[Shard], None], advance: Advance
    ) -> None:
        """``done`` is told of every finished shard, ``advance`` of frames; ``recorder`` is one of this process."""
        ...


def in_this_process(
    job: Job, tasks: Sequence[Task], recorder: Recorder, done: Callable[[Shard], None], advance: Advance
) -> None:
    """One shard after the other."""
    for task in tasks:
        done(job.run(recorder, task, advance))


@dataclass(frozen=True)
class Processes:
    """So many worker processes on this machine, each with a recorder of its own and one core to itself.

    They end with this process, however it ends. UserError where one dies: what is finished is kept.
    """

    workers: int

    def __call__(
        self, job: Job, tasks: Sequence[Task], recorder: Recorder, done: Callable[[Shard], None], advance: Advance
    ) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit the simulators' threads half alive
        frames: Any = context.Value("q", 0)
        with _pool(min(self.workers, len(tasks)), context, job, frames) as pool:
            with _deaf_to_interrupts():
                running: set[Future[Shard]] = {pool.submit(_run, task) for task in tasks}
            seen = 0
            while running:
                finished, running = wait(running, _GLANCE, FIRST_COMPLETED)
                now = frames.value
                advance(now - seen)
                seen = now
                for future in finished:
                    try:
                        done(future.result())
                    except BrokenProcessPool:
                        raise UserError(
                            "a worker process died (out of memory?): run the same command again to go on, with fewer "
                            "--workers if it happens again."
                        ) from None
            advance(frames.value - seen)


@contextlib.contextmanager
def _pool(workers: int, context: Any, job: Job, frames: Any) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(job, frames))
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


_job: Job
_recorder: Recorder
_frames: Any


def _begin(job: Job, frames: Any) -> None:
    """Make this worker process ready."""
    global _job, _recorder, _frames
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_follow, args=(parent.sentinel,), daemon=True).start()
    use_cores(1)
    be_silent()
    _job, _frames = job, frames
    _recorder = job.make_recorder()


def _follow(sentinel: Any) -> None:
    """End with the parent, even if that was killed: nothing else would end a worker that waits for tasks."""
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _run(task: Task) -> Shard:
    def advance(steps: int) -> None:
        with _frames.get_lock():
            _frames.value += steps

    return _job.run(_recorder, task, advance)
