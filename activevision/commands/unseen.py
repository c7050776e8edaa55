"""What an agent has learnt from is noted in its folder, so that nobody tests it on that by mistake."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.errors import UserError

if TYPE_CHECKING:
    from activevision.scenes import Catalogue, Entry

NOTE = "learnt_from"
"""Field of agent.json."""


def learnt_from(catalogue: Catalogue) -> list[str]:
    """What recogniser, fusions and policies learn from or are validated with: of every training and validation scene
    the content key and, as a variant of it is no other thing, the group."""
    return sorted({name for split in ("train", "val") for entry in catalogue.scenes(split) for name in _names(entry)})


def check_unseen(folder: Path, facts: Mapping[str, Any], catalogue: Catalogue) -> None:
    """UserError where the test scenes of a catalogue have some that the agent in ``folder`` has learnt from, or where
    ``facts``, its agent.json, do not tell."""
    if NOTE not in facts:
        raise UserError(
            f"agent {folder} is of an earlier version, which did not note the scenes that it learnt from: run its "
            "`activevision train` again, which keeps its parts and notes them."
        )
    known, tested = set(facts[NOTE]), catalogue.scenes("test")
    seen = [entry.id for entry in tested if not known.isdisjoint(_names(entry))]
    if seen:
        raise UserError(
            f"agent {folder} learnt from, or was validated with, {len(seen)} of the {len(tested)} test scenes of "
            f"{catalogue.name!r} ({seen[0]}{', …' if len(seen) > 1 else ''}): leave --scenes and --fold out, so that "
            "it is tested on what its training left out, or train another."
        )


def _names(entry: Entry) -> Iterable[str]:
    return (entry.key, entry.group) if entry.group else (entry.key,)
