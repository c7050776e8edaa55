"""A simulator in a child process survives its own death, and says what killed it."""

import functools
import multiprocessing
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import gymnasium as gym
import mortal_simulators as mortal
import numpy as np
import pytest
from box_rooms import BoxRooms

from activevision.camera import Camera
from activevision.errors import UserError
from activevision.simulators import worker as worker_module
from activevision.simulators.check import check_simulator
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.worker import WorkerSimulator

CAMERA = Camera(6, 4)


@pytest.fixture
def started(monkeypatch):
    """Starts workers and sees to it that no process and no shared memory of theirs outlives them."""
    workers, blocks = [], []

    class Noted(SharedMemory):
        def __init__(self, name=None, create=False, size=0):
            super().__init__(name, create, size)
            blocks.append(self.name)

    monkeypatch.setattr(worker_module, "SharedMemory", Noted)

    def start(factory, scenes=()):
        workers.append(WorkerSimulator(factory, scenes))
        return workers[-1]

    yield start
    for worker in workers:
        worker.close()
        worker.close()
    assert not multiprocessing.active_children()
    for name in blocks:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name)


def at(*xs):
    poses = np.tile(np.eye(4), (len(xs), 1, 1))
    poses[:, 0, 3] = xs
    return poses


def test_images_come_back_as_the_simulator_makes_them(started):
    worker = started(mortal.Plain, ["a", "b"])
    for sensors, count in ((("rgb", "depth", "normal"), 3), (("instance",), 1), (("rgb",), 0), (("position",), 40)):
        ids, poses = np.arange(count) % 2, at(*range(count))
        images = worker.render(ids, poses, CAMERA, sensors)
        expected = mortal.Plain([]).render(ids, poses, CAMERA, sensors)
        assert set(images) == set(sensors)
        for sensor in sensors:
            np.testing.assert_array_equal(images[sensor], expected[sensor])
            assert images[sensor].dtype == expected[sensor].dtype
    assert worker.settings["process"] != os.getpid()


def test_embree_in_a_worker_keeps_the_promises_of_a_simulator():
    check_simulator(
        functools.partial(WorkerSimulator, functools.partial(EmbreeSimulator, threads=1)),
        cameras=[Camera(40, 32, 80.0)],
    )


def test_a_death_is_reported_and_the_call_repeated(started, tmp_path, capsys):
    worker = started(mortal.DiesOnce, [tmp_path / "died"])
    images = worker.render([0, 0], at(5, 6), CAMERA, ("instance",))["instance"]
    assert images[:, 0, 0].tolist() == [5, 6]
    (line,) = capsys.readouterr().err.splitlines()
    assert "SIGKILL" in line
    assert "started again" in line
    worker.render([0], at(5), CAMERA)
    assert not capsys.readouterr().err


def test_a_worker_killed_between_calls_is_started_again(started, capsys):
    worker = started(mortal.Plain)
    os.kill(worker.settings["process"], signal.SIGKILL)
    time.sleep(0.1)
    assert worker.render([0], at(5), CAMERA, ("instance",))["instance"][0, 0, 0] == 5
    assert "SIGKILL" in capsys.readouterr().err


@pytest.mark.parametrize(("x", "how"), [(1001, "SIGSEGV"), (1002, "exit code 7")])
def test_the_view_that_kills_is_named_and_the_simulator_lives_on(started, capsys, x, how):
    worker = started(mortal.Plain, ["a", "b", "c"])
    with pytest.raises(UserError) as caught:
        worker.render([0, 0, 2, 0], at(0, 1, x, 3), CAMERA)
    message = str(caught.value)
    assert "\n" not in message
    for part in (how, "view 2", "scene 2", f"{float(x)}"):
        assert part in message
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert worker.render([1], at(5), CAMERA, ("instance",))["instance"][0, 0, 0] == 6


def test_a_batch_that_kills_where_no_view_does_is_told_apart(started):
    worker = started(mortal.DiesOfMany, ["a"])
    with pytest.raises(UserError, match="but not on single views of it: render fewer views at once"):
        worker.render([0] * 5, at(*range(5)), CAMERA)


def test_errors_come_through_and_do_not_end_the_worker(started):
    worker = started(mortal.Plain)
    process = worker.settings["process"]
    with pytest.raises(UserError, match="did you mean 'depth'"):
        worker.render([0], at(0), CAMERA, ("dept",))
    with pytest.raises(UserError, match="not to this simulator's liking"):
        worker.render([0], at(1003), CAMERA)
    with pytest.raises(KeyError, match="a bug") as caught:
        worker.render([0], at(1004), CAMERA)
    assert "mortal_simulators.py" in str(caught.value.__cause__)
    with pytest.raises(RuntimeError, match="Unsendable"):
        worker.render([0], at(1005), CAMERA)
    with pytest.raises(UserError, match="view 1"):
        worker.render([0, 0], at(0, np.nan), CAMERA)
    with pytest.raises(ValueError, match="as many poses"):
        worker.render([0, 0], at(0), CAMERA)
    os.kill(process, 0)  # it is still the first one


