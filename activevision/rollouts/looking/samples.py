"""Views of whole episodes on the page: every sensor that is an image, under the frames it belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

import cv2
import numpy as np
from numpy.typing import NDArray

from activevision.pages.html import Child, element, image
from activevision.pages.words import number, percent
from activevision.rollouts.looking import pictures
from activevision.rollouts.looking.survey import Tile
from activevision.rollouts.rollout import Rollout

_COLUMNS = 5
_LARGEST = 160  # pixels of a picture's larger side


def film(tile: Tile) -> Element:
    """An episode of the contact sheet: its first frame, and all of them one after the other under the pointer."""
    frames = np.stack([_smaller(frame) for frame in tile.frames])
    count, height, width = frames.shape[:3]
    strip = np.concatenate(list(frames), axis=1)
    name = f"episode {tile.number}, {tile.label or tile.scene_id}"
    return element(
        "figure",
        element(
            "div",
            image(strip, f"{count} frames of {name}", lossy=True),
            class_="film",
            style=f"--frames: {count}; aspect-ratio: {width} / {height}",
            tabindex=0,
        ),
        element(
            "figcaption",
            element("b", tile.label) if tile.label else None,
            element("span", tile.scene_id, class_="scene", title=tile.scene_id),
        ),
        class_="tile-film",
    )


def sample(rollout: Rollout) -> Element:
    """A table of pictures: a row a sensor with its legend, a column a view."""
    shown = np.unique(np.linspace(0, rollout.views - 1, min(_COLUMNS, rollout.views)).round().astype(int))
    rows = list(_rows(rollout, shown))
    head = element(
        "div",
        element("span"),
        [element("span", f"view {view + 1}", element("small", f" {rollout.time[view]:.3g} s")) for view in shown],
        class_="row head",
    )
    return element(
        "figure",
        element(
            "figcaption",
            element("b", rollout.label) if rollout.label else None,
            element("span", f"{rollout.scene_id}, {rollout.views} views", class_="scene"),
        ),
        element("div", head, rows, class_="sensors", style=f"--columns: {len(shown)}"),
        class_="sample",
    )


def _rows(rollout: Rollout, shown: NDArray[np.intp]) -> Iterator[Element]:
    yield _row("rgb", None, [image(_smaller(rollout.rgb[t]), f"view {t + 1}", lossy=True) for t in shown])
    depth = rollout.sensors.get("depth")
    if depth is not None:
        nearest, farthest = pictures.depth_range(depth)
        colours = pictures.depth_colours(depth[shown], nearest, farthest)
        yield _row("depth", _scale(nearest, farthest), _images("depth", colours, lossy=True))
    for name in pictures.IDS:
        ids = rollout.sensors.get(name)
        if ids is not None:
            colours = pictures.contours(ids[shown], pictures.id_colours(ids[shown]))
            count = len(np.unique(ids[ids > 0]))
            yield _row(name, element("small", f"{count} in this episode"), _images(name, colours))
    for name in pictures.FLOWS:
        if name in rollout.pairs:
            yield _flow_row(rollout, name, shown)


def _flow_row(rollout: Rollout, name: str, shown: NDArray[np.intp]) -> Element:
    flow = rollout.pairs[name]
    valid, covisible = rollout.pairs.get(f"{name}_valid"), rollout.pairs.get(f"{name}_covisible")
    most = pictures.flow_range(flow, valid)
    cells: list[Child] = []
    for t in shown:
        # the flow that belongs to a view: forward to the next one, backward to the one before
        pair = t if name == "flow_forward" else t - 1
        if not 0 <= pair < len(flow):
            cells.append(element("span", "no next view" if pair >= 0 else "no view before", class_="none"))
            continue
        masks = [None if mask is None else mask[pair] for mask in (valid, covisible)]
        colours = pictures.flow_colours(flow[pair], most, *masks)
        cells += _images(name, colours[None], lossy=True)
    notes = [] if valid is None else [element("small", f"{percent(float(valid.mean()), 0)} valid")]
    notes += (
        []
        if covisible is None
        else [element("small", f"{percent(float(covisible.mean()), 0)} co-visible; hidden ones dark")]
    )
    wheel = element("span", image(pictures.flow_wheel(56), "colours of directions"), class_="wheel")
    return _row(name.replace("_", " "), [wheel, element("small", f"rim: {number(most)} pixels"), *notes], cells)


def _row(name: str, legend: Child | list[Child] | list[Element] | None, cells: list[Element] | list[Child]) -> Element:
    children = [legend] if legend is None or isinstance(legend, (str, Element)) else legend
    return element("div", element("div", element("b", name), children, class_="legend"), cells, class_="row")


def _scale(nearest: float, farthest: float) -> Element:
    colours = np.repeat(pictures.scale_colours()[None], 6, axis=0)
    return element(
        "span",
        image(colours, "colours of depths"),
        element("small", f"{nearest:.2g} m"),
        element("small", f"{farthest:.2g} m"),
        class_="scale-bar",
    )


def _images(name: str, colours: NDArray[np.uint8], lossy: bool = False) -> list[Element]:
    return [image(_smaller(picture, smooth=lossy), name, lossy) for picture in colours]


def _smaller(picture: NDArray[np.uint8], smooth: bool = True) -> NDArray[np.uint8]:
    """At most ``_LARGEST`` pixels a side; ids are not mixed."""
    height, width = picture.shape[:2]
    factor = _LARGEST / max(height, width)
    if factor >= 1:
        return picture
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(
        cv2.resize(picture, size, interpolation=cv2.INTER_AREA if smooth else cv2.INTER_NEAREST), np.uint8
    )
