"""A panorama is seen as the sphere it is: its seam, its poles and its pixels' areas leave no trace in a view."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from activevision.camera import Camera, CameraModel, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import from_rotation_translation
from activevision.scenes.panoramas import Panorama
from activevision.scenes.srgb import LINEAR, bytes_from_linear
from activevision.simulators.check import check_simulator
from activevision.simulators.panorama import PanoramaSimulator

BEHIND = Rotation.from_rotvec([0.0, np.pi, 0.0])
UP, DOWN = Rotation.from_rotvec([np.pi / 2, 0.0, 0.0]), Rotation.from_rotvec([-np.pi / 2, 0.0, 0.0])


def panorama(image: NDArray[np.uint8]) -> Panorama:
    return Panorama("p", "place", image, "made by the tests", "MIT", "the tests")


def painted(colour: Callable[[NDArray], NDArray], height: int = 512) -> Panorama:
    """The sphere of a colour (..., 3), linear light, that is a function of the direction (..., 3)."""
    return panorama(bytes_from_linear(colour(EquirectangularCamera(2 * height, height).rays())))


def smooth(direction: NDArray) -> NDArray:
    x, y, z = np.moveaxis(direction / np.linalg.norm(direction, axis=-1, keepdims=True), -1, 0)
    return np.stack([0.5 + 0.4 * np.sin(3 * x - y), 0.5 + 0.4 * np.cos(4 * y + z), 0.5 + 0.3 * x * z + 0.2 * y], -1)


def render(place: Panorama, rotations: Rotation, camera: CameraModel, **options: int) -> NDArray[np.uint8]:
    poses = from_rotation_translation(np.atleast_3d(rotations.as_matrix()).reshape(-1, 3, 3), np.zeros(3))
    simulator = PanoramaSimulator([place], **options)
    try:
        return simulator.render(np.zeros(len(poses), int), poses, camera)["rgb"]
    finally:
        simulator.close()


def directions(rotations: Rotation, camera: CameraModel, samples: int = 1) -> NDArray[np.float64]:
    """World directions (N, H · samples, W · samples, 3) of a camera's rays."""
    matrices = np.atleast_3d(rotations.as_matrix()).reshape(-1, 3, 3)
    return np.einsum("nij,hwj->nhwi", matrices, camera.rays(samples))


def area_mean(place: Panorama, rotations: Rotation, camera: CameraModel, samples: int = 8) -> NDArray[np.float64]:
    """What the pixels should show, in sRGB: the mean light of the nearest panorama pixels of many rays each."""
    height, width = place.image.shape[:2]
    pixels, _ = EquirectangularCamera(width, height).project(directions(rotations, camera, samples))
    column, row = (np.floor(pixels).astype(int) % [width, height]).transpose(3, 0, 1, 2)
    light = LINEAR[place.image][row, column]
    count = len(light)
    light = light.reshape(count, camera.height, samples, camera.width, samples, 3).mean((2, 4))
    return bytes_from_linear(light).astype(float)


@pytest.mark.parametrize(
    "camera",
    [Camera(64, 64, 45.0), Camera(40, 24, 100.0), Camera(33, 65, 20.0), EquirectangularCamera(64, 32)],
    ids=["square", "wide", "narrow", "equirectangular"],
)
def test_every_camera_sees_the_colour_that_lies_in_its_rays_direction(camera: CameraModel) -> None:
    rotations = Rotation.concatenate([Rotation.identity(), BEHIND, UP, DOWN, Rotation.random(12, rng=3)])
    seen = render(painted(smooth), rotations, camera)
    expected = bytes_from_linear(smooth(directions(rotations, camera)))
    difference = np.abs(seen.astype(int) - expected)
    assert difference.max() <= 3
    assert difference.mean() < 0.5


def test_roll_turns_the_picture_about_its_middle() -> None:
    camera = Camera(48, 48, 60.0)
    roll = Rotation.from_rotvec([0.0, 0.0, np.pi / 2])  # the camera turns left, what it sees turns right
    upright = render(painted(smooth), Rotation.from_rotvec([0.3, 0.8, 0.0]), camera)[0]
    rolled = render(painted(smooth), Rotation.from_rotvec([0.3, 0.8, 0.0]) * roll, camera)[0]
    assert np.abs(rolled.astype(int) - np.rot90(upright, -1)).max() <= 1


def test_an_unturned_equirectangular_camera_gives_the_picture_back() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 128, 3)).astype(np.uint8)
    seen = render(panorama(noise), Rotation.identity(), EquirectangularCamera(128, 64))[0]
    np.testing.assert_array_equal(seen[18:-18], noise[18:-18])  # 40° up and down
    place = painted(smooth, 64)
    seen = render(place, Rotation.identity(), EquirectangularCamera(128, 64))[0]
    assert np.abs(seen.astype(int) - place.image).max() <= 1


def test_the_seam_shows_only_the_edge_that_is_painted_there() -> None:
    image = np.zeros((256, 512, 3), np.uint8)
    image[:, 256:] = 255  # edges in front and, at the seam, behind
    camera = Camera(64, 64, 30.0)
    front, behind = render(panorama(image), Rotation.concatenate([Rotation.identity(), BEHIND]), camera)
    assert (front[:, :30] == 0).all()
    assert (front[:, 34:] == 255).all()
    assert np.abs(behind[:, ::-1].astype(int) - front).max() <= 1
    image[:] = 90
    assert (render(panorama(image), BEHIND, camera) == 90).all()