def test_images_of_a_wrong_shape_are_an_error(started):
    with pytest.raises(TypeError, match=r"rgb: expected uint8 \(1, 4, 6, 3\), got uint8 \(1, 3, 6, 3\)"):
        started(mortal.WrongShape).render([0], at(0), CAMERA)


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (mortal.fails, "cannot be made in its worker: ValueError: no such file"),
        (mortal.refuses, "these scenes are not for this simulator"),
        (mortal.dies, r"died \(exit code 3\) while it started"),
        (lambda scenes: None, "cannot be sent to a worker"),
    ],
    ids=["error", "user error", "death", "lambda"],
)
def test_a_factory_that_fails_says_so_in_one_line(started, factory, message):
    with pytest.raises(UserError, match=message) as caught:
        started(factory)
    assert "\n" not in str(caught.value)
    assert not multiprocessing.active_children()


def test_a_script_that_no_child_can_read_is_an_error_and_no_wait_for_ever():
    script = """
        import numpy as np
        from activevision.simulators.embree_simulator import EmbreeSimulator
        from activevision.simulators.worker import WorkerSimulator

        WorkerSimulator(EmbreeSimulator, [np.zeros(1 << 20)])
    """
    # fed through a pipe it has no file; what goes to the child is longer than a pipe holds
    done = subprocess.run(
        [sys.executable, "-"], input=textwrap.dedent(script), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "UserError: the simulator's worker died (exit code 1) while it started" in done.stderr


def test_close_closes_the_simulator_and_rendering_is_over(tmp_path):
    file = tmp_path / "note"
    worker = WorkerSimulator(mortal.Plain, file)
    worker.close()
    assert file.read_text() == "closed"
    with pytest.raises(RuntimeError, match="closed"):
        worker.render([0], at(0), CAMERA)


_SCRIPT = """
    import os, sys, time
    sys.path.insert(0, {folder!r})
    import mortal_simulators as mortal, numpy as np
    from activevision.camera import Camera
    from activevision.simulators.worker import WorkerSimulator

    if __name__ == "__main__":
        worker = WorkerSimulator(mortal.Plain, ["a"])
        print(worker.settings["process"], flush=True)
        pose = np.eye(4)[None].copy()
        worker.render([0], pose, Camera(6, 4))
        pose[0, 0, 3] = {x}
        {action}
"""


def run(tmp_path, x, action):
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(_SCRIPT).format(folder=str(Path(__file__).parent), x=x, action=action))
    process = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    return process, int(process.stdout.readline())


def gone(pid):
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_ctrl_c_ends_the_call_and_the_child_and_the_simulator_can_go_on(tmp_path):
    action = "\n    ".join(
        [
            "try: worker.render([0], pose, Camera(6, 4))",
            "except KeyboardInterrupt: print('stopped', flush=True)",
            "pose[0, 0, 3] = 3",
            "print(worker.render([0], pose, Camera(6, 4), ('instance',))['instance'][0, 0, 0])",
            "worker.close()",
        ]
    )
    process, child = run(tmp_path, 1006, action)
    assert process.stdout.readline() == "asleep\n"  # the child says so in the middle of the call
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert out.split() == ["stopped", "3"]
    assert not err
    assert gone(child)


def test_a_script_that_forgets_to_close_leaves_nothing_behind(tmp_path):
    process, child = run(tmp_path, 0, "pass")
    _, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert not err
    assert gone(child)


def test_the_child_of_a_killed_parent_ends(tmp_path):
    process, child = run(tmp_path, 0, "time.sleep(60)")
    process.kill()
    process.communicate()
    assert gone(child)


def test_it_says_where_one_can_walk_if_the_simulator_does(started, tmp_path, capsys):
    assert not hasattr(started(mortal.Plain, ["a"]), "navigable")
    worker = started(mortal.Walkable, [tmp_path / "died"])
    assert worker.navigable(0, "cats") == "floor 0 for cats"
    (line,) = capsys.readouterr().err.splitlines()
    assert "SIGSEGV" in line
    assert "the navigable area of scene 0" in line
    assert worker.navigable(0, "dogs") == "floor 0 for dogs"
    with pytest.raises(UserError, match="no floor for a giant"):
        worker.navigable(0, "giant")
    with pytest.raises(UserError, match=r"died twice \(SIGSEGV\) on the navigable area of scene 0"):
        worker.navigable(0, "deadly")
    assert worker.render([0], at(5), CAMERA, ("instance",))["instance"][0, 0, 0] == 5


def test_an_environment_goes_on_when_its_simulator_dies(tmp_path, capsys):
    def play(simulator):
        env = gym.make_vec(
            "activevision/Explore-v0", 3, "vector_entry_point", catalogue=BoxRooms(), height=8, width=8,
            sensors=("rgb", "depth"), simulator=simulator,
        )  # fmt: skip
        frames = [env.reset(seed=1)[0]]
        frames += [env.step(np.full(3, motion))[0] for motion in (0, 1, 0)]
        copy = pickle.loads(pickle.dumps(env.unwrapped.task))
        env.unwrapped.task.places.simulator.close()
        copy.places.simulator.close()
        return frames

    mortal_one = play(functools.partial(WorkerSimulator, functools.partial(mortal.MortalEmbree, tmp_path / "calls")))
    assert "SIGSEGV" in capsys.readouterr().err
    for frame, expected in zip(mortal_one, play("embree"), strict=True):
        for name, value in expected.items():
            np.testing.assert_array_equal(frame[name], value, err_msg=name)


def _in_a_worker(line):
    try:
        WorkerSimulator(mortal.Plain, [])
    except UserError as error:
        line.send(str(error))


def test_in_a_worker_of_somebody_else_it_says_what_to_do():
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_in_a_worker, args=(there,), daemon=True)
    process.start()
    assert here.poll(30)
    assert "may start none: run the simulator in it, as with simulator='habitat'" in here.recv()
    process.join()
