"""Claims of the change of axes: what is straight ahead, up and to the right stays so, and there is a way back."""

from __future__ import annotations

import numpy as np
import pytest
from recordings import walk

from activevision.camera import Camera
from activevision.errors import UserError
from activevision.geometry import egomotion, invert
from activevision.rollouts.axes import UP_AXES, from_convention, ours_from_world, swap_camera, to_opencv

AXES = {"x": [1, 0, 0], "y": [0, 1, 0], "z": [0, 0, 1], "-x": [-1, 0, 0], "-y": [0, -1, 0], "-z": [0, 0, -1]}


def moved(pose: np.ndarray, point: list[float]) -> np.ndarray:
    return pose[:3, :3] @ point + pose[:3, 3]


@pytest.mark.parametrize("up", UP_AXES)
def test_a_world_is_turned_until_its_up_is_y(up: str) -> None:
    turn = ours_from_world(up)
    np.testing.assert_array_equal(turn[:3, :3] @ AXES[up], [0, 1, 0])
    np.testing.assert_array_equal(turn @ turn.T, np.eye(4))
    assert np.linalg.det(turn) == 1, "a mirrored world would turn left turns into right ones"


@pytest.mark.parametrize("up", UP_AXES)
def test_what_an_opencv_camera_sees_ahead_and_above_ours_sees_ahead_and_above(up: str) -> None:
    theirs = walk(5)
    ours = from_convention(theirs, "opencv", up)
    turn = ours_from_world(up)
    for a, b in zip(theirs, ours, strict=True):
        for in_theirs, in_ours in (([0, 0, 3], [0, 0, -3]), ([0, -2, 0], [0, 2, 0]), ([1, 0, 0], [1, 0, 0])):
            np.testing.assert_allclose(moved(turn, moved(a, in_theirs)), moved(b, in_ours), atol=1e-12)
    np.testing.assert_allclose(to_opencv(ours, up), theirs, atol=1e-15)


def test_a_point_falls_on_the_same_pixel_either_way() -> None:
    theirs = walk(4)
    ours = from_convention(theirs, "opencv", "-y")
    camera = Camera(64, 48, 70.0)
    point = moved(theirs[2], [0.3, -0.2, 2.5])
    x, y, z = moved(invert(theirs[2]), point)
    expected = camera.intrinsics() @ [x / z, y / z, 1]
    pixel, depth = camera.project(moved(invert(ours[2]), moved(ours_from_world("-y"), point)))
    np.testing.assert_allclose(pixel, expected[:2], atol=1e-12)
    np.testing.assert_allclose(depth, z, atol=1e-12)


def test_egomotion_does_not_depend_on_how_the_world_lies() -> None:
    motions = [egomotion(p[:-1], p[1:]) for p in (from_convention(walk(5), "opencv", up) for up in ("y", "z", "-x"))]
    np.testing.assert_allclose(motions[0], motions[1], atol=1e-12)
    np.testing.assert_allclose(motions[0], motions[2], atol=1e-12)


def test_a_camera_that_drives_forward_and_turns_left_does_so_in_our_axes() -> None:
    left = np.eye(4)  # an OpenCV camera's y axis points down, so a positive turn about it goes to the right
    left[:3, :3] = [[np.cos(0.1), 0, -np.sin(0.1)], [0, 1, 0], [np.sin(0.1), 0, np.cos(0.1)]]
    left[2, 3] = 0.5
    motion = egomotion(swap_camera(np.eye(4)), swap_camera(left))
    np.testing.assert_allclose(motion[:3, 3], [0, 0, -0.5], atol=1e-15)
    new_ahead = motion[:3, :3] @ [0, 0, -1]
    assert new_ahead[0] < 0, "to the left is −X"
    np.testing.assert_allclose(new_ahead[1], 0, atol=1e-15)


def test_unknown_axes_are_refused() -> None:
    with pytest.raises(UserError, match="unknown up axis 'Y': choose from -x, -y"):
        from_convention(np.eye(4), "opencv", "Y")
    with pytest.raises(UserError, match="unknown camera convention 'openvc': did you mean 'opencv'"):
        from_convention(np.eye(4), "openvc", "y")
