"""Drawings as pixels: what a page shows as SVG, for where there is no browser."""

from __future__ import annotations

import copy
import io
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import matplotlib
import numpy as np
import resvg_py
from numpy.typing import NDArray
from PIL import Image

from activevision.pages.style import Look, Style

_FONT = "DejaVu Sans"
_FONT_FILES = tuple(f"DejaVuSans{kind}.ttf" for kind in ("", "-Bold", "-Oblique", "-BoldOblique"))
"""They come with matplotlib, so that pictures have letters, and the same, on machines without any font."""


def painted(drawing: Element, package: str, scale: float = 2.0) -> NDArray[np.uint8]:
    """(H, W, 3) of an ``svg`` as ``pages.html`` draws them, so many pixels to a unit, on white; it looks as on a light
    page that ``write_page`` gives the look of ``package``."""
    plain, style = copy.deepcopy(drawing), style_of(package)
    plain.set("xmlns", "http://www.w3.org/2000/svg")
    _put_in(plain, [], style.root, style)
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    png = resvg_py.svg_to_bytes(
        svg_string=ElementTree.tostring(plain, encoding="unicode"),
        background="white",
        zoom=scale,
        skip_system_fonts=True,
        font_files=[str(fonts / name) for name in _FONT_FILES],
        font_family=_FONT,
    )
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def style_of(package: str) -> Style:
    """The style sheet of all pages and that of ``package``, as one."""
    return Style(
        "\n".join(
            resources.files(where).joinpath(name).read_text(encoding="utf-8")
            for where, name in ((__package__, "base.css"), (package, "style.css"))
        )
    )


def _put_in(part: Element, ancestors: Sequence[Element], inherited: Look, style: Style) -> None:
    """Write the look of a part and of all in it into their attributes: resvg knows style sheets, but no variables."""
    line = [*ancestors, part]
    look = style.look(line, inherited)
    for child in part:
        _put_in(child, line, look, style)
    shown = {name: value for name, value in look.items() if not name.startswith("--")}
    part.set("style", ";".join(f"{name}:{value}" for name, value in shown.items()))
