"""What is known of the encoder: figures that compare encoders as bars, everything else as a list."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from activevision.pages.html import element
from activevision.pages.parts import definitions
from activevision.pages.words import number


def encoder_parts(encoder: dict[str, Any]) -> list[Element]:
    """Bars for every entry that maps names to numbers, nested ones included, and one list of the single values."""
    bars = [_bars(title, values) for title, values in _comparisons("", encoder)]
    single = {_words(key): value for key, value in encoder.items() if not isinstance(value, dict)}
    parts = [element("div", bars, class_="bars-grid")] if bars else []
    return parts + ([definitions(single)] if single else [])


def _comparisons(title: str, values: dict[str, Any]) -> list[tuple[str, dict[str, float]]]:
    numbers = {key: float(value) for key, value in values.items() if _is_number(value)}
    found = [(title, numbers)] if title and numbers else []
    for key, value in values.items():
        if isinstance(value, dict):
            found += _comparisons(f"{title}, {_words(key)}" if title else _words(key), value)
    return found


def _bars(title: str, values: dict[str, float]) -> Element:
    most = max([1.0 if max(values.values()) > 0.5 else 0.0, *values.values()]) or 1.0
    return element(
        "div",
        element("h3", title),
        [
            element(
                "div",
                element("span", _words(name), class_="class"),
                element("span", element("i", style=f"width:{100 * max(value, 0) / most:.1f}%"), class_="track"),
                element("span", number(value, 3), class_="share"),
                class_="row",
            )
            for name, value in values.items()
        ],
        class_="bars",
    )


def _words(key: str) -> str:
    return key.replace("_", " ")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
