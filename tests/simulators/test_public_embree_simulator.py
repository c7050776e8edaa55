"""The fallback shows what the compiled packets show."""

import subprocess
import sys

import numpy as np
import pytest
import trimesh
from solids import solid_scene

from activevision.camera import Camera, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import exp_se3, look_at, orbit_pose
from activevision.scenes import Instance, Lamp, Material, Mesh, Scene
from activevision.simulators.check import check_simulator
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.lighting import UNLIT, Lighting
from activevision.simulators.public_embree_simulator import PublicEmbreeSimulator, embree_simulator
from activevision.simulators.simulator import SENSORS

CAMERAS = [Camera(61, 45, 70.0), EquirectangularCamera(64, 32)]


def furnished(lamps=()):
    """A room with a textured floor, a glowing plate, a smooth ball and a box, seen from inside.

    Nothing touches: whether a ray meets a surface in whose plane it starts is up to rounding.
    """
    texture = np.random.default_rng(0).integers(0, 256, (48, 32, 3), np.uint8)
    walls = trimesh.creation.box((5, 3, 6)).subdivide().subdivide().subdivide()
    floor = np.array([[-2.4, -1.45, 2.9], [2.4, -1.45, 2.9], [2.4, -1.45, -2.9], [-2.4, -1.45, -2.9]], np.float32)
    uv = np.array([[0, 0], [7, 0], [7, 9], [0, 9]], np.float32)
    ball = trimesh.creation.icosphere(3, 0.6).apply_translation((0.8, -0.81, -1.5))
    box = trimesh.creation.box((0.8, 1.2, 0.7)).apply_translation((-1, -0.83, -1.8))
    plate = trimesh.creation.box((0.6, 0.02, 0.6)).apply_translation((0, 1.3, -1))

    def mesh(solid, colour, instance, **changes):
        vertices, faces = solid.vertices.astype(np.float32), solid.faces.astype(np.int32)
        return Mesh(
            vertices,
            faces,
            material=Material(colour, glow=changes.pop("glow", (0, 0, 0))),
            instance=instance,
            **changes,
        )

    meshes = (
        mesh(walls, (0.8, 0.75, 0.7), 1),
        Mesh(floor, np.array([[0, 1, 2], [0, 2, 3]], np.int32), uv, None, Material((0.9, 0.9, 0.9), texture), 2),
        mesh(ball, (0.2, 0.3, 0.8), 3, normals=ball.vertex_normals.astype(np.float32)),
        mesh(box, (0.7, 0.3, 0.2), 4),
        mesh(plate, (0.5, 0.5, 0.5), 5, glow=(0.4, 0.35, 0.3)),
    )
    instances = tuple(Instance(number, f"thing {number}", 10 + number) for number in range(1, 6))
    return Scene("room", "room", meshes, instances, "", "", "", lamps=lamps)


def compare(scene, poses, camera, **options):
    """The images of both, after holding all sensors but rgb against each other."""
    ids = [0] * len(poses)
    packets = EmbreeSimulator([scene], threads=1, **options).render(ids, poses, camera, tuple(SENSORS))
    public = PublicEmbreeSimulator([scene], **options).render(ids, poses, camera, tuple(SENSORS))
    same = packets["instance"] == public["instance"]
    assert same.mean() >= 0.9999
    assert (packets["category"] == public["category"])[same].all()
    np.testing.assert_allclose(public["depth"][same], packets["depth"][same], rtol=1e-4)
    np.testing.assert_allclose(public["position"][same], packets["position"][same], atol=1e-3)
    # at an edge either of two faces may be hit
    assert (np.abs(public["normal"] - packets["normal"]).max(-1)[same] < 1e-3).mean() > 0.999
    return packets["rgb"].astype(int), public["rgb"].astype(int)


POSES = exp_se3(np.random.default_rng(1).normal(0, [0.4, 0.3, 0.4, 0.3, 1.0, 0.3], (5, 6)))


