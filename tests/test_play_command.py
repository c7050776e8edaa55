"""``activevision play``: keys move the camera the way they say, and what was seen is kept as ``collect`` keeps it."""

from __future__ import annotations

import os
import re
import select
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import cv2
import gymnasium as gym
import numpy as np
import pytest

import activevision  # noqa: F401  (registers the environments)
from activevision.commands.play import Play
from activevision.commands.playing.episode import nearest_views
from activevision.commands.playing.halfblocks import fit_size, half_blocks
from activevision.commands.playing.keyboard import split_keys, terminal_keys
from activevision.commands.playing.screen import compose
from activevision.commands.playing.steering import steering
from activevision.commands.world import WorldChoice
from activevision.envs.explore_motion import DiscreteMotions, Stance
from activevision.errors import UserError
from activevision.explore_protocol import EXPLORE_ROOM
from activevision.protocol import LOOK_AROUND, LOOK_AROUND_SCENES
from activevision.rollouts.collect import collect
from activevision.rollouts.environment import EnvironmentRecorder
from activevision.rollouts.manifest import Manifest, Source
from activevision.rollouts.shards import read_rollouts
from activevision.scenes.procedural import ProceduralCatalogue

SMALL = {"per_class": 4, "scenes": "procedural"}


def play(out: Path, keys: str, env: str = "ActiveObject-v0", **options) -> Play:
    choice = {name: options.pop(name) for name in ("protocol", "scenes", "per_class") if name in options}
    chosen = WorldChoice(env=f"activevision/{env}", **{**SMALL, **choice})
    command = Play(chosen, keys=keys, out=out, pixels=options.pop("pixels", 24), **options)
    command.run()
    return command


@pytest.mark.parametrize("env", ["ActiveObject-v0", "LookAround-v0"])
def test_what_is_played_is_what_collect_would_have_stored(env: str, tmp_path: Path) -> None:
    play(tmp_path / "played", "wD<", env, protocol="look-around")
    (played,) = read_rollouts(tmp_path / "played")

    class Same:
        name = "same"
        motions = iter(played.motion)

        def act(self, observation, belief):
            return np.array([next(self.motions)])

    protocol = replace(LOOK_AROUND, width=24, height=24)
    envs = gym.make_vec("activevision/ActiveObject-v0", num_envs=1, vectorization_mode="vector_entry_point",
                        catalogue=ProceduralCatalogue(per_class=4), protocol=protocol,
                        autoreset_mode="Disabled")  # fmt: skip
    recorder = EnvironmentRecorder(envs, played.spec, 0, ("same", lambda seed: Same()))
    collect(lambda: recorder, 1, tmp_path / "collected", Source("", "train", "", ""))
    (collected,) = read_rollouts(tmp_path / "collected")
    assert (played.seed, played.scene_id, played.label) == (collected.seed, collected.scene_id, collected.label)
    for name in ("rgb", "pose", "motion", "egomotion", "intrinsics"):
        np.testing.assert_array_equal(getattr(played, name), getattr(collected, name))
    assert played.sensors.keys() == collected.sensors.keys()
    for name, values in collected.sensors.items():
        np.testing.assert_array_equal(played.sensors[name], values)
    assert played.protocol == collected.protocol
    ours, theirs = (Manifest.read(tmp_path / folder).settings for folder in ("played", "collected"))
    assert {k for k in theirs if ours.get(k) != theirs[k]} <= {"policy", "batch", "episodes_per_shard"}


def test_an_episode_left_early_has_fewer_views_and_one_without_a_motion_is_not_kept(tmp_path: Path, capsys) -> None:
    play(tmp_path / "walk", "wrra rq")
    assert [len(rollout.rgb) for rollout in read_rollouts(tmp_path / "walk")] == [2, 3]
    picture = cv2.imread(str(tmp_path / "walk" / "played.png"))
    assert picture.shape[0] > 2 * 168
    play(tmp_path / "nothing", "rq")
    assert not (tmp_path / "nothing").exists()
    assert "nothing is saved" in capsys.readouterr().out


