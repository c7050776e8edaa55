import numpy as np
import pytest
from scipy.linalg import expm
from scipy.spatial.transform import Rotation

from activevision.geometry import (
    egomotion,
    exp_se3,
    from_rotation_translation,
    invert,
    log_se3,
    look_at,
    orbit_pose,
    rotation_angle,
)


def random_twists(count=50, scale=1.0):
    return np.random.default_rng(0).normal(size=(count, 6)) * scale


def hat(twist):
    v, (x, y, z) = twist[:3], twist[3:]
    matrix = np.zeros((4, 4))
    matrix[:3, :3] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    matrix[:3, 3] = v
    return matrix


@pytest.mark.parametrize("scale", [1e-9, 1e-5, 1e-3, 0.5, 1.0])
def test_exp_is_the_matrix_exponential(scale):
    twists = random_twists(scale=scale)
    expected = np.stack([expm(hat(twist)) for twist in twists])
    np.testing.assert_allclose(exp_se3(twists), expected, atol=1e-12)


@pytest.mark.parametrize("scale", [1e-9, 1e-5, 1e-3, 0.5, 0.8])
def test_log_undoes_exp(scale):
    twists = random_twists(scale=scale)
    twists = twists[np.linalg.norm(twists[:, 3:], axis=1) < np.pi]
    np.testing.assert_allclose(log_se3(exp_se3(twists)), twists, atol=1e-9 * max(scale, 1e-3))


def test_log_of_no_motion_is_exactly_zero():
    assert not log_se3(np.eye(4)).any()


def test_invert_is_the_inverse():
    transforms = exp_se3(random_twists())
    np.testing.assert_allclose(invert(transforms) @ transforms, np.broadcast_to(np.eye(4), (50, 4, 4)), atol=1e-12)


def test_egomotion_carries_the_next_pose_and_composes():
    a, b, c = exp_se3(random_twists(3))
    np.testing.assert_allclose(a @ egomotion(a, b), b, atol=1e-12)
    np.testing.assert_allclose(egomotion(a, b) @ egomotion(b, c), egomotion(a, c), atol=1e-12)


def test_egomotion_does_not_depend_on_the_world_frame():
    a, b, moved_world = exp_se3(random_twists(3))
    np.testing.assert_allclose(egomotion(moved_world @ a, moved_world @ b), egomotion(a, b), atol=1e-12)


def test_forward_motion_is_minus_z_in_the_camera_frame():
    start = look_at([0, 0, 5.0], [0, 0, 0])
    end = look_at([0, 0, 4.0], [0, 0, 0])
    np.testing.assert_allclose(log_se3(egomotion(start, end)), [0, 0, -1, 0, 0, 0], atol=1e-12)


def test_turning_left_is_a_positive_rotation_about_y():
    turned = from_rotation_translation(Rotation.from_euler("y", 30, degrees=True).as_matrix(), np.zeros(3))
    np.testing.assert_allclose(log_se3(egomotion(np.eye(4), turned))[3:], [0, np.radians(30), 0], atol=1e-12)
    assert (turned @ [0, 0, -1, 0])[0] < 0  # the view direction has swung to the left, −X


@pytest.mark.parametrize("elevation", [-np.pi / 2, -0.5, 0.0, 1.2, np.pi / 2])
def test_orbit_pose_looks_at_the_origin_from_its_distance(elevation):
    pose = orbit_pose(elevation, 0.7, 3.0)
    np.testing.assert_allclose(invert(pose) @ [0, 0, 0, 1], [0, 0, -3, 1], atol=1e-12)
    np.testing.assert_allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-12)
    assert np.linalg.det(pose[:3, :3]) > 0


def test_orbit_pose_starts_on_plus_z_and_azimuth_goes_to_plus_x():
    np.testing.assert_allclose(orbit_pose(0, 0, 2)[:3, 3], [0, 0, 2], atol=1e-12)
    np.testing.assert_allclose(orbit_pose(0, np.pi / 2, 2)[:3, 3], [2, 0, 0], atol=1e-12)
    np.testing.assert_allclose(orbit_pose(np.pi / 2, 0, 2)[:3, 3], [0, 2, 0], atol=1e-12)


def test_orbit_pose_agrees_with_look_at_away_from_the_poles():
    poses = orbit_pose([0.3, -1.0], [0.5, 4.0], 2.5)
    np.testing.assert_allclose(poses, look_at(poses[:, :3, 3], np.zeros((2, 3))), atol=1e-12)


def test_look_at_along_up_is_refused():
    with pytest.raises(ValueError, match="parallel"):
        look_at([0, 2, 0], [0, 0, 0])


def test_rotation_angle():
    angles = np.array([0.0, 0.4, 3.0])
    transforms = exp_se3(np.concatenate([np.ones((3, 3)), angles[:, None] * [[0, 0, 1.0]]], axis=1))
    np.testing.assert_allclose(rotation_angle(transforms), angles, atol=1e-12)
