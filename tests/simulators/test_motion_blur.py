"""A moving camera smears; a still one does not."""

import numpy as np
import pytest
import trimesh
from solids import solid_scene

from activevision.camera import Camera
from activevision.errors import UserError
from activevision.geometry import exp_se3, look_at
from activevision.scenes.srgb import linear_from_srgb
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.motion_blur import render_motion_blur

CAMERA = Camera(64, 48, 50.0)
START = look_at([0, 0, 3.0], [0, 0, 0])[None]


@pytest.fixture(scope="module")
def simulator():
    simulator = EmbreeSimulator([solid_scene(trimesh.creation.box((1, 1, 1)), colour=(0.2, 0.1, 0.1))], threads=1)
    yield simulator
    simulator.close()


def test_a_still_camera_takes_a_sharp_picture(simulator):
    sharp = simulator.render([0], START, CAMERA)["rgb"]
    np.testing.assert_array_equal(render_motion_blur(simulator, [0], START, START, CAMERA), sharp)


def test_a_moving_camera_takes_the_mean_of_the_light_on_its_way(simulator):
    """Against renders at the poses of a constant twist, worked out here one by one."""
    twist = np.array([0.3, 0.1, -0.2, 0.05, -0.1, 0.2])
    blurred = render_motion_blur(simulator, [0], START, START @ exp_se3(twist), CAMERA, shutter=0.8, samples=2)
    light = np.mean(
        [
            linear_from_srgb(simulator.render([0], START @ exp_se3(share * twist), CAMERA)["rgb"] / 255)
            for share in (0.4, 0.8)
        ],
        axis=0,
    )
    np.testing.assert_allclose(linear_from_srgb(blurred / 255), light, atol=0.005)


def test_the_smear_is_as_wide_as_the_motion_during_the_exposure(simulator):
    reach = 12 / CAMERA.focal * 2.5  # 12 pixels at the front face, 2.5 m away
    end = START @ exp_se3([reach, 0, 0, 0, 0, 0])
    sharp = simulator.render([0], end, CAMERA)["rgb"][0, 24, :, 0].astype(int)
    for shutter in (0.5, 1.0):
        row = render_motion_blur(simulator, [0], START, end, CAMERA, shutter=shutter, samples=48)[0, 24, :, 0].astype(
            int
        )
        width = ((row > sharp.min() + 8) & (row < sharp.max() - 8)).sum() / 2
        assert abs(width - 12 * shutter) <= 2


def test_wrong_exposures_are_named(simulator):
    with pytest.raises(UserError, match="shutter=0"):
        render_motion_blur(simulator, [0], START, START, CAMERA, shutter=0)
    with pytest.raises(UserError, match="view 0"):
        render_motion_blur(simulator, [0], START, START * 2, CAMERA)
