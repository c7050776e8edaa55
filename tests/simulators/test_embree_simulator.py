import dataclasses
import gc
import math
import subprocess
import sys
import weakref

import numpy as np
import pytest
import trimesh
from solids import solid_scene

from activevision.camera import Camera, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import invert, look_at, orbit_pose
from activevision.scenes import Instance, Lamp, Material, Mesh, Scene
from activevision.scenes.srgb import linear_from_srgb, srgb_from_linear
from activevision.simulators.embree_simulator import UNLIT, EmbreeSimulator, Lighting
from activevision.simulators.simulator import SENSORS

ALL = ("rgb", "depth", "instance", "category")
UNLIT_WHITE = Lighting(lights=(), fill=1.0, background=(0.0, 0.0, 0.0))


def quad(texture=None, colour=(1.0, 1.0, 1.0), half=1.0, instance=1, z=0.0):
    corners = np.array([[-half, -half, z], [half, -half, z], [half, half, z], [-half, half, z]], np.float32)
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), uv, None, Material(colour, texture), instance)


def scene_of(*meshes):
    ids = sorted({mesh.instance for mesh in meshes})
    return Scene("test", "test", meshes, tuple(Instance(i, f"thing {i}", 10 + i) for i in ids), "", "", "")


def facing(distance):
    return look_at([0, 0, distance], [0, 0, 0])[None]


def test_depth_of_a_ball_is_the_analytic_planar_depth():
    ball = solid_scene(trimesh.creation.icosphere(6))
    camera = Camera(48, 40, 50.0)
    depth = EmbreeSimulator([ball]).render([0], facing(3.0), camera, ("depth",))["depth"][0]
    rays = camera.unproject(np.ones((40, 48)))
    # |o + t r| = 1 with o = (0, 0, 3), and r of unit planar depth
    a, b, c = (rays**2).sum(-1), 2 * 3.0 * rays[..., 2], 9.0 - 1.0
    root = b**2 - 4 * a * c
    expected = np.where(root > 0, (-b - np.sqrt(np.maximum(root, 0))) / (2 * a), 0.0)
    inside = root > 0.3  # away from the silhouette, where the icosphere's facets matter
    np.testing.assert_allclose(depth[inside], expected[inside], rtol=2e-3)
    assert not depth[root < -0.3].any()


def test_depth_is_planar_not_radial():
    depth = EmbreeSimulator([scene_of(quad(half=50.0))]).render([0], facing(2.0), Camera(31, 21, 100.0), ("depth",))
    np.testing.assert_allclose(depth["depth"], 2.0, rtol=1e-5)


def test_a_known_point_is_seen_where_the_camera_projects_it():
    camera = Camera(101, 101, 60.0)
    centre = np.array([0.4, -0.3, 0.2])
    dot = trimesh.creation.icosphere(3, 0.03).apply_translation(centre)
    poses = orbit_pose([0.2, -0.6, 1.1], [0.3, 2.0, 5.0], 3.0)
    seen = EmbreeSimulator([solid_scene(dot)]).render([0] * 3, poses, camera, ("instance",))["instance"] == 3
    for pose, mask in zip(poses, seen, strict=True):
        point = invert(pose)[:3] @ [*centre, 1.0]
        pixel, _ = camera.project(point)
        rows, columns = np.nonzero(mask)
        np.testing.assert_allclose([columns.mean() + 0.5, rows.mean() + 0.5], pixel, atol=0.6)


def test_ids_tell_what_is_in_front():
    scene = scene_of(quad(half=0.3, instance=2, z=0.5), quad(half=5.0, instance=1))
    images = EmbreeSimulator([scene]).render([0], facing(3.0), Camera(40, 40, 60.0), ALL)
    assert images["instance"][0, 20, 20] == 2
    assert images["category"][0, 20, 20] == 12
    assert images["instance"][0, 2, 2] == 1
    np.testing.assert_allclose(images["depth"][0, [20, 2], [20, 2]], [2.5, 3.0], rtol=1e-5)


