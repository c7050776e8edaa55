"""The folder of a run: what was asked for, with which versions; and refusing to mix two runs in one."""

from __future__ import annotations

import contextlib
import shlex
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from activevision.errors import UserError
from activevision.files import LOCK, alone_in, as_json, read_object, write_json

CONFIG = "config.json"
_NOTES = (CONFIG, "seconds.json")
"""What a run's folder has before anything is made."""


@contextlib.contextmanager
def open_run(out: Path, command: str, settings: Any) -> Iterator[None]:
    """Note the run in ``out``, or go on with one of the same settings; the block is alone in the folder.

    UserError when the folder holds a run of other settings, so that no result mixes two, or another process is at it.
    """
    config = _config(command, settings)
    path = out / CONFIG
    with alone_in(out, "working in"):
        if path.exists():
            found = {name: value for name, value in read_object(path).items() if name != "versions"}
            if found != config:
                names = sorted(name for name in {*found, *config} if found.get(name) != config.get(name))
                raise UserError(
                    f"{out} holds a run with other settings ({', '.join(names)}): choose another --out, or delete it."
                )
        else:
            note_run(out, command, settings)
        try:
            yield
        except UserError:
            if {file.name for file in out.iterdir()} <= {*_NOTES, LOCK}:  # it made nothing, so it binds nobody
                for name in _NOTES:
                    (out / name).unlink(missing_ok=True)
            raise


def note_run(out: Path, command: str, settings: Any) -> None:
    """Write config.json with settings and versions, for what guards its folder by itself."""
    from activevision.evaluation.versions import installed_versions

    write_json(out / CONFIG, {**_config(command, settings), "versions": installed_versions()})


def command_line() -> str:
    """The command that is running, as one would type it again."""
    program = Path(sys.argv[0])
    name = "activevision" if program.stem in ("activevision", "cli") else f"python {program.name}"
    return shlex.join([*name.split(), *sys.argv[1:]])


def _config(command: str, settings: Any) -> dict[str, Any]:
    values = asdict(settings)
    values.pop("out", None)
    return {"command": command, **as_json(values)}