def test_playing_again_in_a_folder_adds_other_episodes(tmp_path: Path) -> None:
    play(tmp_path, "rwq")
    play(tmp_path, "wrwq")
    seeds = [rollout.seed for rollout in read_rollouts(tmp_path)]
    play(tmp_path / "straight", "wrwrwq")
    assert set(seeds) == {rollout.seed for rollout in read_rollouts(tmp_path / "straight")}
    before = (tmp_path / "manifest.json").read_bytes()
    with pytest.raises(UserError, match="other rollouts than these"):
        play(tmp_path, "wq", seed=1)
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_a_kill_between_shard_and_manifest_loses_that_episode_alone(tmp_path: Path, monkeypatch) -> None:
    play(tmp_path, "wq")
    with monkeypatch.context() as patch:
        patch.setattr(Manifest, "write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            play(tmp_path, "wwq")
    assert len(list(read_rollouts(tmp_path))) == 1
    play(tmp_path, "wwq")
    assert [len(rollout.rgb) for rollout in read_rollouts(tmp_path)] == [2, 3]


def test_what_a_scene_is_stays_unsaid_until_the_end(tmp_path: Path, capsys) -> None:
    play(tmp_path, "www")
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("view")]
    (rollout,) = read_rollouts(tmp_path)
    assert len(lines) == 4
    assert all(rollout.label not in line and rollout.scene_id not in line for line in lines[:-1])
    assert rollout.label in lines[-1]
    assert rollout.scene_id in lines[-1]


def test_a_completion_of_the_nearest_views_is_better_the_more_was_seen(tmp_path: Path, capsys) -> None:
    play(tmp_path, "DDWq", "LookAround-v0")
    errors = [float(found) for found in re.findall(r"completion ([\d.]+)", capsys.readouterr().out)]
    assert len(errors) == 4
    assert errors[0] > errors[1] > errors[-1]


def test_nearest_views_keep_what_was_seen_and_copy_it_to_the_nearest_side() -> None:
    frames = np.arange(2, dtype=np.uint8).repeat(3).reshape(2, 1, 1, 3)
    grid = nearest_views(LOOK_AROUND, np.array([[3, 4], [3, 10]]), frames)[:, :, 0, 0, 0]
    assert grid[3, [0, 1, 2, 10, 11]].tolist() == [0] * 5
    assert grid[3, 4:9].tolist() == [1] * 5
    assert grid[2, 5:8].tolist() == [1, 1, 1]


def test_arrows_take_a_camera_that_orbits_to_the_side_they_point_at() -> None:
    """In the frame of the camera before: +X is right, +Y up."""
    for key, axis, sign in (("right", 0, 1), ("left", 0, -1), ("up", 1, 1), ("down", 1, -1)):
        before = np.array([3, 5])
        after = LOOK_AROUND.move(before, steering(LOOK_AROUND).motions[key])
        pose, then = LOOK_AROUND.poses[tuple(before)], LOOK_AROUND.poses[tuple(after)]
        moved = np.linalg.inv(pose) @ then[:, 3]
        assert moved[axis] * sign > 0.5


def test_arrows_turn_a_camera_that_stands_to_the_side_they_point_at() -> None:
    for key, axis, sign in (("d", 0, 1), ("a", 0, -1), ("w", 1, 1), ("s", 1, -1)):
        before = np.array([2, 5])
        after = LOOK_AROUND_SCENES.move(before, steering(LOOK_AROUND_SCENES).motions[key])
        pose, then = LOOK_AROUND_SCENES.poses[tuple(before)], LOOK_AROUND_SCENES.poses[tuple(after)]
        looks = pose[:3, :3].T @ -then[:3, 2]
        assert looks[axis] * sign == pytest.approx(np.sqrt(0.5))


