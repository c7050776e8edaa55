"""The checker passes what is right and names what is wrong."""

import numpy as np
import pytest

from activevision.camera import Camera, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import invert
from activevision.simulators.analytic import FURNISHED
from activevision.simulators.check import CheckFailed, check_simulator
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.simulator import SENSORS, check_poses, check_scenes

PINHOLE, ROUND = Camera(40, 32, 80.0), EquirectangularCamera(64, 32)


def breaking(change):
    """A factory of Embree simulators whose images go through ``change(images, poses, camera)``."""

    class Broken(EmbreeSimulator):
        def render(self, scene_ids, poses, camera, sensors=("rgb",)):
            return change(super().render(scene_ids, poses, camera, sensors), np.asarray(poses), camera)

    return Broken


def posing(change):
    """A factory of Embree simulators that misunderstand poses."""

    class Broken(EmbreeSimulator):
        def render(self, scene_ids, poses, camera, sensors=("rgb",)):
            return super().render(scene_ids, change(np.asarray(poses)), camera, sensors)

    return Broken


def every(change):
    return lambda images, poses, camera: {sensor: change(image) for sensor, image in images.items()}


def only(sensor, change):
    def changed(images, poses, camera):
        return {**images, sensor: change(images[sensor], camera)} if sensor in images else images

    return breaking(changed)


def transposed(poses):
    poses = poses.copy()
    poses[:, :3, :3] = poses[:, :3, :3].swapaxes(1, 2)
    return poses


def length(camera):
    return np.linalg.norm(camera.rays(), axis=-1).astype(np.float32)


def shifted(image):
    return np.ascontiguousarray(np.roll(image, 1, axis=2))


def test_embree_keeps_every_promise():
    check_simulator(EmbreeSimulator)


def test_without_ids_colours_tell_the_markers_apart():
    class Plain(EmbreeSimulator):
        def render(self, scene_ids, poses, camera, sensors=("rgb",)):
            if set(sensors) - {"rgb", "depth"}:
                raise UserError("this simulator has rgb and depth")
            return super().render(scene_ids, poses, camera, sensors)

    check_simulator(Plain, sensors=("rgb", "depth"), cameras=[PINHOLE])
    with pytest.raises(CheckFailed, match=r"sensor 'depth', which this simulator does not have"):
        check_simulator(Plain, sensors=("rgb",), cameras=[PINHOLE])


@pytest.mark.parametrize(
    ("factory", "message"),
    [
        (breaking(every(lambda image: image[:, ::-1])), "upside down"),
        (breaking(every(lambda image: image[:, :, ::-1])), "mirrored left to right"),
        (posing(invert), "camera_from_world instead of world_from_camera"),
        (posing(transposed), "rotation is transposed"),
        (posing(lambda poses: poses @ np.diag([1.0, -1, -1, 1])), "OpenCV"),
        (posing(lambda poses: np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]]) @ poses), "Z up"),
        (posing(lambda poses: poses + np.outer([0.05, 0, 0, 0], [0, 0, 0, 1])), "depth of view"),
        (only("depth", lambda depth, camera: depth * length(camera)), "along the ray instead of planar"),
        (only("depth", lambda depth, camera: depth * np.float32(1000)), "millimetres"),
        (only("depth", lambda depth, camera: np.where(depth > 0, depth, np.float32(1e3))), "expected 0, got 1000"),
        (only("depth", lambda depth, camera: depth.astype(np.float64)), "float32, got .* float64"),
        (only("instance", lambda ids, camera: ids * (ids != 7)), "instance of view 0 .* expected 7, got 0"),
        (only("category", lambda ids, camera: np.where(ids == 9, 2, ids).astype(np.int32)), "expected 9, got 2"),
        (only("normal", lambda normal, camera: -normal), "normal of view 0"),
        (only("normal", lambda normal, camera: normal * np.float32(0.9)), "normal of view 0"),
        (only("rgb", lambda rgb, camera: np.ascontiguousarray(rgb[..., ::-1])), "rgb of view 0 .* as shares"),
        (breaking(every(shifted)), "depth of view 0"),
        (breaking(every(lambda image: np.roll(image, 1, axis=0))), r"at place \d of the batch"),
        (breaking(every(lambda image: image[:1])), r"rgb of 3 views .* expected an array \(3, 32, 40, 3\)"),
        (breaking(every(lambda image: image[..., None])), "expected an array"),
        (breaking(lambda images, poses, camera: {"rgb": images["rgb"]} if "rgb" in images else images), "asked for"),
    ],
)
def test_a_mistake_is_caught_and_named(factory, message):
    with pytest.raises(CheckFailed, match=message):
        check_simulator(factory, cameras=[PINHOLE])