def test_background_has_no_ids_and_no_depth():
    images = EmbreeSimulator([solid_scene(trimesh.creation.icosphere(1))]).render([0], facing(3.0), Camera(), ALL)
    miss = images["instance"] == 0
    assert miss.any()
    assert not images["category"][miss].any()
    assert not images["depth"][miss].any()
    assert (images["category"][~miss] == 2).all()
    corner = images["rgb"][0, 0, 0]
    np.testing.assert_array_equal(corner, np.round(np.array(Lighting().background) * 255))


@pytest.mark.parametrize("samples", [1, 2])
def test_a_batch_is_a_loop_of_singles_in_any_order_on_any_number_of_threads(samples):
    scenes = [solid_scene(trimesh.creation.icosphere(2)), solid_scene(trimesh.creation.box((1, 0.5, 2)))]
    generator = np.random.default_rng(0)
    ids = generator.integers(2, size=37)
    poses = orbit_pose(generator.uniform(-1.5, 1.5, 37), generator.uniform(0, 6, 37), 3.0)
    camera = Camera(23, 17, 50.0)  # no multiple of the packet's 4 pixels
    batch = EmbreeSimulator(scenes, samples=samples, threads=2).render(ids, poses, camera, ALL)
    single = EmbreeSimulator(scenes, samples=samples, threads=1, memory=0)
    for i in range(37):
        alone = single.render(ids[i : i + 1], poses[i : i + 1], camera, ALL)
        for name in ALL:
            np.testing.assert_array_equal(alone[name][0], batch[name][i])


def test_a_scene_that_there_is_not_is_named_in_one_line():
    simulator = EmbreeSimulator([solid_scene(trimesh.creation.box())])
    poses = np.concatenate([facing(3.0)] * 2)
    for ids, said in (([0, 1], "scene id 1: "), ([-1, 0], "scene id -1: "), ([0.5, 0], r"scene id 0\.5 is no whole")):
        with pytest.raises(UserError, match=said) as caught:
            simulator.render(ids, poses, Camera(4, 4))
        assert "\n" not in str(caught.value)


def test_what_is_known_of_memory_is_about_what_is_held():
    scene = solid_scene(trimesh.creation.icosphere(5))  # 20,480 triangles
    simulator = EmbreeSimulator([scene])
    simulator.render([0], facing(3.0), Camera(4, 4))
    (compiled,) = simulator._compiled.clear()
    assert 150 < compiled.nbytes / scene.triangles < 200
    compiled.tree.close()


def test_a_simulator_that_nobody_uses_is_gone_at_once():
    scenes = [solid_scene(trimesh.creation.box())]
    simulator = EmbreeSimulator(scenes)
    simulator.render([0], facing(3.0), Camera(4, 4))
    held = weakref.ref(simulator)
    gc.disable()  # it would hide a ring of references, which holds gigabytes until somebody collects garbage
    try:
        del simulator
        assert held() is None
    finally:
        gc.enable()


def test_the_other_sensors_do_not_depend_on_the_samples_of_rgb():
    scene = solid_scene(trimesh.creation.icosphere(2))
    one, three = (
        EmbreeSimulator([scene], samples=samples).render([0], facing(3.0), Camera(), ALL) for samples in (1, 3)
    )
    for name in ("depth", "instance", "category"):
        np.testing.assert_array_equal(one[name], three[name])
    assert (one["rgb"] != three["rgb"]).any()


def test_an_unlit_texture_comes_back_as_it_was_and_upright():
    texture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    camera = Camera(16, 16, 2 * math.degrees(math.atan(1 / 100)))  # so far away that every pixel is one texel
    simulator = EmbreeSimulator([scene_of(quad(texture))], samples=1, lighting=UNLIT_WHITE)
    seen = simulator.render([0], facing(100.0), camera)["rgb"][0]
    assert np.abs(seen.astype(int) - texture).max() <= 2


def test_far_textures_are_averaged_in_linear_light():
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    simulator = EmbreeSimulator([scene_of(quad(board))], samples=1, lighting=UNLIT_WHITE)
    camera = Camera(8, 8, 2 * math.degrees(math.atan(1 / 100)))
    seen = simulator.render([0], facing(100.0), camera)["rgb"]
    expected = round(float(srgb_from_linear(np.array(0.5))) * 255)
    assert np.abs(seen.astype(int) - expected).max() <= 3


