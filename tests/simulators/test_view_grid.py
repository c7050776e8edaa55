import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from activevision.errors import UserError
from activevision.protocol import LOOK_AROUND
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.view_grid import ViewGrid

SMALL = replace(LOOK_AROUND, height=16, width=16)


class Counting:
    """A simulator factory that counts renders."""

    def __init__(self):
        self.renders = 0

    def __call__(self, scenes):
        outer = self

        class Simulator(EmbreeSimulator):
            def render(self, *arguments, **options):
                outer.renders += 1
                return super().render(*arguments, **options)

        return Simulator(scenes)


def grid(solids, folder, factory, protocol=SMALL, sensors=("rgb", "depth")):
    return ViewGrid(solids.scenes("train"), protocol, sensors, factory, folder)


def test_views_are_what_the_simulator_renders_there(solids, tmp_path):
    views = grid(solids, tmp_path, Counting())
    scenes, viewpoints = np.array([5, 0, 5]), np.array([[0, 0], [3, 11], [6, 4]])
    fitted = [entry.load().fitted() for entry in solids.scenes("train")]
    poses = SMALL.poses[viewpoints[:, 0], viewpoints[:, 1]]
    expected = EmbreeSimulator(fitted).render(scenes, poses, SMALL.camera, ("rgb", "depth"))
    for sensor in ("rgb", "depth"):
        np.testing.assert_array_equal(views.views(scenes, viewpoints, sensor), expected[sensor])


def test_a_second_grid_renders_nothing_and_loads_no_scene(solids, tmp_path):
    factory = Counting()
    first = grid(solids, tmp_path, factory).prepare()
    assert factory.renders == 8

    def refuse():
        raise AssertionError("a cached scene was loaded")

    entries = [replace(entry, load=refuse) for entry in solids.scenes("train")]
    second = ViewGrid(entries, SMALL, ("rgb", "depth"), factory, tmp_path).prepare()
    assert factory.renders == 8
    np.testing.assert_array_equal(first.scene(3), second.scene(3))


def test_other_cameras_and_scenes_have_other_keys(solids, tmp_path):
    factory = Counting()
    grid(solids, tmp_path, factory).prepare()
    grid(solids, tmp_path, factory, replace(SMALL, hfov_deg=50.0)).prepare()
    grid(solids, tmp_path, factory, replace(SMALL, azimuths=10)).prepare()
    assert factory.renders == 24


@pytest.mark.parametrize(
    "damage", [lambda content: content[: len(content) // 2], lambda content: b"", lambda _: b"x" * 99]
)
def test_a_damaged_file_is_rendered_again(solids, tmp_path, damage):
    factory = Counting()
    before = np.array(grid(solids, tmp_path, factory).prepare().scene(0))
    path = sorted(tmp_path.glob("*/*.rgb.npy"))[0]
    content = path.read_bytes()
    path.unlink()  # the grid above still maps the old file
    path.write_bytes(damage(content))
    again = grid(solids, tmp_path, factory).prepare()
    assert factory.renders == 9
    np.testing.assert_array_equal(again.scene(0), before)


def test_two_at_once_agree(solids, tmp_path):
    with ThreadPoolExecutor(2) as pool:
        grids = list(pool.map(lambda _: grid(solids, tmp_path, Counting()).prepare(), range(2)))
    for scene in range(8):
        np.testing.assert_array_equal(grids[0].scene(scene), grids[1].scene(scene))
    assert not list(tmp_path.glob("*/.*"))


def test_an_unfinished_grid_goes_on(solids, tmp_path):
    factory = Counting()
    grid(solids, tmp_path, factory).scene(2)
    grid(solids, tmp_path, factory).prepare()
    assert factory.renders == 8


def test_views_cannot_be_written_to(solids, tmp_path):
    with pytest.raises(ValueError, match="read-only"):
        grid(solids, tmp_path, Counting()).scene(0)[0, 0, 0] = 0


def test_no_scenes_is_an_error():
    with pytest.raises(UserError, match="no scenes"):
        ViewGrid([], SMALL)


def test_more_scenes_than_open_files_are_allowed(solids, tmp_path):
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (40, 4096))\n"
        "from activevision.machine import allow_open_files; allow_open_files(100)\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE) == (140, 4096); allow_open_files(10**6)\n"
        "assert resource.getrlimit(resource.RLIMIT_NOFILE) == (4096, 4096)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_folder_that_cannot_be_read_is_no_damaged_file(solids, tmp_path, monkeypatch):
    views = grid(solids, tmp_path, Counting()).prepare()

    def refuse(*arguments, **options):
        raise PermissionError(13, "Permission denied", "views")

    monkeypatch.setattr(np, "load", refuse)
    with pytest.raises(PermissionError):
        grid(solids, tmp_path, Counting()).scene(0)
    assert len(views) == 8
