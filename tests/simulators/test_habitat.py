"""The adapter, with a real habitat-sim; skipped where there is none."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
from pathlib import Path

import gymnasium as gym
import numpy as np
import pytest
import trimesh
from habitat_reference import NEEDS_HABITAT
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from activevision.camera import Camera, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import look_at
from activevision.scenes import get_catalogue
from activevision.scenes.navigable import Agent, NavigableArea
from activevision.simulators.analytic import FURNISHED, MARKERS, AnalyticScene, Box
from activevision.simulators.check import check_simulator
from activevision.simulators.embree_simulator import UNLIT, EmbreeSimulator
from activevision.simulators.habitat import HabitatScene, HabitatSimulator, HabitatStage
from activevision.simulators.habitat_process import RENDERERS
from activevision.simulators.simulator import SENSORS

pytestmark = NEEDS_HABITAT

CAMERA = Camera(64, 64, 90.0)
AHEAD = np.eye(4)[None]
SEEN = tuple(sensor for sensor in SENSORS if sensor != "normal")


@pytest.fixture
def simulators():
    """A function that makes simulators, which are closed in the end."""
    made = []

    def make(*scenes, **arguments):
        made.append(HabitatSimulator(scenes, **arguments))
        return made[-1]

    yield make
    for simulator in made:
        simulator.close()


@pytest.fixture(scope="module")
def data_set(tmp_path_factory):
    """A room with a box before the camera, laid out as HM3D is: render mesh, painted semantic mesh, table."""
    folder = tmp_path_factory.mktemp("data_set")
    room, box = trimesh.creation.box((4, 3, 5)), trimesh.creation.box((1, 1, 1))
    room.invert()
    box.apply_translation((0, 0, -1.8))
    for name, colours in (("flat", ((90, 200, 50), (250, 20, 30))), ("flat.semantic", ((255, 0, 0), (0, 255, 0)))):
        parts = []
        for solid, colour in zip((room, box), colours, strict=True):
            painted = solid.copy()
            painted.visual = TextureVisuals(material=PBRMaterial(baseColorFactor=(255, 255, 255, 255)))
            painted.visual.vertex_attributes["color"] = np.tile(np.array([*colour, 255], np.uint8), (8, 1))
            parts.append(painted)
        trimesh.Scene(parts).export(folder / f"{name}.glb")
    (folder / "flat.semantic.txt").write_text('HM3D Semantic Annotations\n1,FF0000,"wall",0\n2,00FF00,"chair",0\n')
    frame = {"up": [0, 1, 0], "front": [0, 0, -1], "semantic_up": [0, 1, 0], "semantic_front": [0, 0, -1]}
    stage = {
        "render_asset": "flat.glb",
        "semantic_asset": "flat.semantic.glb",
        "semantic_descriptor_filename": "flat.semantic.txt",
    }
    plain = {"render_asset": "flat.glb"}
    stages = [{"template_handle": "with", "attributes": stage}, {"template_handle": "without", "attributes": plain}]
    defaults = {**frame, "force_flat_shading": True, "has_semantic_textures": False}
    config = folder / "toy.scene_dataset_config.json"
    config.write_text(json.dumps({"stages": {"default_attributes": defaults, "configs": stages}}))
    return config


def test_it_keeps_the_promises_of_a_simulator():
    check_simulator(HabitatSimulator, sensors=SEEN, cameras=(Camera(48, 36, 80.0),))


def test_as_a_panorama_it_does_so_within_its_look_up_in_a_cube_map():
    """A pixel of a face of 128² is at most 0.5 degrees from the ray; at the grazing 75 that are compared, 3 %."""
    camera = EquirectangularCamera(256, 128)
    check_simulator(HabitatSimulator, sensors=SEEN, cameras=(camera,), depth_tolerance=0.03, wrong_pixels=1e-3)


def test_without_backs_a_closed_thing_looks_the_same(simulators):
    poses = look_at([[0.5, 0.4, -4.5]] * 2, [[0.6, -0.4, -2.5], [-0.9, 0.5, -2.4]])
    scene = MARKERS.scene()
    both, front = (simulators(scene, backs=backs).render([0] * 2, poses, CAMERA, SEEN) for backs in (True, False))
    assert (both["instance"] > 0).sum() > 50
    for sensor in SEEN:
        assert np.array_equal(both[sensor], front[sensor])


def test_backs_are_shown_as_by_the_embedded_simulator(simulators):
    """From inside a ball."""
    pose = look_at([list(MARKERS.solids[0].centre)], [[0.3, 0.6, -9.0]])
    theirs = simulators(MARKERS.scene()).render([0], pose, CAMERA, ("depth", "instance"))
    ours = EmbreeSimulator([MARKERS.scene()], threads=1).render([0], pose, CAMERA, ("depth", "instance"))
    assert (theirs["instance"] == 1).all()
    np.testing.assert_allclose(theirs["depth"], ours["depth"], rtol=1e-3)
    assert not simulators(MARKERS.scene(), backs=False).render([0], pose, CAMERA, ("depth",))["depth"].all()


def test_objects_of_a_catalogue_look_as_embree_shows_them_unlit(simulators):
    scenes = [entry.load() for entry in get_catalogue("procedural", per_class=1).scenes("train")[:3]]
    poses = look_at([[1.5, 1.2, 2.0]] * 3, [[0.0, 0.0, 0.0]] * 3)
    camera, sensors = Camera(96, 96, 50.0), ("rgb", "depth", "instance", "category")
    ours = EmbreeSimulator(scenes, samples=1, lighting=UNLIT, threads=1).render([0, 1, 2], poses, camera, sensors)
    theirs = simulators(*scenes).render([0, 1, 2], poses, camera, sensors)
    assert (ours["depth"] > 0).mean() > 0.1
    assert (np.abs(ours["depth"] - theirs["depth"]) <= 1e-3 * ours["depth"]).mean() > 0.995
    assert (ours["instance"] == theirs["instance"]).mean() > 0.995
    assert (ours["category"] == theirs["category"]).mean() > 0.995
    assert np.abs(ours["rgb"].astype(int) - theirs["rgb"]).mean() < 2


def test_a_furnished_room_from_inside_looks_as_embree_shows_it_unlit(simulators):
    room = get_catalogue("rooms-procedural").scenes("train")[0].load()
    eye, ahead = np.array(room.station), np.array([[1, -0.2, 0], [0, -0.2, 1], [-1, -0.1, 0.2], [0.3, -0.3, -1]])
    poses = look_at(eye, eye + ahead)
    camera, sensors = Camera(96, 96, 90.0), ("rgb", "depth", "instance", "category")
    ours = EmbreeSimulator([room], samples=1, lighting=UNLIT, threads=1).render([0] * 4, poses, camera, sensors)
    theirs = simulators(room).render([0] * 4, poses, camera, sensors)
    assert (np.abs(ours["depth"] - theirs["depth"]) <= 1e-3 * ours["depth"]).mean() > 0.999
    assert (ours["instance"] == theirs["instance"]).mean() > 0.999
    assert (ours["category"] == theirs["category"]).mean() > 0.999
    assert np.abs(ours["rgb"].astype(int) - theirs["rgb"]).mean() < 4


def test_few_scenes_held_at_a_time_change_no_pixel(simulators):
    scenes = [FURNISHED.scene(), MARKERS.scene()]
    many, one = simulators(*scenes), simulators(*scenes, keep=1)
    ids = [0, 1, 0, 1]
    expected = many.render(ids, np.repeat(AHEAD, 4, 0), CAMERA, SEEN)
    for _ in range(2):
        for sensor, image in one.render(ids, np.repeat(AHEAD, 4, 0), CAMERA, SEEN).items():
            assert np.array_equal(image, expected[sensor])


def test_many_cameras_one_after_the_other(simulators):
    """More than it keeps framebuffers for."""
    simulator = simulators(FURNISHED.scene())
    first = simulator.render([0], AHEAD, Camera(32, 32, 60.0), ("depth",))["depth"]
    for angle in range(40, 110):
        simulator.render([0], AHEAD, Camera(32, 32, float(angle)), ("depth",))
    assert np.array_equal(simulator.render([0], AHEAD, Camera(32, 32, 60.0), ("depth",))["depth"], first)


@pytest.mark.parametrize("order", [("depth", "rgb", "category"), ("instance", "depth", "rgb"), ("rgb", "position")])
def test_sensors_asked_for_one_after_the_other_in_scenes_that_change(simulators, order):
    scenes = [FURNISHED.scene(), MARKERS.scene()]
    expected = simulators(*scenes).render([0, 1], np.repeat(AHEAD, 2, 0), CAMERA, SEEN)
    simulator = simulators(*scenes)
    for scene, sensor in ((scene, sensor) for sensor in order for scene in (0, 1)):
        image = simulator.render([scene], AHEAD, CAMERA, (sensor,))[sensor]
        assert np.array_equal(image[0], expected[sensor][scene])


class TestItsOwnScenes:
    def test_a_stage_file_of_gltf_has_y_up(self, simulators, data_set):
        for stage in (data_set.parent / "flat.glb", str(data_set.parent / "flat.glb")):
            images = simulators(stage).render([0], AHEAD, CAMERA, ("rgb", "depth", "position"))
            assert tuple(images["rgb"][0, 32, 32]) == (250, 20, 30)
            assert images["depth"][0, 32, 32] == pytest.approx(1.3, abs=1e-3)
            assert images["position"][0, 32, 32, 2] == pytest.approx(-1.3, abs=1e-3)

    @pytest.mark.parametrize("file", ["room.glb", "room.ply"])
    @pytest.mark.parametrize(
        ("up", "turned"),
        # a room of 4 × 3 × 5 m along its file's axes: half of it ahead (−Z), to the right (+X) and below (−Y)
        [("y", (2.5, 2.0, 1.5)), ("z", (1.5, 2.0, 2.5)), ("x", (2.5, 1.5, 2.0))],
    )
    def test_the_axis_that_points_up_is_turned_up(self, simulators, tmp_path, file, up, turned):
        room = trimesh.creation.box((4, 3, 5))
        room.invert()
        room.visual.vertex_colors = np.tile([200, 100, 50, 255], (8, 1))
        room.export(tmp_path / file)
        poses = look_at(np.zeros((3, 3)), [[0, 0, -1], [1, 0, 1e-4], [1e-4, -1, 0]])
        images = simulators(HabitatStage(str(tmp_path / file), up)).render([0] * 3, poses, CAMERA, ("rgb", "depth"))
        np.testing.assert_allclose(images["depth"][:, 32, 32], turned, atol=1e-3)
        assert (images["rgb"][0, 32, 32] == [200, 100, 50]).all()

    def test_a_data_set_has_its_instances_and_categories(self, simulators, data_set):
        images = simulators(HabitatScene(str(data_set), "with")).render([0], AHEAD, CAMERA, SEEN)
        assert images["instance"][0, 32, 32] == 2
        assert images["instance"][0, 0, 0] == 1
        assert set(np.unique(images["category"])) == {1, 2}

    def test_one_without_semantics_says_so_and_shows_the_rest(self, simulators, data_set):
        for scene in (HabitatScene(data_set, "without"), data_set.parent / "flat.glb"):
            simulator = simulators(scene)
            for sensor in ("instance", "category"):
                with pytest.raises(UserError, match="comes without semantics"):
                    simulator.render([0], AHEAD, CAMERA, ("rgb", sensor))
            assert simulator.render([0], AHEAD, CAMERA, ("rgb",))["rgb"].any()

    def test_ours_and_its_own_side_by_side(self, simulators, data_set):
        simulator = simulators(FURNISHED.scene(), HabitatScene(data_set, "with"))
        together = simulator.render([1, 0], np.repeat(AHEAD, 2, 0), CAMERA, SEEN)
        assert together["instance"][0, 32, 32] == 2
        assert set(np.unique(together["instance"][1])) <= {0, *(solid.instance for solid in FURNISHED.solids)}

    @pytest.mark.parametrize(
        ("scene", "words"),
        [
            (lambda f: f / "missing.glb", "no file"),
            (lambda f: f / "garbage.glb", "garbage.glb"),
            (lambda f: HabitatScene(f / "missing.scene_dataset_config.json", "x"), "no scene data set"),
            (lambda f: HabitatScene(f / "garbage.scene_dataset_config.json", "x"), "garbage.scene_dataset_config"),
            (lambda f: HabitatScene(f / "empty.scene_dataset_config.json", "apt_0"), "cannot load 'apt_0'"),
        ],
    )
    def test_what_cannot_be_loaded_is_one_line_and_does_no_harm(self, simulators, tmp_path, scene, words):
        (tmp_path / "garbage.glb").write_bytes(b"nonsense")
        (tmp_path / "garbage.scene_dataset_config.json").write_text("{")
        (tmp_path / "empty.scene_dataset_config.json").write_text("{}")
        simulator = simulators(FURNISHED.scene(), scene(tmp_path))
        before = simulator.render([0], AHEAD, CAMERA)["rgb"]
        with pytest.raises(UserError, match=words) as error:
            simulator.render([1], AHEAD, CAMERA)
        assert "\n" not in str(error.value)
        assert np.array_equal(simulator.render([0], AHEAD, CAMERA)["rgb"], before)

    def test_an_unknown_axis_is_refused(self):
        with pytest.raises(UserError, match="up axis"):
            HabitatStage(Path("room.glb"), "w")


def test_no_gpu_of_that_number_is_an_error_not_an_abort():
    with pytest.raises(UserError, match="no NVIDIA GPU"):
        HabitatSimulator([FURNISHED.scene()], gpu=99)


class TestRulesOfTheProcess:
    def test_simulators_are_closed_in_any_order(self, simulators):
        first, second, third = (simulators(FURNISHED.scene()) for _ in range(3))
        expected = [simulator.render([0], AHEAD, CAMERA)["rgb"] for simulator in (first, second, third)]
        first.close()
        assert np.array_equal(third.render([0], AHEAD, CAMERA)["rgb"], expected[2])
        second.close()
        assert np.array_equal(third.render([0], AHEAD, CAMERA)["rgb"], expected[2])

    def test_one_that_nobody_holds_any_more_is_closed(self):
        RENDERERS.close_all()
        simulator = HabitatSimulator([FURNISHED.scene()])
        simulator.render([0], AHEAD, CAMERA)
        assert len(RENDERERS._open) == 1
        del simulator
        assert not RENDERERS._open

    def test_another_thread_gets_an_error(self, simulators):
        simulator, errors = simulators(FURNISHED.scene()), []
        simulator.render([0], AHEAD, CAMERA)

        def work():
            try:
                simulator.render([0], AHEAD, CAMERA)
            except UserError as error:
                errors.append(str(error))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert len(errors) == 1
        assert "one thread" in errors[0]

    def test_a_pickled_one_renders_the_same(self, simulators):
        simulator = simulators(FURNISHED.scene())
        expected = simulator.render([0], AHEAD, CAMERA, SEEN)
        copy = pickle.loads(pickle.dumps(simulator))
        for sensor, image in copy.render([0], AHEAD, CAMERA, SEEN).items():
            assert np.array_equal(image, expected[sensor])
        copy.close()

    def test_a_spawned_process_renders_the_same(self, simulators):
        simulator = simulators(FURNISHED.scene())
        expected = simulator.render([0], AHEAD, CAMERA)["rgb"]
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            images = pool.apply(simulator.render, ([0], AHEAD, CAMERA))
        assert np.array_equal(images["rgb"], expected)

    def test_two_left_open_two_threads_and_a_fork_end_no_process(self, tmp_path):
        code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import numpy as np
from activevision.camera import Camera
from activevision.errors import UserError
from activevision.simulators.analytic import FURNISHED
from activevision.simulators.habitat import HabitatSimulator
two = [HabitatSimulator([FURNISHED.scene()]) for _ in range(2)]
for simulator in two:
    simulator.render([0], np.eye(4)[None], Camera())
if os.fork() == 0:
    try:
        two[0].render([0], np.eye(4)[None], Camera())
    except UserError as error:
        os.write(1, str(error).encode())
    two[0].close()
    os._exit(0)
assert os.wait()[1] == 0
"""
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ.copy())
        assert done.returncode == 0, done.stderr
        assert "spawn" in done.stdout
        assert done.stderr == ""


