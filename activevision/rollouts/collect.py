"""Collect rollouts into a data set: which shards are missing, who makes them, and a manifest of what is there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from activevision.errors import UserError
from activevision.files import alone_in, as_json, digest
from activevision.progress import progress
from activevision.rollouts.engines import Engine, Job, Task, in_this_process
from activevision.rollouts.manifest import FILE, Manifest, Shard, Source
from activevision.rollouts.recorder import Recorder
from activevision.rollouts.shards import IMAGES, damage, index_name, shard_name
from activevision.rollouts.storage import Storage


def collect(
    make_recorder: Callable[[], Recorder],
    episodes: int,
    out: Path | str,
    source: Source,
    *,
    episodes_per_shard: int = 64,
    image: str = "png",
    engine: Engine = in_this_process,
) -> Manifest:
    """Write ``episodes`` rollouts to ``out``, a folder or URL, and return the manifest; go on where a call was stopped.

    Every shard is a task of its own, and what is in it depends on the recorder's settings and its number alone. So
    after any interruption, even SIGKILL, the same call ends with the bytes that an uninterrupted one gives, whichever
    engine with however many workers makes them. With a larger ``episodes`` an existing data set grows.

    make_recorder: called once here and once in every worker; must be picklable where ``engine`` has other processes.
    image: "png", lossless, or "jpg".

    Raises UserError when ``out`` holds rollouts from other settings or more episodes than asked for, when another
    process is writing to it, or for an unknown image format.
    """
    if episodes < 1:
        raise UserError(f"episodes={episodes}: collect at least one.")
    if image not in IMAGES:
        raise UserError(f"image format {image!r}: choose {' or '.join(IMAGES)}.")
    storage = Storage(out)  # a place that is none is an error before anything is made ready
    recorder = make_recorder()
    with contextlib.closing(recorder):
        settings = {**as_json(dict(recorder.settings)), "episodes_per_shard": episodes_per_shard, "image": image}
        with alone_in(storage.path, "collecting into") if storage.path else contextlib.nullcontext():
            tasks = _tasks(episodes, episodes_per_shard)
            manifest = _open(storage, settings, source, episodes, tasks)
            finished = {shard.name: shard for shard in manifest.shards}
            missing = [task for task in tasks if task.name not in finished]

            def done(shard: Shard) -> None:
                nonlocal manifest
                finished[shard.name] = shard
                manifest = manifest.with_shards(tuple(finished[name] for name in sorted(finished)))
                manifest.write(storage)

            if missing:
                job = Job(digest(settings), make_recorder, storage, image)
                with progress("Collecting rollouts", episodes * recorder.views, "frames") as advance:
                    advance(manifest.frames)
                    try:
                        engine(job, missing, recorder, done, advance)
                    finally:
                        _clear(storage)
    return manifest


def _tasks(episodes: int, episodes_per_shard: int) -> list[Task]:
    starts = range(0, episodes, episodes_per_shard)
    return [
        Task(shard_name(index), start, min(episodes_per_shard, episodes - start)) for index, start in enumerate(starts)
    ]


def _open(storage: Storage, settings: Mapping[str, Any], source: Source, episodes: int, tasks: list[Task]) -> Manifest:
    """The manifest to go on from: that of an earlier call, cut to its intact shards, or a new one."""
    found = Manifest.read(storage) if storage.exists(FILE) else None
    there = storage.names("shard-*.tar")
    if found is None and there:
        raise UserError(f"{storage} holds shards without a {FILE}: choose an empty --out, or delete them.")
    if found is None or not (found.shards or there):  # one that failed before its first shard binds nobody
        manifest = Manifest(settings, source, episodes)
        manifest.write(storage)
        return manifest
    if (found.settings, found.source) != (settings, source):
        theirs, ours = ({**m, **vars(s)} for m, s in ((found.settings, found.source), (settings, source)))
        names = ", ".join(sorted(k for k in ours | theirs if ours.get(k) != theirs.get(k)))
        raise UserError(f"{storage} holds rollouts from other settings ({names}): choose another --out, or delete it.")
    if found.episodes > episodes:
        raise UserError(
            f"{storage} holds {found.episodes} episodes, more than the {episodes} asked for: choose another --out."
        )
    wanted = {task.name: task.count for task in tasks}
    kept = []
    with progress("Checking what is there", len(found.shards), "shards") if found.shards else _silent() as advance:
        for shard in found.shards:
            if wanted.get(shard.name) == shard.episodes and damage(storage, shard) is None:
                kept.append(shard)
            advance(1)
    _clear(storage)
    stale = set(there) - {shard.name for shard in kept}
    for name in stale:  # finished but not in the manifest, damaged, or too short: made anew
        storage.remove(name)
        storage.remove(index_name(name))
    manifest = replace(found, episodes=episodes, shards=tuple(kept))
    if manifest != found:
        manifest.write(storage)
    return manifest


def _clear(storage: Storage) -> None:
    """Remove what kills in the middle of a write have left, of an earlier call or of workers that were lost."""
    for leftover in (*storage.names(".shard-*"), *storage.names(f".{FILE}.*")):
        storage.remove(leftover)


@contextlib.contextmanager
def _silent() -> Iterator[Callable[[int], None]]:
    yield lambda steps: None