def test_both_sides_of_a_surface_are_lit():
    simulator = EmbreeSimulator([scene_of(quad(colour=(0.5, 0.5, 0.5)))], lighting=UNLIT_WHITE)
    front, back = simulator.render([0, 0], np.concatenate([facing(3.0), facing(-3.0)]), Camera(9, 9, 20.0))["rgb"]
    np.testing.assert_array_equal(front, back)
    assert abs(int(front[4, 4, 0]) - 128) <= 1


def test_srgb_transfer_is_undone():
    values = np.linspace(0, 1, 256)
    np.testing.assert_allclose(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6)


def test_uv_that_are_no_numbers_do_not_crash():
    mesh = quad(np.zeros((4, 4, 3), np.uint8))
    mesh.uv[0] = [np.nan, np.inf]
    assert EmbreeSimulator([scene_of(mesh)]).render([0], facing(3.0), Camera())["rgb"].shape == (1, 64, 64, 3)


def test_normals_that_are_no_numbers_do_not_crash():
    mesh = dataclasses.replace(quad(colour=(1.0, 1e3, 0.5)), normals=np.full((4, 3), np.nan, np.float32))
    for lighting in (UNLIT, UNLIT_WHITE):
        seen = EmbreeSimulator([scene_of(mesh)], lighting=lighting).render([0], facing(3.0), Camera())["rgb"]
        assert seen.shape == (1, 64, 64, 3)


def test_wrong_arguments_are_named():
    simulator = EmbreeSimulator([solid_scene(trimesh.creation.box())])
    with pytest.raises(UserError, match="did you mean 'depth'"):
        simulator.render([0], facing(3.0), Camera(), ("dept",))
    with pytest.raises(ValueError, match="poses"):
        simulator.render([0, 0], facing(3.0), Camera())
    with pytest.raises(UserError, match="samples"):
        EmbreeSimulator([], samples=0)


@pytest.mark.parametrize("camera", [Camera(40, 30, 70.0), EquirectangularCamera(40, 20)])
def test_depth_position_and_normal_describe_the_same_surface(camera):
    ball = solid_scene(trimesh.creation.icosphere(6))
    pose = orbit_pose(0.4, 1.1, 2.5) @ look_at([0, 0, 0], [0.1, 0.2, -1], up=(0.3, 1, 0))
    out = EmbreeSimulator([ball]).render([0], pose[None], camera, ("depth", "position", "normal"))
    depth, position, normal = (out[name][0].astype(float) for name in ("depth", "position", "normal"))
    hit = depth > 0
    assert 10 < hit.sum() < hit.size
    np.testing.assert_allclose((camera.unproject(depth) @ pose[:3, :3].T + pose[:3, 3])[hit], position[hit], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(position[hit], axis=-1), 1.0, atol=2e-3)
    np.testing.assert_allclose(np.linalg.norm(normal[hit], axis=-1), 1.0, atol=1e-5)
    assert ((normal * position).sum(-1)[hit] > 0.99).all(), "outwards on a ball seen from outside"
    assert not position[~hit].any() and not normal[~hit].any()  # noqa: PT018


def test_normals_are_turned_to_the_camera_whatever_the_winding():
    back = scene_of(quad())
    out = EmbreeSimulator([back]).render([0, 0], np.concatenate([facing(2.0), facing(-2.0)]), Camera(1, 1), ("normal",))
    np.testing.assert_allclose(out["normal"][:, 0, 0], [[0, 0, 1], [0, 0, -1]], atol=1e-6)