WALLED = AnalyticScene(
    "walled",
    (
        Box((-4.0, -1.3, -4.0), (4.0, -1.2, 4.0), (0.2, 0.5, 0.55), 1, 4),
        *(
            Box((x - dx, -1.2, z - dz), (x + dx, 1.2, z + dz), (0.6, 0.6, 0.6), 2, 5)
            for x, z, dx, dz in ((-4, 0, 0.1, 4), (4, 0, 0.1, 4), (0, -4, 4, 0.1), (0, 4, 4, 0.1))
        ),
        Box((0.3, -1.2, -3.0), (1.1, 0.4, -2.2), (0.75, 0.15, 0.1), 7, 2),
    ),
)
"""A floor between four walls, with a box on it."""


@pytest.fixture(scope="module")
def areas():
    """Where one can walk in it: by habitat-sim and by our own map."""
    simulator = HabitatSimulator([WALLED.scene()])
    agent = Agent(height=1.0)
    theirs = simulator.navigable(0, agent)
    simulator.close()
    return theirs, NavigableArea.build(WALLED.scene(), agent)


class TestNavigable:
    def test_both_maps_agree(self, areas):
        theirs, ours = areas
        assert theirs.area == pytest.approx(ours.area, rel=0.03)
        points = ours.sample(np.random.default_rng(0), 500)
        assert theirs.contains(points).mean() > 0.97
        assert ours.contains(theirs.sample(np.random.default_rng(0), 500)).mean() > 0.97
        np.testing.assert_allclose(theirs.height_at(points)[theirs.contains(points)], -1.2, atol=0.05)

    def test_nobody_stands_on_a_ceiling(self, simulators):
        """A room from a catalogue, whose ceiling is a sheet that is seen from below."""
        room = get_catalogue("rooms-procedural").scenes("train")[0].load()
        theirs, ours = simulators(room).navigable(0), NavigableArea.build(room)
        assert ours.contains(theirs.sample(np.random.default_rng(0), 300)).mean() > 0.9
        assert theirs.contains(ours.sample(np.random.default_rng(0), 300)).mean() > 0.8

    def test_a_map_leaves_what_is_shown_as_it_is(self, simulators):
        simulator = simulators(FURNISHED.scene(), WALLED.scene())
        before = simulator.render([0], AHEAD, CAMERA, SEEN)
        simulator.navigable(1)
        for sensor, image in simulator.render([0], AHEAD, CAMERA, SEEN).items():
            assert np.array_equal(image, before[sensor])

    def test_same_seed_same_points(self, areas):
        first, second = (areas[0].sample(np.random.default_rng(7), 5) for _ in range(2))
        assert np.array_equal(first, second)
        assert len(np.unique(first[:, 0])) == 5

    def test_a_walk_slides_along_what_is_in_its_way(self, areas):
        theirs, ours = areas
        start = [[0.7, -1.2, -1.0], [0.7, -1.2, -1.0], [9.0, -1.2, 0.0]]
        stop = [[0.8, -1.2, -2.3], [0.7, -1.2, -0.5], [9.0, -1.2, 1.0]]
        ends, collided = theirs.slide(start, stop)
        assert collided.tolist() == [True, False, True]
        assert np.allclose(ends[1], stop[1], atol=0.05)
        assert np.array_equal(ends[2], start[2])
        assert ends[0, 0] == pytest.approx(0.8, abs=0.05)  # along the box
        assert ends[0, 2] == pytest.approx(ours.slide(start, stop)[0][0, 2], abs=0.1)
        assert theirs.contains(ends[:2]).all()

    def test_distances_go_round_things(self, areas):
        theirs, ours = areas
        start, goals = np.array([0.7, -1.2, -1.5]), np.array([[0.7, -1.2, -3.5], [0.7, -1.2, -1.0], [9.0, -1.2, 0.0]])
        lengths = theirs.distance(start, goals)
        assert lengths[0] > 2.2
        assert lengths[1] == pytest.approx(0.5, abs=0.02)
        assert np.isinf(lengths[2])
        np.testing.assert_allclose(lengths[:2], ours.distance(start, goals)[:2], rtol=0.1)
        way = theirs.path(start, goals[0])
        assert np.linalg.norm(np.diff(way, axis=0), axis=1).sum() == pytest.approx(lengths[0], rel=1e-3)
        assert theirs.path(start, goals[2]).shape == (0, 3)

    def test_it_can_be_pickled(self, areas):
        copy = pickle.loads(pickle.dumps(areas[0]))
        points = areas[0].sample(np.random.default_rng(1), 50)
        assert copy.area == areas[0].area
        assert np.array_equal(copy.contains(points), areas[0].contains(points))
        assert np.array_equal(copy.sample(np.random.default_rng(1), 50), points)

    def test_nowhere_to_stand_is_an_error(self, simulators):
        with pytest.raises(UserError, match="no floor"):
            simulators(FURNISHED.scene()).navigable(0, Agent(radius=30.0))


@pytest.mark.parametrize("id", ["activevision/Explore-v0", "activevision/ActiveScene-v0"])
def test_environments_in_a_worker_see_what_they_see_in_this_process(id):
    """And walk where they walk: on habitat-sim's own navigation mesh."""
    frames = {}
    more = {"height": 16, "width": 16} if id == "activevision/Explore-v0" else {"action": "continuous"}
    for name in ("habitat", "habitat-worker"):
        env = gym.make(
            id, simulator=name, sensors=("rgb", "depth"), disable_env_checker=True,
            catalogue_options={"per_class": 3, "classes": ("bathroom",)}, **more,
        ).unwrapped  # fmt: skip
        env.action_space.seed(0)
        seen = [env.reset(seed=3)]
        seen += [(result[0], result[-1]) for result in (env.step(env.action_space.sample()) for _ in range(4))]
        frames[name] = seen
        del env
    for one, other in zip(*frames.values(), strict=True):
        np.testing.assert_array_equal(one[1]["pose"], other[1]["pose"])
        for name, value in one[0].items():
            np.testing.assert_array_equal(value, other[0][name], err_msg=name)
