"""Who makes the shards of a data set: this process, or several on this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from activevision.rollouts.manifest import Shard
from activevision.rollouts.recorder import Advance, Recorder
from activevision.rollouts.shards import write_shard
from activevision.rollouts.storage import Storage
from activevision.workers import in_processes


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
        for shard in in_processes(_run, tasks, self.workers, advance, _begin, (job,)):
            done(shard)


_job: Job
_recorder: Recorder


def _begin(job: Job) -> None:
    """Make this worker process ready."""
    global _job, _recorder
    _job, _recorder = job, job.make_recorder()


def _run(task: Task, advance: Advance) -> Shard:
    return _job.run(_recorder, task, advance)
