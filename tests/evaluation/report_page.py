"""A report as a reader sees it."""

from __future__ import annotations

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from activevision.evaluation.report import Filmstrip, write_report


class Page(HTMLParser):
    """Collects tags with attributes, cells of tables with their text, and the text outside the style sheet; fails on
    unbalanced tags."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[tuple[str, dict[str, str | None], str]] = []
        self.text, self.open = "", []  # type: ignore[var-annotated]
        self.feed(source)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("td", "th"):
            self.cells.append((tag, dict(attrs), ""))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data
        if {"td", "th"} & set(self.open):
            tag, attributes, text = self.cells[-1]
            self.cells[-1] = (tag, attributes, text + data)

    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.tags if tag == "a"]


def page(results: dict[str, Any], strips: Sequence[Filmstrip], path: Path, **options: Any) -> tuple[str, Page]:
    write_report(results, strips, path, **options)
    source = path.read_text(encoding="utf-8")
    return source, Page(source)
