"""Claims of videos: a frame a view, playable, and true to the pixels; what is missing is said before any work."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from box_room import box_rollout, write_data_set
from PIL import Image

from activevision.camera import EquirectangularCamera
from activevision.commands.render import Render
from activevision.errors import UserError
from activevision.rollouts.looking.canvas import Canvas, longest_bars
from activevision.rollouts.looking.colours import ACCENT, COMMANDED, WARNING
from activevision.rollouts.looking.video import recorded_rate, render_video
from activevision.rollouts.rollout import Rollout


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rollouts = [
        box_rollout(5, 0),
        box_rollout(3, 1, depth=False),
        box_rollout(1, 2, camera=EquirectangularCamera(33, 17)),
    ]
    write_data_set(tmp_path / "data", rollouts)
    return tmp_path / "data"


def pixels(rollout: Rollout, view: int, scale: int = 4) -> np.ndarray:
    return Canvas(rollout, 0, scale, longest_bars([rollout])).draw(view)


def count(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((picture == colour).all(-1).sum())


def test_an_mp4_has_a_frame_a_view_and_plays(folder: Path, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    out = tmp_path / "clips" / "clip.mp4"
    assert render_video(folder, out, [0, 2, 1]) == 9
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert len(frames) == 9
        assert stream.codec_context.name in ("h264", "vp9")
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert float(stream.average_rate) == 10
    assert len({frame.shape for frame in frames}) == 1
    assert not any(size % 2 for size in frames[0].shape[:2])
    assert list(out.parent.iterdir()) == [out], "nothing half written is left"


def test_a_gif_needs_no_further_package(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    Render(str(folder), tmp_path / "clip.gif", (0,), scale=3).run()
    with Image.open(tmp_path / "clip.gif") as picture:
        assert picture.n_frames == 5


def test_what_is_missing_or_wrong_is_said(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"ends in \.mp4 or \.gif"):
        render_video(folder, tmp_path / "clip.avi", [0])
    with pytest.raises(UserError, match=r"no episode 7 .* from 0 to 2"):
        render_video(folder, tmp_path / "clip.gif", [7])
    with pytest.raises(UserError, match="above 0"):
        render_video(folder, tmp_path / "clip.gif", [0], scale=0)
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(UserError, match=r"pip install 'activevision\[video\]'"):
        render_video(folder, tmp_path / "clip.mp4", [0])
    assert not list(tmp_path.glob("*clip*"))


def test_frames_are_enlarged_pixel_by_pixel() -> None:
    rollout = box_rollout(depth=False)
    picture = pixels(rollout, 1)
    enlarged = rollout.rgb[1].repeat(4, 0).repeat(4, 1)
    height, width = enlarged.shape[:2]
    rows = [y for y in range(picture.shape[0] - height) if (picture[y : y + height, 20 : 20 + width] == enlarged).all()]
    assert len(rows) == 1


def test_bars_tell_the_motion_that_led_to_the_view() -> None:
    rollout = box_rollout(6)
    assert rollout.collided.tolist() == [False, False, True, False, False]
    bars = [pixels(rollout, view)[-78:] for view in range(6)]
    assert count(bars[0], ACCENT) == count(bars[0], WARNING) == 0, "no motion led to the first view"
    assert count(bars[0], COMMANDED) < count(bars[1], COMMANDED)
    assert [count(bar, WARNING) > 0 for bar in bars] == [False, False, False, True, False, False]
    assert count(bars[1], ACCENT) > 0
    frames = [pixels(rollout, view)[:-96] for view in (2, 3)]
    assert count(frames[0], WARNING) == 0 < count(frames[1], WARNING), "a collision flashes"


def test_equal_rollouts_give_equal_pictures_and_sizes_do_not_depend_on_the_view() -> None:
    one, same = box_rollout(4), box_rollout(4)
    np.testing.assert_array_equal(pixels(one, 2), pixels(same, 2))
    assert {pixels(one, view).shape for view in range(4)} == {pixels(one, 0).shape}
    canvas = Canvas(one, 0, 4, longest_bars([one]))
    for view in (0, 3, 1):
        np.testing.assert_array_equal(canvas.draw(view), pixels(one, view), "views may be drawn in any order")


def test_the_rate_is_that_of_the_recording_unless_it_is_too_slow() -> None:
    assert recorded_rate([box_rollout(rate=30.0)]) == pytest.approx(30)
    assert recorded_rate([box_rollout(rate=240.0)]) == 60
    assert recorded_rate([box_rollout(rate=1.0)]) == 4
    assert recorded_rate([box_rollout(1)]) == 4