def test_an_all_round_image_shows_what_pinhole_images_show_in_the_same_directions():
    scene = scene_of(quad(colour=(0.9, 0.1, 0.1), z=-2.0), quad(colour=(0.1, 0.9, 0.1), z=2.0, instance=2))
    round_camera = EquirectangularCamera(128, 64)
    ahead = np.eye(4)[None]
    everything = EmbreeSimulator([scene]).render([0], ahead, round_camera, ("instance", "depth"))
    pinhole = Camera(41, 41, 50.0)
    part = EmbreeSimulator([scene]).render([0], ahead, pinhole, ("instance", "depth"))
    pixels, _ = round_camera.project(pinhole.rays())
    row, column = pixels[..., 1].astype(int), pixels[..., 0].astype(int)
    assert (everything["instance"][0][row, column] == part["instance"][0]).mean() > 0.97
    assert set(np.unique(everything["instance"][0][:, 48:80])) <= {0, 1}, "ahead"
    assert set(np.unique(everything["instance"][0][:, :16])) == {0, 2}, "behind"


def test_a_scene_is_made_ready_once_however_many_threads_ask():
    fetched = []

    class Noted(list):
        def __getitem__(self, index):
            fetched.append(index)
            return super().__getitem__(index)

    simulator = EmbreeSimulator(Noted([scene_of(quad())]), threads=4)
    simulator.render([0] * 100, np.repeat(facing(2.0), 100, axis=0), Camera(8, 8))
    assert fetched == [0]


_NARROW = """
import ctypes, sys
import numpy as np
import trimesh

lanes = int(sys.argv[1])

class Narrow(ctypes.CDLL):
    def __getattr__(self, name):
        if name == "rtcGetDeviceProperty":  # 34, 33, 32: whether packets of 16, 8, 4 rays are native
            return lambda device, number: int(number == {8: 33, 4: 32}[lanes])
        return super().__getattr__(name)

ctypes.CDLL = Narrow
from activevision.camera import Camera
from activevision.scenes import Instance, Lamp, Mesh, Scene
from activevision.simulators import embree
from activevision.simulators.embree_simulator import EmbreeSimulator
assert embree.LANES == lanes
scene, poses = np.load(sys.argv[2], allow_pickle=True).values()
images = EmbreeSimulator([scene.item()], samples=3).render([0, 0], poses, Camera(23, 17, 60.0), tuple(sys.argv[4:]))
np.savez(sys.argv[3], **images)
"""


@pytest.mark.parametrize("lanes", [8, 4])
def test_processors_with_narrower_packets_see_the_same(lanes, tmp_path):
    texture = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    ball = trimesh.creation.icosphere(3, 0.5)
    solid = Mesh(ball.vertices.astype(np.float32), ball.faces.astype(np.int32), instance=2)
    scene = dataclasses.replace(scene_of(quad(texture, half=2.0, z=-1.0), solid), lamps=(Lamp((1.0, 1.0, 2.0)),))
    poses = orbit_pose([0.1, 0.3], [0.2, -0.4], 3.0)
    np.savez(tmp_path / "in.npz", scene=np.array(scene, dtype=object), poses=poses)
    command = [sys.executable, "-c", _NARROW, str(lanes), str(tmp_path / "in.npz"), str(tmp_path / "out.npz")]
    subprocess.run([*command, *SENSORS], check=True)
    here = EmbreeSimulator([scene], samples=3).render([0, 0], poses, Camera(23, 17, 60.0), tuple(SENSORS))
    there = np.load(tmp_path / "out.npz")
    same = here["instance"] == there["instance"]
    assert same.mean() > 0.99
    assert np.abs(here["rgb"].astype(int) - there["rgb"])[same].max() <= 1
    for name in ("depth", "position", "normal", "category"):
        np.testing.assert_allclose(there[name][same], here[name][same], atol=1e-4)


def test_a_texture_without_normals_or_light_follows_the_slant_of_the_face():
    """Smoothed normals are for light alone: what a ray covers of a texture is a matter of the flat face."""
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    flat = quad(board)
    smooth = dataclasses.replace(flat, normals=np.array([[0, 0.995, 0.1]] * 4, np.float32))
    seen = [
        EmbreeSimulator([scene_of(mesh)], lighting=UNLIT).render([0], facing(3.0), Camera())["rgb"]
        for mesh in (flat, smooth)
    ]
    np.testing.assert_array_equal(*seen)
