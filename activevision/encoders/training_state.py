"""``checkpoint.pt``: all that a run in progress needs to go on as if it had not been stopped."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch
from torch import nn

from activevision.encoders.intact import load_intact
from activevision.encoders.layout import check_layout, noted, writer
from activevision.errors import UserError
from activevision.files import atomic_write

SCHEMA = 1


def save_state(path: Path, model: nn.Module, optimiser: torch.optim.Optimizer, step: int) -> None:
    """step: how many the model has behind it."""
    buffer = io.BytesIO()
    state = {"step": step, "model": model.state_dict(), "optimiser": optimiser.state_dict()}
    torch.save({**noted(SCHEMA), **state}, buffer)
    with atomic_write(path) as file:
        file.write(buffer.getbuffer())


def read_state(path: Path) -> dict[str, Any] | None:
    """A checkpoint, if there is one. UserError where it is damaged, or of a version that lays it out otherwise."""
    if not path.exists():
        return None
    try:
        state = dict(load_intact(path))
    except Exception as error:  # torch raises what its zip and pickle readers raise
        raise UserError(f"checkpoint {path} is damaged ({_line(error)}): delete it to start again.") from None
    # the first ones had no note of their layout
    check_layout(f"checkpoint {path}", {"schema": SCHEMA, **state}, SCHEMA, "delete it to start again")
    return state


def restore(path: Path, state: dict[str, Any] | None, model: nn.Module, optimiser: torch.optim.Optimizer) -> int:
    """Load what ``read_state`` found in ``path``; returns the steps that it has behind it.

    UserError where it does not fit, since another version trains otherwise.
    """
    if state is None:
        return 0
    try:
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step: int = state["step"]
    except (KeyError, RuntimeError, ValueError) as error:
        raise UserError(
            f"checkpoint {path} of {writer(state)} does not fit what this version trains ({_line(error)}): use the "
            "version that wrote it, or delete it to start again."
        ) from None
    return step


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
