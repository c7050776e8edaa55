"""Parts that pages are made of: sections, tables that fit a phone, lists of names and values, folds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from xml.etree.ElementTree import Element

from activevision.pages.html import Child, element
from activevision.pages.words import NARROW_SPACE


def section(title: str, lead: str | None, *children: Child | Iterable[Child]) -> Element:
    return element("section", element("h2", title), element("p", lead, class_="lead") if lead else None, *children)


def contents(sections: Iterable[Element]) -> Element | None:
    """Links to sections by their first headings, which get an id to jump to; None of fewer than four."""
    links = []
    for number, part in enumerate(sections, start=1):
        heading = part.find(".//h2")
        if heading is not None:
            part.set("id", f"s{number}")
            links.append(element("a", heading.text or "", href=f"#s{number}"))
    return element("nav", links) if len(links) > 3 else None


def tabled(table: Element, note: str) -> tuple[Element, Element]:
    """A table that scrolls sideways on a phone, over a note that does not."""
    return element("div", table, class_="scroll"), element("p", note, class_="note")


def folded(summary: str, *children: Child | Iterable[Child]) -> Element:
    """What few readers need: shown when asked for, and on paper."""
    return element("details", element("summary", summary), *children)


def definitions(entries: Mapping[str, Any], class_: str = "") -> Element:
    """A list of names and values; sequences are joined by commas."""
    items: list[Element] = []
    for name, value in entries.items():
        items += [element("dt", name), element("dd", _shown(value))]
    return element("dl", items, class_=class_ or None)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}".replace(",", NARROW_SPACE) if isinstance(value, int) else str(value)
