"""Export a data set: all of it or nothing, with whose it is."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from activevision.errors import UserError
from activevision.files import write_json
from activevision.progress import progress
from activevision.rollouts.exporters.exporter import Exporter
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.shards import read_rollouts, whole_manifest

SOURCE = "SOURCE.json"


def export(folder: Path | str, exporter: Exporter, out: Path) -> tuple[str, ...]:
    """Write the rollouts of ``folder`` to ``out`` and say which of their arrays the form has no place for.

    ``out`` appears when it is whole; beside it, until then, stands ``.NAME.part``. In it lies SOURCE.json with
    catalogue, split, licence and credit, which must go with every copy.

    UserError where ``out`` holds something already, or for rollouts that are unfinished, damaged or not of this form.
    """
    manifest = whole_manifest(folder)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is not empty: choose another --out, or delete it.")
    part = out.parent / f".{out.name}.part"
    shutil.rmtree(part, ignore_errors=True)  # of an export that was killed
    part.mkdir(parents=True)
    left_out: set[str] = set()
    try:
        with progress(f"Exporting to {exporter.name}", manifest.frames, "frames") as advance:

            def rollouts() -> Iterator[Rollout]:
                for rollout in read_rollouts(folder):
                    left_out.update(name for name in rollout.sensors if not exporter.has_place_for(name))
                    left_out.update(name for name in rollout.pairs if not exporter.pairs)
                    yield rollout
                    advance(rollout.views)

            exporter.write(manifest, rollouts(), part)
        write_json(part / SOURCE, {**vars(manifest.source), "exported_to": exporter.name, "by": "activevision"})
        with contextlib.suppress(FileNotFoundError):
            out.rmdir()
        part.rename(out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return tuple(sorted(left_out))
