import numpy as np
import pytest

from activevision.camera import Camera, EquirectangularCamera
from activevision.errors import UserError


def test_projection_undoes_unprojection():
    camera = Camera(30, 20, 70.0)
    depth = np.random.default_rng(0).uniform(0.5, 4.0, (20, 30))
    pixels, planar = camera.project(camera.unproject(depth))
    rows, columns = np.meshgrid(np.arange(20) + 0.5, np.arange(30) + 0.5, indexing="ij")
    np.testing.assert_allclose(pixels, np.stack([columns, rows], axis=-1), atol=1e-9)
    np.testing.assert_allclose(planar, depth, atol=1e-12)


def test_the_edge_of_the_field_of_view_is_the_edge_of_the_image():
    camera = Camera(64, 48, 90.0)
    pixels, _ = camera.project([[1.0, 0.0, -1.0], [-1.0, 0.0, -1.0], [0.0, 0.5, -1.0]])
    np.testing.assert_allclose(pixels, [[64, 24], [0, 24], [32, 24 - 16]], atol=1e-9)


def test_points_behind_have_no_pixel():
    pixels, depth = Camera().project([0.0, 0.0, 1.0])
    assert np.isnan(pixels).all()
    assert depth == -1.0


def test_intrinsics_project_as_opencv_does():
    camera = Camera(64, 48, 60.0)
    point = np.array([0.3, -0.2, -2.0])
    opencv = camera.intrinsics() @ (point * [1, -1, -1])
    np.testing.assert_allclose(opencv[:2] / opencv[2], camera.project(point)[0], atol=1e-9)


@pytest.mark.parametrize("bad", [{"width": 0}, {"hfov_deg": 180.0}, {"hfov_deg": 0.0}])
def test_impossible_cameras_are_refused(bad):
    with pytest.raises(UserError):
        Camera(**bad)


def test_an_equirectangular_image_looks_ahead_in_its_middle_right_to_its_right_and_up_at_its_top():
    rays = EquirectangularCamera(360, 180).rays()
    np.testing.assert_allclose(rays[90, 180], [0, 0, -1], atol=0.02)
    np.testing.assert_allclose(rays[90, 270], [1, 0, 0], atol=0.02)
    np.testing.assert_allclose(rays[0, 10], [0, 1, 0], atol=0.02)
    np.testing.assert_allclose(rays[90, 0], -rays[90, 180] * [1, -1, 1], atol=0.04)


@pytest.mark.parametrize("camera", [Camera(30, 20, 70.0), EquirectangularCamera(30, 20)])
def test_depth_times_ray_is_the_point_that_projects_there(camera):
    depth = np.random.default_rng(1).uniform(0.5, 4.0, (20, 30))
    pixels, again = camera.project(camera.unproject(depth))
    rows, columns = np.meshgrid(np.arange(20) + 0.5, np.arange(30) + 0.5, indexing="ij")
    np.testing.assert_allclose(pixels, np.stack([columns, rows], axis=-1), atol=1e-9)
    np.testing.assert_allclose(again, depth, atol=1e-12)


def test_samples_divide_pixels():
    one, three = Camera(8, 6, 60.0).rays(), Camera(8, 6, 60.0).rays(3)
    np.testing.assert_allclose(three[1::3, 1::3], one, atol=1e-12)
    np.testing.assert_allclose(three.reshape(6, 3, 8, 3, 3).mean((1, 3)), one, atol=1e-12)
