"""Shards made on a Ray cluster. The only file that imports ray."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from activevision.errors import UserError
from activevision.machine import use_cores
from activevision.optional import require
from activevision.progress import be_silent
from activevision.rollouts.engines import Job, Task
from activevision.rollouts.manifest import Shard
from activevision.rollouts.recorder import Advance, Recorder

LOCAL = "local"


@dataclass(frozen=True)
class OnRay:
    """Every shard is a Ray task on one core, wherever the cluster has one free.

    address: of the cluster, "auto" for the one that this machine belongs to, LOCAL for one of this machine alone that
    ends with the collection. A Ray that this process has started already is used as it is.

    A worker that is lost, with its machine or without, costs the shard that it was making, which is made again
    elsewhere; its half is never seen, because files appear whole. The storage must be one that all machines reach.
    UserError where there is no cluster at the address.
    """

    address: str = "auto"

    def __call__(
        self, job: Job, tasks: Sequence[Task], recorder: Recorder, done: Callable[[Shard], None], advance: Advance
    ) -> None:
        ray = require("ray", "ray")
        started = not ray.is_initialized()
        if started:
            try:
                ray.init(
                    address=None if self.address == LOCAL else self.address,
                    include_dashboard=False,
                    log_to_driver=False,
                    logging_level="ERROR",
                )
            except ConnectionError as error:
                reason = str(error).partition("\n")[0]
                raise UserError(
                    f"no Ray cluster at {self.address!r} ({reason}): start one with `ray start --head`, or use "
                    f"--ray-address {LOCAL}."
                ) from None
        try:
            everywhere = ray.put(job)
            # retried without end for as long as machines are lost; what the code itself raises is raised here
            make = ray.remote(num_cpus=1, max_retries=-1)(_make)
            running = [make.remote(everywhere, task) for task in tasks]
            while running:
                finished, running = ray.wait(running)
                for reference in finished:
                    shard = _result(ray, reference)
                    advance(shard.frames)
                    done(shard)
        finally:
            if started:
                ray.shutdown()


def _result(ray: Any, reference: Any) -> Shard:
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None


_made: dict[str, Recorder] = {}


def _make(job: Job, task: Task) -> Shard:
    """In a worker process, which keeps the recorder of the latest job."""
    if job.key not in _made:
        use_cores(1)
        be_silent()
        for recorder in _made.values():
            recorder.close()
        _made.clear()
        _made[job.key] = job.make_recorder()
    return job.run(_made[job.key], task, lambda steps: None)
