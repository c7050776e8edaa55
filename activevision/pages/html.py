"""HTML and SVG as element trees, so that every name, label and path is escaped by the serialiser."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Child = Element | str | None
WIDE, NARROW = 890, 380
"""Widths in pixels that a figure is drawn for: a page and a phone. Text keeps its size in both."""
_WEBP_QUALITY = 82


def element(tag: str, *children: Child | Iterable[Child], **attributes: object) -> Element:
    """An element with text and elements in it; None is left out, iterables are flattened.

    Attribute names drop a trailing underscore and turn the others into hyphens (``class_``, ``stroke_width``).
    """
    names = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    result = Element(tag, {key: _attribute(value) for key, value in names.items() if value is not None})
    for child in children:
        if child is None or isinstance(child, (str, Element)):
            _append(result, child)
        else:
            for item in child:
                _append(result, item)
    return result


def document(root: Element) -> bytes:
    return b"<!DOCTYPE html>\n" + ElementTree.tostring(root, encoding="utf-8", method="html") + b"\n"


def svg(width: float, height: float, title: str, *children: Child | Iterable[Child]) -> Element:
    """A drawing of ``width`` × ``height`` pixels that shrinks with its column; ``title`` is read to the blind."""
    return element(
        "svg",
        element("title", title),
        *children,
        viewBox=f"0 0 {width:g} {height:g}",
        width=width,
        height=height,
        role="img",
    )


def text(x: float, y: float, content: str, class_: str = "", anchor: str = "start") -> Element:
    return element("text", content, x=x, y=y, class_=class_ or None, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Element:
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def responsive(draw: Callable[[int], Element]) -> Element:
    """A figure drawn once for a page and once for a phone; the style sheet shows the one that fits."""
    return element(
        "div",
        element("div", draw(WIDE), class_="on-page"),
        element("div", draw(NARROW), class_="on-phone"),
        class_="plot",
    )


def image(pixels: NDArray[np.uint8], alt: str, lossy: bool = False) -> Element:
    """An (H, W, 3) or (H, W, 4) image inside the page: as PNG, or ``lossy`` as WebP, which is several times smaller."""
    return element("img", src=_source(pixels, lossy), alt=alt, width=pixels.shape[1], height=pixels.shape[0])


def picture(x: float, y: float, width: float, height: float, pixels: NDArray[np.uint8]) -> Element:
    """An (H, W, 3) image inside a drawing, as PNG."""
    return element("image", x=x, y=y, width=width, height=height, href=_source(pixels, lossy=False))


def _source(pixels: NDArray[np.uint8], lossy: bool) -> str:
    buffer = io.BytesIO()
    if lossy:
        Image.fromarray(pixels).save(buffer, format="WEBP", quality=_WEBP_QUALITY, method=4)
    else:
        Image.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return f"data:image/{'webp' if lossy else 'png'};base64," + base64.b64encode(buffer.getvalue()).decode()


def _append(parent: Element, child: Child) -> None:
    if isinstance(child, Element):
        parent.append(child)
    elif child and len(parent):
        parent[-1].tail = (parent[-1].tail or "") + child
    elif child:
        parent.text = (parent.text or "") + child


def _attribute(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