def test_keys_of_a_walk_go_where_they_say() -> None:
    keys, motions = steering(EXPLORE_ROOM), DiscreteMotions(EXPLORE_ROOM)
    stance = Stance(np.zeros((1, 3)), np.full(1, 1.5), np.array([[0.4, 0.0, 0.0]]))

    def ahead(key: str) -> tuple[np.ndarray, np.ndarray]:
        motion = motions.commanded(stance, np.array([keys.motions[key]]))[0]
        return motion[:3, 3], -motion[:3, 2]

    np.testing.assert_allclose(ahead("w")[0], [0, 0, -0.25], atol=1e-9)
    for key, axis, sign in (("right", 0, 1), ("a", 0, -1), ("up", 1, 1), ("down", 1, -1)):
        assert ahead(key)[1][axis] * sign == pytest.approx(np.sin(np.radians(15)))


def test_capitals_go_as_far_as_one_motion_goes() -> None:
    keys = steering(LOOK_AROUND_SCENES)
    assert LOOK_AROUND_SCENES.motions[keys.motions["D"]].tolist() == [0, -2]
    assert LOOK_AROUND_SCENES.motions[keys.motions["W"]].tolist() == [1, 0]
    assert keys.words[keys.motions["D"]] == "2 right"


def test_escape_sequences_are_keys_even_when_they_come_in_pieces() -> None:
    assert split_keys("w\x1b[A\x1bOD q") == (["w", "up", "left", " ", "q"], "")
    assert split_keys("\x1b[1;2C") == (["RIGHT"], "")
    assert split_keys("a\x1b[") == (["a"], "\x1b[")
    assert split_keys("\x1b[5~\x1b\x01w") == (["\x01", "w"], "")
    assert split_keys("<v") == (["left", "down"], "")


def decoded(lines: list[str]) -> np.ndarray:
    """The picture that a terminal with 24-bit colours would show."""
    rows = []
    for line in lines:
        colours, upper, lower = {}, [], []
        for codes, block in re.findall(r"(?:\x1b\[([\d;]+)m)?(▀)", line):
            for plane, r, g, b in re.findall(r"(38|48);2;(\d+);(\d+);(\d+)", codes):
                colours[plane] = (int(r), int(g), int(b))
            assert block
            upper.append(colours["38"])
            lower.append(colours["48"])
        rows += [upper, lower]
    return np.array(rows)


def test_half_blocks_hold_every_pixel() -> None:
    picture = np.random.default_rng(0).integers(0, 3, (8, 11, 3), np.uint8) * 100
    lines = half_blocks(picture, truecolor=True)
    np.testing.assert_array_equal(decoded(lines), picture)
    assert all(line.endswith("\x1b[0m") for line in lines)


def test_with_256_colours_the_nearest_is_taken() -> None:
    picture = np.array([[[255, 0, 0], [128, 128, 128]], [[0, 95, 215], [3, 3, 3]]], np.uint8)
    (line,) = half_blocks(picture, truecolor=False)
    assert re.findall(r"[34]8;5;(\d+)", line) == ["196", "26", "244", "16"]


@pytest.mark.parametrize("size", [(80, 20), (20, 80), (300, 90), (7, 3)])
def test_pictures_fit_and_keep_their_shape(size: tuple[int, int]) -> None:
    columns, rows = size
    wide, high = fit_size(64, 48, columns, rows)
    assert wide <= columns
    assert high <= 2 * rows
    assert high % 2 == 0
    if min(wide, high) > 10:
        assert wide / high == pytest.approx(64 / 48, rel=0.1)
    for count in (1, 2, 30):
        picture = compose([np.zeros((48, 64, 3), np.uint8)] * count, columns, rows)
        assert picture.shape[0] == high
        assert picture.shape[1] <= columns


