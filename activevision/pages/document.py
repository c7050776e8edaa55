"""A page as one file that loads nothing else and needs no JavaScript."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from xml.etree.ElementTree import Element

from activevision.files import atomic_write
from activevision.pages.html import document, element


def write_page(path: Path, title: str, package: str, parts: Sequence[Element | Iterable[Element] | None]) -> None:
    """Write a page of these parts, in the look of all pages and that of ``style.css`` in ``package``.

    Follows the reader's choice of light or dark, and prints.
    """
    styles = [
        resources.files(where).joinpath(name).read_text(encoding="utf-8")
        for where, name in ((__package__, "base.css"), (package, "style.css"))
    ]
    root = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("title", f"{title} · activevision"),
            element("style", "\n".join(styles)),
        ),
        element("body", element("main", _flat(parts))),
        lang="en",
    )
    with atomic_write(path) as file:
        file.write(document(root))


def _flat(parts: Sequence[Element | Iterable[Element] | None]) -> list[Element]:
    flat: list[Element] = []
    for part in parts:
        if isinstance(part, Element):
            flat.append(part)
        elif part is not None:
            flat.extend(part)
    return flat