def test_planar_depth_of_an_equirectangular_camera_is_caught():
    planar = only("depth", lambda depth, camera: np.maximum(depth * -camera.rays()[..., 2], 0).astype(np.float32))
    with pytest.raises(CheckFailed, match="planar z instead of the distance"):
        check_simulator(planar, cameras=[ROUND])


def test_randomness_is_caught():
    generator = np.random.default_rng(0)
    noisy = only("rgb", lambda rgb, camera: rgb ^ (generator.random(rgb.shape) < 0.001).astype(np.uint8))
    with pytest.raises(CheckFailed, match="rgb of the same call again"):
        check_simulator(noisy, cameras=[PINHOLE])


def test_a_simulator_that_depends_on_how_it_was_made_is_caught():
    made = []

    class Drifting(EmbreeSimulator):
        def __init__(self, scenes):
            super().__init__(scenes)
            made.append(self)
            self.number = len(made)

        def render(self, *arguments):
            images = super().render(*arguments)
            if "rgb" in images:
                images["rgb"][:, 0, 0] = self.number
            return images

    with pytest.raises(CheckFailed, match="fresh simulator"):
        check_simulator(Drifting, cameras=[PINHOLE])


def test_a_buffer_used_again_is_caught():
    class Reusing(EmbreeSimulator):
        buffers: dict = {}  # noqa: RUF012

        def render(self, *arguments):
            images = super().render(*arguments)
            for sensor, image in images.items():
                kept = self.buffers.setdefault((sensor, image.shape), image)
                kept[:] = image
                images[sensor] = kept
            return images

    with pytest.raises(CheckFailed, match="written over"):
        check_simulator(Reusing, cameras=[PINHOLE])


def test_what_should_be_refused_and_is_not_is_caught():
    class Lenient(EmbreeSimulator):
        def render(self, scene_ids, poses, camera, sensors=("rgb",)):
            sensors = [sensor for sensor in sensors if sensor in SENSORS]
            return super().render(scene_ids, poses, camera, sensors)

    with pytest.raises(CheckFailed, match=r"sensor 'dept'.* but it was rendered"):
        check_simulator(Lenient, cameras=[PINHOLE])

    class Bending(EmbreeSimulator):
        def render(self, scene_ids, poses, camera, sensors=("rgb",)):
            poses = np.array(poses)
            if poses.shape[1:] == (4, 4):
                left, _, right = np.linalg.svd(np.nan_to_num(poses[:, :3, :3]))
                poses[:, :3, :3] = left @ right
            return super().render(scene_ids, poses, camera, sensors)

    with pytest.raises(CheckFailed, match="pose of view 5 that is stretched by 1 %"):
        check_simulator(Bending, cameras=[PINHOLE])

    class Mute(EmbreeSimulator):
        def render(self, scene_ids, poses, camera, sensors=("rgb",)):
            try:
                check_poses(np.asarray(poses))
            except UserError:
                raise UserError("a pose is wrong") from None
            return super().render(scene_ids, poses, camera, sensors)

    with pytest.raises(CheckFailed, match=r"names view 5, got a pose is wrong"):
        check_simulator(Mute, cameras=[PINHOLE])


def test_rendering_after_close_and_failing_to_close_twice_are_caught():
    class Immortal(EmbreeSimulator):
        def close(self):  # the scenes stay
            pass

    with pytest.raises(CheckFailed, match="render after close"):
        check_simulator(Immortal, cameras=[PINHOLE])

    class Once(EmbreeSimulator):
        closed = False

        def close(self):
            if self.closed:
                raise RuntimeError("closed already")
            self.closed = True
            super().close()

    with pytest.raises(CheckFailed, match="close a second time"):
        check_simulator(Once, cameras=[PINHOLE])