def test_mistakes_are_user_errors(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(UserError, match=r"'x' does nothing here"):
        play(tmp_path, "wxq")
    with pytest.raises(UserError, match="did you mean 'activevision/LookAround-v0'"):
        play(tmp_path, "w", "LookAruond-v0")
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115  (closed by the garbage collector)
    with pytest.raises(UserError, match=r"needs a terminal.*--keys"):
        play(tmp_path, None)
    assert not list(tmp_path.iterdir())


posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are of POSIX")


@posix
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_the_terminal_is_put_back_whatever_happens(error: type[BaseException], monkeypatch) -> None:
    import termios

    controller, terminal = os.openpty()
    with os.fdopen(terminal, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        before = termios.tcgetattr(terminal)
        handler = signal.getsignal(signal.SIGTERM)
        with pytest.raises(error), terminal_keys() as read:
            during = termios.tcgetattr(terminal)
            assert not during[3] & (termios.ICANON | termios.ECHO)
            os.write(controller, b"w\x1b[")
            assert read(1.0) == ["w"]
            os.write(controller, b"A")
            assert read(1.0) == ["up"]
            raise error
        assert termios.tcgetattr(terminal) == before
        assert signal.getsignal(signal.SIGTERM) == handler
    os.close(controller)


class Terminal:
    """The command in a pseudo-terminal of its own, as a shell would run it."""

    def __init__(self, out: Path):
        import pty
        import termios

        arguments = ["play", "--scenes", "procedural", "--per-class", "4", "--pixels", "24", "--out", str(out)]
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm", COLORTERM="truecolor")
            os.execv(sys.executable, [sys.executable, "-m", "activevision.cli", *arguments])
        self.resize(80, 24)
        self.before, self.shown = termios.tcgetattr(self.terminal), ""

    def resize(self, columns: int, rows: int) -> None:
        import fcntl
        import struct
        import termios

        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, text: str) -> None:
        """Wait until a text was shown since the last one."""
        end = time.monotonic() + 60
        while text not in self.shown:
            assert time.monotonic() < end, self.shown[-500:]
            if select.select([self.terminal], [], [], 1.0)[0]:
                self.shown += os.read(self.terminal, 65536).decode(errors="replace")
        self.shown = self.shown.partition(text)[2]

    def press(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def end(self) -> int:
        """The exit code, once the screen and the terminal's settings are seen to be as they were."""
        import termios

        while True:
            try:
                self.shown += os.read(self.terminal, 65536).decode(errors="replace")
            except OSError:  # Linux says so when the other side is closed
                break
        assert "\x1b[?1049l" in self.shown
        assert "\x1b[?25h" in self.shown
        assert termios.tcgetattr(self.terminal) == self.before
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@posix
def test_a_person_at_a_terminal(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "out")
    terminal.until("view 1 of 4")
    terminal.press("\x1b[C")
    terminal.until("view 2 of 4")
    terminal.press("ww")
    terminal.until("the episode is over")
    terminal.press("wr")  # a motion after the end does nothing
    terminal.until("view 1 of 4")
    terminal.press("d")
    terminal.until("view 2 of 4")
    terminal.resize(60, 30)  # is drawn anew
    terminal.until("view 2 of 4")
    terminal.press("q")
    assert terminal.end() == 0
    first, second = read_rollouts(tmp_path / "out")
    keys = steering(LOOK_AROUND).motions
    assert first.motion.tolist() == [keys["right"], keys["w"], keys["w"]]
    assert second.motion.tolist() == [keys["d"]]


@posix
def test_ctrl_c_keeps_what_was_finished_and_leaves_the_terminal_as_it_was(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "out")
    terminal.until("view 1 of 4")
    terminal.press("dddr")
    terminal.until("view 4 of 4")
    terminal.until("view 1 of 4")
    terminal.press("w")
    terminal.until("view 2 of 4")
    terminal.press("\x03")
    assert terminal.end() == 130
    assert [len(rollout.rgb) for rollout in read_rollouts(tmp_path / "out")] == [4]
    assert (tmp_path / "out" / "played.png").exists()
