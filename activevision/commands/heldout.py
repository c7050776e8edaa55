"""Held-out rollouts: of the same classes as those to learn from, and of none of their scenes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from activevision.errors import UserError

if TYPE_CHECKING:
    from activevision.rollouts.dataset import WindowDataset


def check_heldout(dataset: WindowDataset, heldout: WindowDataset, data: Path | str, other: Path | str) -> None:
    """UserError where ``heldout``, of folder ``other``, does not go with ``dataset``, of folder ``data``."""
    if heldout.classes != dataset.classes or set(heldout.scenes) & set(dataset.scenes):
        raise UserError(
            f"{other} shows other classes or some of the scenes of {data}: collect another split of the same catalogue."
        )