def test_settings_that_cannot_be_a_key_are_caught():
    class Unkeyed(EmbreeSimulator):
        def __init__(self, scenes):
            super().__init__(scenes)
            self.settings["lights"] = np.zeros(3)

    with pytest.raises(CheckFailed, match="settings"):
        check_simulator(Unkeyed, cameras=[PINHOLE])


class Pictures:
    """A camera that turns in place in pictures of all round: the nearest pixel of each ray."""

    def __init__(self, pictures):
        self.settings = {"simulator": "pictures"}
        self.pictures = pictures

    def render(self, scene_ids, poses, camera, sensors=("rgb",)):
        if list(sensors) != ["rgb"]:
            raise UserError("a picture has rgb alone")
        poses = np.asarray(poses)
        check_poses(poses)
        if len(poses) != len(check_scenes(scene_ids, len(self.pictures))):
            raise ValueError("as many poses as scene ids")
        for view in np.flatnonzero(poses[:, :3, 3].any(1)):
            raise UserError(f"view {view} leaves the picture's place")
        rgb = np.empty((len(poses), camera.height, camera.width, 3), np.uint8)
        for image, scene, pose in zip(rgb, scene_ids, poses, strict=True):
            picture = self.pictures[scene]
            height, width = picture.shape[:2]
            place, _ = EquirectangularCamera(width, height).project(camera.rays() @ pose[:3, :3].T)
            column, row = place[..., 0].astype(int) % width, place[..., 1].astype(int).clip(0, height - 1)
            image[:] = picture[row, column]
        return {"rgb": rgb}

    def close(self):
        self.pictures = ()


def test_a_simulator_of_pictures_is_checked_by_its_colours():
    options = {"scene_of": lambda scene: scene.panorama(512), "sensors": ["rgb"], "turns_only": True}
    check_simulator(Pictures, **options)

    def mirrored(pictures):
        return Pictures([picture[:, ::-1] for picture in pictures])

    with pytest.raises(CheckFailed, match="right of the middle"):
        check_simulator(mirrored, **options)


def test_the_panorama_is_what_an_equirectangular_camera_sees():
    exact = FURNISHED.images(np.eye(4), EquirectangularCamera(128, 64))["instance"]
    picture = FURNISHED.panorama(128)
    for solid in FURNISHED.solids:
        seen = picture[exact == solid.instance]
        assert np.median(np.abs(seen - np.array(solid.colour) * 255)) < 1


def rotations(count):
    from scipy.spatial.transform import Rotation

    poses = np.tile(np.eye(4), (count, 1, 1))
    poses[:, :3, :3] = Rotation.random(count, rng=0).as_matrix()
    poses[:, :3, 3] = np.random.default_rng(0).normal(0, 100, (count, 3))
    return poses


def test_rigid_poses_pass_also_after_rounding_to_single_precision():
    poses = rotations(200)
    check_poses(poses)
    check_poses(poses.astype(np.float32))
    check_poses(poses[:0])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda pose: pose[:3, :3].__imul__(1.0005), "view 7: its pose is no rotation .off by 0.001"),
        (lambda pose: pose[:3, :3].__imul__(-1), "view 7: its pose mirrors"),
        (lambda pose: pose[:3, :3].__imul__(0), "view 7: its pose is no rotation"),
        (lambda pose: pose.__setitem__((0, 3), np.nan), "view 7: its pose has numbers that are not finite"),
        (lambda pose: pose.__setitem__((2, 2), np.inf), "view 7: its pose has numbers that are not finite"),
        (lambda pose: pose.__setitem__((3, 0), 0.1), "view 7: its pose has .* last row"),
        (lambda pose: pose[:3, 0].__iadd__(0.01), "view 7: its pose is no rotation"),
    ],
)
def test_the_first_pose_that_is_not_rigid_is_named(damage, message):
    poses = rotations(9)
    damage(poses[7])
    poses[8] = 0
    with pytest.raises(UserError, match=message):
        check_poses(poses)


def test_any_single_damaged_number_of_a_rotation_is_found():
    poses = rotations(1)
    for row in range(3):
        for column in range(3):
            damaged = poses.copy()
            damaged[0, row, column] += 0.01
            with pytest.raises(UserError, match="view 0"):
                check_poses(damaged)


def test_poses_without_a_batch_are_refused():
    with pytest.raises(UserError, match=r"\(N, 4, 4\)"):
        check_poses(np.eye(4))
