"""Drawings painted without a browser look as the style sheet says, and say what the page says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from synthetic_logs import CLASSES, make_frames, make_logs

from activevision.evaluation.intervals import Bootstrap
from activevision.evaluation.report.choice import telling_pair
from activevision.evaluation.report.figures.film_picture import film_picture
from activevision.evaluation.report.figures.filmstrip import Filmstrip
from activevision.evaluation.report.plate import plates
from activevision.evaluation.results import build_results
from activevision.pages.html import element, line, picture, svg
from activevision.pages.raster import painted, style_of
from activevision.pages.style import Style

PACKAGE = "activevision.evaluation.report"


def test_every_kind_of_part_lands_where_it_is_told_to_in_the_colours_of_the_style_sheet() -> None:
    patch = np.zeros((2, 2, 3), np.uint8)
    patch[0, 0] = 255, 0, 0
    drawing = svg(
        100, 50, "parts",
        element("rect", x=10, y=10, width=10, height=10, class_="hit"),
        element("g", element("rect", x=0, y=0, width=10, height=10, class_="blob"), class_="s-random",
                transform="translate(30 10)"),
        line(50, 15, 60, 15, "zero"),
        picture(70, 10, 20, 20, patch),
    )  # fmt: skip
    pixels = painted(drawing, PACKAGE, scale=2.0)
    assert pixels.shape == (100, 200, 3)
    root = style_of(PACKAGE).root

    def colour(name: str) -> list[int]:
        return [int(root[name][at : at + 2], 16) for at in (1, 3, 5)]

    assert pixels[30, 30].tolist() == colour("--right")
    assert pixels[30, 110].tolist() == colour("--soft")
    grey = 255 - 0.55 * (255 - np.array(colour("--random")))  # fill-opacity of a blob, on white
    np.testing.assert_allclose(pixels[30, 70], grey, atol=2)
    np.testing.assert_allclose(pixels[24, 144], (255, 0, 0), atol=40)
    assert pixels[56, 176].max() < 40
    assert (pixels[:10] == 255).all()


def test_words_are_painted_whatever_fonts_the_machine_has() -> None:
    def ink(style: str) -> int:
        words = element("text", "Mm ● →", x=4, y=15, style=style)
        return int((255 - painted(svg(80, 20, "words", words), PACKAGE).astype(int)).sum())

    assert 0 < ink("font-weight: 400") < ink("font-weight: 700")
    missing = painted(svg(80, 20, "nothing"), PACKAGE)
    assert (missing == 255).all()


def test_the_style_sheet_cascades_by_weight_and_order_and_leaves_out_what_it_does_not_know() -> None:
    style = Style(
        ":root { --c: #000000 } .a { fill: red } g .a { fill: blue } .a { fill: green } .b > .a { fill: pink }"
        "@media (max-width: 9px) { .a { fill: black } .a { fill: white } } .c { --c: #ff0000 } .d { stroke: var(--c) }"
    )
    outer, inner = element("g", class_="b"), element("rect", class_="a")
    assert style.look([outer, inner], style.root)["fill"] == "blue"
    assert style.look([inner], style.root)["fill"] == "green"
    group = style.look([element("g", class_="c")], style.root)
    assert style.look([element("g", class_="c"), element("rect", class_="d")], group)["stroke"] == "#ff0000"
    assert style.look([element("rect", class_="d")], style.root)["stroke"] == "#000000"


def strip(policy: str, row: int, right: bool) -> Filmstrip:
    log = make_logs((policy,), objects=12)[0]
    label = int(log.belief[row, -1].argmax()) if right else int(log.belief[row, -1].argmin())
    return Filmstrip(policy, f"thing {row}", label, make_frames(log, row), log.belief[row], log.viewpoint[row])  # type: ignore[index]


def test_the_picture_of_an_evaluation_is_where_the_policy_ends_right_and_the_other_wrong() -> None:
    strips = [
        strip("ppo", 0, True), strip("random", 0, True), strip("ppo", 1, True), strip("random", 1, False),
        strip("ppo", 2, False), strip("random", 2, False),
    ]  # fmt: skip
    assert telling_pair(strips) == strips[2:4]
    assert telling_pair(strips[:2]) == strips[:2]
    assert telling_pair(strips[:1]) == strips[:1]


def test_a_strip_tells_the_turns_and_where_the_camera_has_been() -> None:
    results = build_results(make_logs(objects=20), {}, {}, {}, Bootstrap(resamples=50))
    one = strip("ppo", 0, True)
    one = replace(one, viewpoints=np.array([[3, 11], [3, 1], [4, 0], [3, 11]]))
    words = [part.text for part in film_picture(results, [one]).iter("text")]
    assert {"start", "→ 60°", "← 30°  ↑ 30°", "← 30°  ↓ 30°", "1, 4", "2", "3"} <= set(words)
    assert f"● {CLASSES[one.label]}" in words
    still = replace(one, viewpoints=np.array([[3, 11], [3, 11], [3, 11], [3, 11]]))
    words = [part.text for part in film_picture(results, [still]).iter("text")]
    assert words.count("stays") == 3
    assert "1–4" in words


def test_plates_of_a_log_leave_out_what_it_does_not_have(tmp_path: Path) -> None:
    log = make_logs(("ppo",), objects=20)[0]
    names = {"calibration", "confusion", "where_it_looks", "episode_right", "episode_wrong"}
    assert set(plates(log, lambda log, row: make_frames(log, row))) == names
    assert set(plates(log, lambda log, row: None)) == names - {"episode_right", "episode_wrong"}
    bare = replace(log, viewpoint=None, pose=None, taken=None, motion=None, collided=None)
    assert set(plates(bare, lambda log, row: None)) == {"calibration", "confusion"}
