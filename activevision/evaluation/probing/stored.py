"""``Measured`` on disk, so that a table grows by one encoder without measuring the others again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from activevision.evaluation.probing.measure import Measured
from activevision.evaluation.probing.tally import Tally
from activevision.files import NO_ARRAYS, atomic_write


def write(path: Path, measured: Measured, key: str) -> None:
    arrays: dict[str, Any] = {"key": key, "retrieved": measured.retrieved, "ranks": measured.ranks}
    arrays |= {f"collapse {name}": value for name, value in measured.collapse.items()}
    for name, tallies in measured.tallies.items():
        arrays[f"scenes {name}"] = tallies[0].scenes
        arrays[f"sums {name}"] = np.stack([[tally.above, tally.below] for tally in tallies])
    with atomic_write(path) as file:
        np.savez_compressed(file, **arrays)


def read(path: Path, key: str) -> Measured | None:
    """What was written under the same ``key``; None where there is nothing of that, or it is damaged."""
    try:
        with np.load(path) as found:
            arrays = dict(found)
        return _measured(arrays) if str(arrays["key"]) == key else None
    except NO_ARRAYS:
        return None


def _measured(arrays: dict[str, Any]) -> Measured:
    def named(prefix: str) -> dict[str, Any]:
        return {name.removeprefix(prefix): value for name, value in arrays.items() if name.startswith(prefix)}

    scenes = named("scenes ")
    tallies = {
        name: [Tally(scenes[name], above, below) for above, below in sums] for name, sums in named("sums ").items()
    }
    collapse = {name: float(value) for name, value in named("collapse ").items()}
    return Measured(tallies, arrays["retrieved"], arrays["ranks"], collapse)
