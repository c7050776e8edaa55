"""Contact sheets: every scene of a catalogue as a small picture, one PNG for each class."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from activevision.errors import UserError
from activevision.files import atomic_write
from activevision.progress import progress
from activevision.scenes.catalogue import SPLITS, Catalogue, Entry, check_split_name
from activevision.scenes.scene import Scene

_GAP = 12
_CAPTION = 34
_MARGIN = 28
_HEADER = 62
_FOOTER_LINE = 15
_INK, _FAINT = (33, 37, 41), (108, 117, 125)
_SPLIT_INK = {"train": (73, 80, 87), "val": (176, 96, 0), "test": (0, 90, 170)}


@dataclass(frozen=True)
class Layout:
    """How a sheet is laid out.

    noun: what its pictures are of. width, height: of a picture, in pixels. columns: pictures side by side.
    per_class: how many are shown unless somebody asks for another number; all if None.
    """

    noun: str
    width: int
    height: int
    columns: int
    per_class: int | None = None


OBJECTS = Layout("objects", width=160, height=160, columns=8)


def contact_sheet(
    catalogue: Catalogue,
    out: Path,
    render: Callable[[Scene], NDArray[np.uint8]],
    split: str | None = None,
    per_class: int | None = None,
    layout: Layout = OBJECTS,
) -> list[Path]:
    """Write one PNG for each class of ``catalogue`` into the folder ``out`` and return their paths.

    render: gives the picture (H, W, 3) uint8 of a scene; scenes import no simulator, so the caller brings one.
    split: of which entries; all of them unless given. per_class: at most so many, spread evenly over the class; as the
    layout says unless given.
    UserError for an unknown split, and where there is nothing to show.
    """
    if split is not None:
        check_split_name(split)
    most = layout.per_class if per_class is None else per_class
    chosen = {label: _entries(catalogue, label, split, most) for label in catalogue.classes}
    total = sum(len(entries) for entries in chosen.values())
    if not total:
        raise UserError(f"catalogue {catalogue.name!r} has nothing to show: choose another split.")
    paths = []
    with progress(f"contact sheets of {catalogue.name}", total, layout.noun) as advance:
        for label, entries in chosen.items():
            if not entries:
                continue
            pictures = []
            for _, entry in entries:
                pictures.append(_fit(render(entry.load()), layout))
                advance(1)
            path = out / f"{label}.png"
            sheet = _sheet(catalogue, label, entries, pictures, layout)
            written, data = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))
            assert written
            with atomic_write(path) as file:
                file.write(data.tobytes())
            paths.append(path)
    return paths


def _entries(catalogue: Catalogue, label: str, split: str | None, per_class: int | None) -> list[tuple[str, Entry]]:
    splits = SPLITS if split is None else (split,)
    found: list[tuple[str, Entry]] = []
    for name in splits:
        try:
            found += [(name, entry) for entry in catalogue.scenes(name) if entry.label == label]
        except UserError:
            if split is not None:
                raise
    if per_class is not None and len(found) > per_class:
        found = [found[index] for index in np.linspace(0, len(found) - 1, per_class).round().astype(int)]
    return found


def _fit(picture: NDArray[np.uint8], layout: Layout) -> NDArray[np.uint8]:
    """The picture at the tile's size, its sides kept in proportion on white."""
    height, width = picture.shape[:2]
    scale = min(layout.height / height, layout.width / width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    tile = np.full((layout.height, layout.width, 3), 255, np.uint8)
    row, column = (layout.height - size[1]) // 2, (layout.width - size[0]) // 2
    shrunk = picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    tile[row : row + size[1], column : column + size[0]] = shrunk
    return tile


def _sheet(
    catalogue: Catalogue,
    label: str,
    entries: Sequence[tuple[str, Entry]],
    pictures: Sequence[NDArray[np.uint8]],
    layout: Layout,
) -> NDArray[np.uint8]:
    """The sheet (H, W, 3): title, tiles with id and split, licence and credit."""
    rows = -(-len(entries) // layout.columns)
    width = 2 * _MARGIN + layout.columns * layout.width + (layout.columns - 1) * _GAP
    text = f"Licence: {catalogue.licence}. {catalogue.credit}"
    footer = textwrap.wrap(" ".join(text.split()), width=220)
    foot = _MARGIN + _HEADER + rows * (layout.height + _CAPTION + _GAP)
    page = Image.new("RGB", (width, foot + len(footer) * _FOOTER_LINE + _MARGIN), "white")
    draw = ImageDraw.Draw(page)
    title, small, tiny = (ImageFont.load_default(size) for size in (26, 13, 11))
    draw.text((_MARGIN, _MARGIN - 6), label, _INK, title)
    count = ", ".join(f"{sum(name == split for name, _ in entries)} {split}" for split in SPLITS)
    draw.text((_MARGIN, _MARGIN + 28), f"{catalogue.name} · {len(entries)} {layout.noun}: {count}", _FAINT, small)
    for index, ((split, entry), picture) in enumerate(zip(entries, pictures, strict=True)):
        left = _MARGIN + index % layout.columns * (layout.width + _GAP)
        top = _MARGIN + _HEADER + index // layout.columns * (layout.height + _CAPTION + _GAP)
        page.paste(Image.fromarray(picture), (left, top))
        draw.text((left, top + layout.height + 2), _shortened(entry.id, layout.width, small), _INK, small)
        draw.text((left, top + layout.height + 18), split, _SPLIT_INK[split], tiny)
    for index, line in enumerate(footer):
        draw.text((_MARGIN, foot + index * _FOOTER_LINE), line, _FAINT, tiny)
    return np.asarray(page)


def _shortened(text: str, width: int, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The text, its beginning cut away until it is no wider than so many pixels."""
    short = text
    while font.getlength(short) > width and len(short) > 2:
        short = "…" + short.removeprefix("…")[1:]
    return short
