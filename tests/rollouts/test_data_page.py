"""Claims of the page about a data set: every section, for every kind of data, and nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from box_room import box_rollout, write_data_set
from collecting import collect
from turning_camera import TurningCamera

from activevision.errors import UserError
from activevision.geometry import orbit_pose
from activevision.rollouts.looking.page import write_data_page
from activevision.rollouts.looking.survey import settings_in_words
from activevision.rollouts.looking.viewpoints import MOVE, ORBIT, TURN, angle_histogram, from_first, headings, kind_of
from activevision.rollouts.rollout import Rollout

ALWAYS = ["Contact sheet", "What a view holds", "Motions", "Collisions", "Classes", "How it was made"]


class Page(HTMLParser):
    """Headings, text, addresses and tags that do not close, of a page."""

    def __init__(self, path: Path):
        super().__init__()
        self.source = path.read_text(encoding="utf-8")
        self.headings: list[str] = []
        self.addresses: list[str] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(self.source)

    def handle_starttag(self, tag: str, attributes: list) -> None:
        self._open.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href", "data", "srcset", "action")]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "h2":
            self.headings.append(data)
        if "style" not in self._open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(tmp_path: Path, rollouts: Sequence[Rollout], episodes: int = 500) -> Page:
    write_data_set(tmp_path / "data", rollouts)
    write_data_page(tmp_path / "data", tmp_path / "page.html", episodes)
    page = Page(tmp_path / "page.html")
    assert all(address.startswith("data:") for address in page.addresses), "it must load nothing"
    assert "url(" not in page.source
    assert "@import" not in page.source
    assert "<script" not in page.source
    without_pictures = re.sub(r"data:image/[^\"]*", "", page.source)
    assert not re.search(r"\b(nan|inf|None)\b", without_pictures)
    assert len(page.source) < 3e6
    return page


def test_a_room_with_all_sensors_has_every_section(tmp_path: Path) -> None:
    lengths = (12, 9, 14, 2, 1)
    rollouts = [box_rollout(n, seed, label=("room", "hall")[seed % 2]) for seed, n in enumerate(lengths)]
    page = page_of(tmp_path, rollouts)
    for heading in (*ALWAYS, "Speed over time", "Directions of view", "Trajectories from above", "Depth"):
        assert heading in page.headings
    assert "5 episodes from 3 scenes of 2 classes" in page.text
    assert "1–14" in page.text, "episodes of unequal lengths"
    assert "CC0-1.0" in page.text
    assert "made by a formula" in page.text
    for row in ("depth", "instance", "flow forward", "flow backward", "flow_forward_covisible"):
        assert row in page.words, row
    assert "no next view" in page.text
    motions = sum(n - 1 for n in lengths)
    collided = sum(int(rollout.collided.sum()) for rollout in rollouts)
    assert f"{100 * collided / motions:.1f}\N{NO-BREAK SPACE}% of the motions came out otherwise" in page.source


def test_bare_frames_without_labels_depth_or_time_to_speak_of(tmp_path: Path) -> None:
    page = page_of(tmp_path, [box_rollout(3, seed, label="", depth=False) for seed in range(3)])
    for heading in (*ALWAYS, "Directions of view", "Trajectories from above"):
        assert heading in page.headings
    assert not {"Depth", "Speed over time"} & set(page.headings)
    assert "no class names" in page.text


def test_a_single_frame_is_enough(tmp_path: Path) -> None:
    page = page_of(tmp_path, [box_rollout(1)])
    assert "1 episode from 1 scene" in page.text


def test_names_are_escaped_and_kept(tmp_path: Path) -> None:
    page = page_of(tmp_path, [replace(box_rollout(), label="<b>chaise & co</b>", scene_id="à/bascule<1>")])
    assert "<b>chaise & co</b>" in page.text
    assert "<b>chaise" not in page.source


def test_a_camera_that_turns_in_place_has_no_trajectories(tmp_path: Path) -> None:
    collect(TurningCamera(4), None, 8, tmp_path / "data", seed=0)
    write_data_page(tmp_path / "data", tmp_path / "page.html")
    page = Page(tmp_path / "page.html")
    assert "The camera turns in place." in page.text
    assert "Directions of view" in page.headings
    assert "Trajectories from above" not in page.headings


def test_few_episodes_stand_for_many_and_the_page_says_so(tmp_path: Path) -> None:
    rollouts = [box_rollout(3, seed, depth=False) for seed in range(9)]
    page = page_of(tmp_path, rollouts, episodes=4)
    assert "of 4 evenly spread episodes" in page.text
    assert "27" in page.words, "all frames are counted, whether they are read or not"


def test_what_cannot_be_shown_is_said(tmp_path: Path) -> None:
    write_data_set(tmp_path, [])
    with pytest.raises(UserError, match="no finished episodes"):
        write_data_page(tmp_path, tmp_path / "page.html")
    with pytest.raises(UserError, match="at least one"):
        write_data_page(tmp_path, tmp_path / "page.html", episodes=0)


def test_viewpoints_of_an_orbit_are_its_azimuths_and_elevations() -> None:
    elevation, azimuth = np.radians([-90.0, -30, 0, 60, 90]), np.radians([30.0, 0, -150, 90, 120])
    pose = orbit_pose(elevation, azimuth, 2.0)
    assert kind_of([pose]) == ORBIT
    np.testing.assert_allclose(headings(pose) * [1, -1], np.stack([azimuth, elevation], axis=1), atol=1e-6)
    counts = angle_histogram(headings(pose) * [1, -1])
    assert counts.shape == (7, 12), "cells of 30° where the angles keep to them"
    assert {(int(r), int(c)) for r, c in np.argwhere(counts)} == {(0, 7), (2, 6), (3, 1), (5, 9), (6, 10)}


def test_kinds_of_paths_and_where_they_lead() -> None:
    walk = np.tile(np.eye(4), (3, 1, 1))
    assert kind_of([walk]) == TURN
    walk[:, :3, 3] = [[1.0, 1.5, 2], [1, 1.5, 1], [2, 1.5, 1]]  # a step ahead, then one to the right
    assert kind_of([walk]) == MOVE
    np.testing.assert_allclose(from_first(walk), [[0, 0], [0, 1], [1, 1]], atol=1e-12)
    quarter = np.eye(4)
    quarter[:3, :3] = [[0, 0, 1], [0, 1, 0], [-1, 0, 0]]  # the same walk by a camera that started a quarter to the left
    np.testing.assert_allclose(from_first(quarter @ walk), [[0, 0], [0, 1], [1, 1]], atol=1e-12)


@pytest.mark.parametrize("word", ["id", "motion", "dataset"])
def test_it_says_what_made_the_episodes(word: str) -> None:
    assert settings_in_words({"spec": {word: "a certain thing"}})["made by"] == "a certain thing"
