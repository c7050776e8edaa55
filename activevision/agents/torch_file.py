"""Networks in files: whole or absent, and with errors that name what to do."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch

from activevision.encoders.intact import load_intact
from activevision.errors import UserError
from activevision.files import atomic_write

Built = TypeVar("Built")


def write_content(path: Path, content: dict[str, Any]) -> None:
    """Write what a network is rebuilt from: its sizes, its weights."""
    buffer = io.BytesIO()
    torch.save(content, buffer)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def read_content(
    path: Path,
    what: str,
    build: Callable[[dict[str, Any]], Built],
    absent: str = "give a folder that `activevision train` wrote",
) -> Built:
    """What ``build`` makes of a file's content; UserError if it is missing, or damaged so that this fails.

    what: a word for it. absent: what to do where there is no such file.
    """
    try:
        return build(load_intact(path))
    except FileNotFoundError:
        raise UserError(f"no {what} {path}: {absent}.") from None
    except Exception as error:  # torch raises what its zip and pickle readers raise
        reason = " ".join(str(error).split())[:200]
        raise UserError(f"{what} {path} is damaged ({reason}): delete it and train again.") from None
