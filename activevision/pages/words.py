"""Figures as words: one way of writing shares, points, intervals and angles on the whole page."""

from __future__ import annotations

from collections.abc import Sequence

MINUS, NARROW_SPACE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"
INTERVAL = f"95{NARROW_SPACE}% interval"


def number(value: float, digits: int = 1, sign: bool = False) -> str:
    """Fixed point with a real minus sign; a rounded zero has no sign."""
    shown = f"{value:+.{digits}f}" if sign else f"{value:.{digits}f}"
    if not float(shown):
        shown = shown.lstrip("+-")
    return shown.replace("-", MINUS)


def percent(share: float, digits: int = 1) -> str:
    return f"{number(100 * share, digits)}{NARROW_SPACE}%"


def points(difference: float) -> str:
    """Percentage points, always signed."""
    return number(100 * difference, sign=True)


def interval(ends: Sequence[float], scale: float = 100.0, digits: int = 1) -> str:
    return f"{number(scale * ends[0], digits)} to {number(scale * ends[1], digits)}"


def degrees(value: float) -> str:
    return f"{number(value, 0)}°"


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{number(seconds)}{NARROW_SPACE}s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}{NARROW_SPACE}min {rest:02d}{NARROW_SPACE}s"


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def article(word: str) -> str:
    """ "a" or "an", by the first letter."""
    return "an" if word[:1].lower() in tuple("aeiou") else "a"
