"""The comparison of simulators: which are taken, and what is written; no speed is asserted."""

import os

import numpy as np
import pytest

from activevision.camera import Camera
from activevision.commands import simulator_speed
from activevision.commands.simulator_speed import compare, furnished_room, named_simulators, side_by_side
from activevision.errors import UserError
from activevision.geometry import look_at
from activevision.simulators.embree_simulator import EmbreeSimulator


@pytest.fixture
def without_habitat(monkeypatch):
    def refuse(scenes):
        raise UserError("habitat-sim is not installed: install it")

    kept = simulator_speed._maker
    monkeypatch.setattr(simulator_speed, "_maker", lambda name: refuse if name == "habitat" else kept(name))


def test_by_default_an_absent_one_is_left_out_in_one_line(without_habitat, capsys):
    assert named_simulators(()) == ("embree",)
    (line,) = capsys.readouterr().out.splitlines()
    assert "habitat" in line
    assert "install" in line


def test_an_absent_one_that_was_named_is_an_error(without_habitat):
    with pytest.raises(UserError, match="not installed"):
        named_simulators(("embree,habitat",))


def test_names_are_parted_by_commas_or_spaces_and_checked():
    assert named_simulators(("embree,embree", "embree")) == ("embree",)
    with pytest.raises(UserError, match="did you mean 'embree'"):
        named_simulators(("embre",))


def test_every_scene_camera_and_set_of_sensors_has_a_row(monkeypatch):
    monkeypatch.setattr(simulator_speed, "_SECONDS", 1e-4)
    monkeypatch.setattr(simulator_speed, "_CELLS", (2, 3))
    before, done = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None, []
    rows = compare(("embree",), 1, 0, done.append)
    assert len(rows) == 2 * 2 * 2
    assert done == [1, 1]
    assert side_by_side(rows).row_count == len(rows)
    keys = {
        (row["settings"]["triangles"], *row["settings"]["resolution"], *row["settings"]["modalities"]) for row in rows
    }
    assert len(keys) == len(rows)
    assert all(row["value"] > 0 and row["settings"]["simulator"] == "embree" for row in rows)
    if before is not None:
        assert os.sched_getaffinity(0) == before


def test_the_room_shows_fronts_alone_in_every_direction():
    """So that habitat-sim may be given it without backs."""
    scene = furnished_room(12)
    eyes = np.random.default_rng(0).uniform([-1.5, 0.8, -1.5], [1.5, 1.8, 1.5], (12, 3))
    poses = look_at(eyes, np.random.default_rng(1).uniform([-2, 0, -2], [2, 2.4, 2], (12, 3)))
    camera = Camera(48, 48, 90.0)
    images = EmbreeSimulator([scene], samples=1, threads=1).render([0] * 12, poses, camera, ("instance", "position"))
    assert (images["instance"] > 0).all()
    table = {mesh.instance: mesh for mesh in scene.meshes}
    for view in range(12):
        for row, column in np.random.default_rng(view).integers(0, 48, (6, 2)):
            mesh = table[int(images["instance"][view, row, column])]
            corners = mesh.vertices[mesh.faces].astype(np.float64)
            point = images["position"][view, row, column]
            face = corners[np.argmin(np.linalg.norm(corners.mean(1) - point, axis=1))]
            normal = np.cross(face[1] - face[0], face[2] - face[0])
            assert normal @ (eyes[view] - face.mean(0)) > 0


def test_two_simulators_stand_side_by_side_with_their_ratio():
    rows = [
        {"value": value, "settings": {"simulator": name, "triangles": 10, "resolution": [8, 8], "modalities": ["rgb"]}}
        for name, value in (("embree", 300.0), ("habitat", 120.0))
    ]
    table = side_by_side(rows)
    assert [next(iter(column.cells)) for column in table.columns] == ["10", "8²", "rgb", "300", "120", "2.5"]
