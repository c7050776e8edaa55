import numpy as np
import pytest

from activevision.camera import Camera
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