@pytest.mark.parametrize(("hfov_deg", "limit"), [(45.0, 8.5), (90.0, 12.0)])
def test_pixels_show_the_mean_of_what_they_cover_at_the_horizon_and_at_the_poles(hfov_deg, limit) -> None:
    def checks(direction: NDArray) -> NDArray:
        return np.repeat((np.sin(direction * 40).prod(-1) > 0)[..., None], 3, -1) * 0.8 + 0.1

    place, camera = painted(checks, 1024), Camera(48, 48, hfov_deg)
    rotations = Rotation.concatenate([Rotation.identity(), BEHIND, UP, DOWN, Rotation.from_rotvec([1.2, 0.0, 0.0])])
    seen = render(place, rotations, camera).astype(float)
    expected = area_mean(place, rotations, camera)
    assert np.sqrt(((seen - expected) ** 2).mean((1, 2, 3))).max() < limit


def test_meridians_run_together_into_an_even_grey_at_the_pole() -> None:
    image = np.zeros((512, 1024, 3), np.uint8)
    image[:, ::2] = 255
    seen = render(panorama(image), Rotation.concatenate([UP, DOWN]), Camera(32, 32, 45.0))
    grey = int(bytes_from_linear(np.array(0.5)))
    assert np.abs(seen.astype(int) - grey).max() <= 2


def test_a_view_has_the_same_bytes_in_every_batch_and_with_any_number_of_threads() -> None:
    places = [painted(smooth, 64), painted(lambda d: smooth(-d), 64), painted(lambda d: smooth(d[..., ::-1]), 64)]
    poses = from_rotation_translation(Rotation.random(40, rng=0).as_matrix(), np.zeros(3))
    ids = np.random.default_rng(0).integers(0, 3, 40)
    camera = Camera(16, 16, 70.0)
    many, one = PanoramaSimulator(places, threads=4, memory=0), PanoramaSimulator(places, threads=1)
    batch = many.render(ids, poses, camera)["rgb"]
    singles = [one.render([scene], pose[None], camera)["rgb"][0] for scene, pose in zip(ids, poses, strict=True)]
    np.testing.assert_array_equal(batch, singles)
    for simulator in (many, one):
        simulator.close()


def test_a_panorama_is_filtered_once_however_many_threads_ask_for_it() -> None:
    fetched = []

    class Counted(list[Panorama]):
        def __getitem__(self, index):
            fetched.append(index)
            return super().__getitem__(index)

    simulator = PanoramaSimulator(Counted([painted(smooth, 128)]), threads=4)
    poses = from_rotation_translation(Rotation.random(200, rng=0).as_matrix(), np.zeros(3))
    simulator.render(np.zeros(200, int), poses, Camera(8, 8))
    simulator.render(np.zeros(200, int), poses, Camera(8, 8))
    simulator.close()
    assert fetched == [0]


def test_a_panorama_that_cannot_be_loaded_is_an_error_each_time_it_is_asked_for() -> None:
    class Broken(list[Panorama]):
        def __getitem__(self, index):
            raise UserError("gone")

    simulator = PanoramaSimulator(Broken([panorama(np.zeros((8, 16, 3), np.uint8))]), threads=2)
    for _ in range(2):
        with pytest.raises(UserError, match="gone"):
            simulator.render(np.zeros(40, int), np.tile(np.eye(4), (40, 1, 1)), Camera(8, 8))
    simulator.close()


def test_it_keeps_the_promises_of_every_simulator() -> None:
    check_simulator(
        PanoramaSimulator,
        scene_of=lambda scene: panorama(scene.panorama(512)),
        sensors=("rgb",),
        turns_only=True,
        wrong_pixels=0.01,  # beside its own poles an equirectangular camera has slivers, and filtering is round
    )


def test_what_a_picture_cannot_show_is_refused_in_one_line() -> None:
    simulator = PanoramaSimulator([painted(smooth, 16)])
    pose = np.eye(4)[None]
    with pytest.raises(UserError, match=r"^sensor 'depth' of a panorama: a picture has rgb alone"):
        simulator.render([0], pose, Camera(), ("rgb", "depth"))
    with pytest.raises(UserError, match="unknown sensor 'rbg': did you mean 'rgb'"):
        simulator.render([0], pose, Camera(), ("rbg",))
    moved = pose.copy()
    moved[0, 0, 3] = 0.5
    with pytest.raises(UserError, match=r"^view 1: its pose is 0.5, 0, 0 m from where the panorama was taken"):
        simulator.render([0, 0], np.concatenate([pose, moved]), Camera())
    for wrong in (np.diag([1.0, 1.0, -1.0, 1.0]), np.diag([1.1, 1.1, 1.1, 1.0]), np.full((4, 4), np.nan)):
        with pytest.raises(
            UserError, match=r"^view 0: its pose (mirrors|is no rotation|has numbers that are not finite)"
        ):
            simulator.render([0], wrong[None], Camera())
    with pytest.raises(UserError, match="2 scene ids and 1 poses"):
        simulator.render([0, 0], pose, Camera())
    simulator.close()
    with pytest.raises(RuntimeError):
        simulator.render([0], pose, Camera())