@pytest.mark.parametrize("camera", CAMERAS, ids=["pinhole", "equirectangular"])
@pytest.mark.parametrize(
    "options",
    [{}, {"samples": 1}, {"lighting": UNLIT, "samples": 3}, {"lighting": Lighting(ambient=0.3, fill=0.5, lights=())}],
    ids=["default", "one sample", "unlit", "ambient"],
)
def test_both_show_the_same(camera, options):
    packets, public = compare(furnished(), POSES, camera, **options)
    off = np.abs(packets - public)
    assert off.mean() < 0.5  # the packets round light to 4096 steps
    assert (off > 2).mean() < 0.002  # edges of faces and steps between levels of a texture
    assert packets.std() > 20


def test_both_bake_the_same_light_of_lamps():
    lamps = (Lamp((0.0, 0.9, -1.0)), Lamp((1.5, 0.5, 1.0), (2.0, 1.0, 0.5), 0.3))
    packets, public = compare(furnished(lamps), POSES, CAMERAS[0])
    off = np.abs(packets - public)
    assert off.mean() < 1.5
    assert (off > 8).mean() < 0.02  # in the soft rim of a shadow, where the two aim at other spots of the lamp
    unlit, _ = compare(furnished(), POSES, CAMERAS[0])
    assert np.abs(packets - unlit).mean() > 10


def test_both_show_objects_the_same():
    poses = orbit_pose([0.3, -0.4, 1.2], [0.5, 2.0, 4.0], 3.0)
    scene = solid_scene(trimesh.creation.torus(0.7, 0.25))
    packets, public = compare(scene, poses, Camera())
    assert np.abs(packets - public).mean() < 0.1


def test_the_fallback_keeps_the_promises_of_a_simulator():
    check_simulator(PublicEmbreeSimulator)


def test_settings_tell_the_two_apart_and_scenes_are_let_go():
    scenes = [solid_scene(trimesh.creation.box((size, 1, 1))) for size in (0.5, 1.0, 1.5)]
    assert PublicEmbreeSimulator(scenes).settings != EmbreeSimulator(scenes).settings
    pose = look_at([0, 0, 3.0], [0, 0, 0])[None].repeat(6, axis=0)
    few, many = (PublicEmbreeSimulator(scenes, memory=memory) for memory in (0, 1 << 30))
    for sensor in ("rgb", "depth"):
        one, other = (simulator.render([0, 1, 2, 0, 1, 2], pose, Camera(), (sensor,)) for simulator in (few, many))
        np.testing.assert_array_equal(one[sensor], other[sensor])
    with pytest.raises(UserError, match="samples"):
        PublicEmbreeSimulator([], samples=0)


def test_the_packets_are_what_one_gets_where_they_work(capsys):
    simulator = embree_simulator([], samples=1)
    assert isinstance(simulator, EmbreeSimulator)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    "breaking",
    [
        "import pathlib; pathlib.Path.glob = lambda self, pattern: iter(())",
        "import ctypes\ndef refuse(*_): raise OSError('wrong ELF class')\nctypes.CDLL = refuse",
    ],
    ids=["no library", "library of another kind"],
)
def test_where_the_library_cannot_be_bound_the_fallback_renders_with_a_notice_in_one_line(breaking):
    code = f"""
import embreex.rtcore_scene, numba, cv2, trimesh, scipy.spatial
{breaking}
import numpy as np
from activevision.camera import Camera
from activevision.simulators.analytic import FURNISHED
from activevision.simulators.public_embree_simulator import embree_simulator
embree_simulator([])
simulator = embree_simulator([FURNISHED.scene()], samples=1)
print(type(simulator).__name__, simulator.render([0], np.eye(4)[None], Camera())["rgb"].std() > 10)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["PublicEmbreeSimulator", "True"], done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "cannot be bound" in done.stderr
