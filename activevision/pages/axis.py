"""``Axis``: from figures to pixels, with ticks at round figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from activevision.pages.words import number

_STEPS = tuple(digit * 10.0**power for power in range(-2, 5) for digit in (1, 2, 5))


@dataclass(frozen=True)
class Axis:
    """low, high: figures at pixels ``begin`` and ``end``. ticks: round figures between."""

    low: float
    high: float
    begin: float
    end: float
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, values: Sequence[float], begin: float, end: float, most: int = 6) -> Axis:
        """That holds all values, out to ticks, of which there are at most about ``most``."""
        low, high = min(values), max(values)
        step = next((s for s in _STEPS if (high - low) / s <= most), _STEPS[-1])
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        last = max(last, first + 1)
        ticks = tuple(step * k for k in range(first, last + 1))
        return cls(ticks[0], ticks[-1], begin, end, ticks)

    def __call__(self, value: float) -> float:
        return self.begin + (self.end - self.begin) * (value - self.low) / (self.high - self.low)

    def written(self, tick: float) -> str:
        step = self.ticks[1] - self.ticks[0]
        return number(tick, 2 if step < 0.1 else 1 if step < 1 else 0)
