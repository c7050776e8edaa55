"""``check_simulator``: does a simulator keep the promises of the ``Simulator`` protocol? For implementers to run."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from activevision.camera import Camera, CameraModel, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import from_rotation_translation
from activevision.simulators.analytic import AnalyticScene
from activevision.simulators.check_views import (
    ANALYTIC,
    Check,
    CheckFailed,
    Tolerances,
    check_directions,
    check_markers,
    check_surfaces,
)
from activevision.simulators.simulator import SENSORS, Simulator

__all__ = ["CheckFailed", "check_simulator"]

_CAMERAS = (Camera(48, 36, 80.0), EquirectangularCamera(64, 32))


def check_simulator(
    make: Callable[[Sequence[Any]], Simulator],
    *,
    scene_of: Callable[[AnalyticScene], Any] = AnalyticScene.scene,
    sensors: Sequence[str] = tuple(SENSORS),
    cameras: Sequence[CameraModel] = _CAMERAS,
    turns_only: bool = False,
    depth_tolerance: float = 2e-3,
    normal_tolerance_deg: float = 4.0,
    colour_tolerance: float = 0.1,
    wrong_pixels: float = 0.0,
) -> None:
    """Render small scenes of known geometry and raise CheckFailed for the first promise that is broken.

    Checked are shapes and types, that the same call gives the same bytes alone, in any batch, with other sensors and
    from a fresh simulator, the pose convention (Y up, −Z ahead, +X right), that known points are seen where the camera
    projects them, all sensors against the analytic scene, that wrong arguments are refused, and a clean close.

    make: a factory from scenes to a simulator, e.g. ``EmbreeSimulator``.
    scene_of: a scene in the form that ``make`` takes; for a simulator of pictures ``AnalyticScene.panorama``.
    sensors: those the simulator has; it must refuse the others of SENSORS with a UserError.
    cameras: those it can be, with at least 30 × 30 pixels; both kinds unless given.
    turns_only: whether its camera cannot leave the origin; a pose that does must be refused with a UserError.
    depth_tolerance: of depth and position, relative to depth. normal_tolerance_deg: degrees.
    colour_tolerance: by how much the mean of a surface's shares of red, green and blue light (each in [0, 1]) may
        differ from its material's: lamps have colours too.
    wrong_pixels: share of the pixels of an image that may be beyond the tolerances, for simulators that model noise.
        Pixels at silhouettes never count, because rounding decides there.
    """
    check = Check(
        make,
        [scene_of(scene) for scene in ANALYTIC],
        tuple(sensors),
        tuple(cameras),
        _poses(turns_only),
        Tolerances(depth_tolerance, np.radians(normal_tolerance_deg), colour_tolerance, wrong_pixels),
    )
    simulator = make(check.scenes)
    try:
        _check_settings(simulator)
        for camera in check.cameras:
            _check_images(check, simulator, camera)
            _check_repeats(check, simulator, camera)
            check_directions(check, simulator, camera)
            check_markers(check, simulator, camera)
            check_surfaces(check, simulator, camera)
        _check_refusals(check, simulator, turns_only)
    finally:
        simulator.close()
    _check_closed(check, simulator)


def _poses(turns_only: bool) -> NDArray[np.float64]:
    """(7, 4, 4): the identity, a turn about each axis, and turned, tilted and rolled cameras at other places."""
    angles = [(0, 0, 0), (50, 0, 0), (0, -35, 0), (0, 0, 25), (140, 20, -40), (-95, -30, 75), (170, 10, 160)]
    places = [(0, 0, 0)] * 4 + [(0.4, 0.3, -0.5), (-0.6, -0.2, 0.3), (0.2, 0.5, 0.7)]
    rotation = Rotation.from_euler("YXZ", angles, degrees=True).as_matrix()
    poses = from_rotation_translation(rotation, np.zeros((7, 3)) if turns_only else places)
    poses.flags.writeable = False  # a simulator may not write into what it is given
    return poses


def _expect(condition: Any, message: str) -> None:
    if not condition:
        raise CheckFailed(message)


def _check_settings(simulator: Simulator) -> None:
    settings = getattr(simulator, "settings", None)
    _expect(isinstance(settings, dict) and settings, f"settings: expected a dict that is not empty, got {settings!r}")
    try:
        json.dumps(settings)
    except (TypeError, ValueError) as error:
        raise CheckFailed(
            f"settings: expected values that JSON can hold, as they are part of a cache key; {error}"
        ) from error


def _check_images(check: Check, simulator: Simulator, camera: CameraModel) -> None:
    for count in (0, 1, 3):
        images = simulator.render(np.zeros(count, np.int64), check.poses[:count], camera, check.sensors)
        _expect(
            set(images) == set(check.sensors),
            f"render: asked for the sensors {sorted(check.sensors)}, got {sorted(images)}",
        )
        for sensor, image in images.items():
            tail, kind = SENSORS[sensor]
            shape = (count, camera.height, camera.width, *tail)
            _expect(
                isinstance(image, np.ndarray) and image.shape == shape and image.dtype == kind,
                f"{sensor} of {count} views by {camera}: expected an array {shape} of {np.dtype(kind)}, got "
                f"{getattr(image, 'shape', type(image).__name__)} of {getattr(image, 'dtype', 'no type')}",
            )


def _check_repeats(check: Check, simulator: Simulator, camera: CameraModel) -> None:
    """The same view has the same bytes whenever, wherever and with whatever it is rendered."""
    poses, ids = check.poses, np.array([0, 1, 0, 0, 1, 1, 0])
    batch = simulator.render(ids, poses, camera, check.sensors)
    kept = {sensor: image.copy() for sensor, image in batch.items()}

    def same(got: NDArray, expected: NDArray, sensor: str, what: str) -> None:
        if not np.array_equal(got, expected):
            count = (got != expected).reshape(len(got), -1).any(-1)
            raise CheckFailed(f"{sensor} {what}: {count.sum()} of {len(count)} views differ in {camera}")

    for sensor, image in simulator.render(ids, poses, camera, check.sensors).items():
        same(image, kept[sensor], sensor, "of the same call again: expected the same bytes")
    for sensor in check.sensors:
        alone = simulator.render(ids, poses, camera, (sensor,))[sensor]
        same(alone, kept[sensor], sensor, "asked for alone: expected the bytes that it has beside other sensors")
    for view in range(len(ids)):
        for sensor, image in simulator.render(
            ids[view : view + 1], poses[view : view + 1], camera, check.sensors
        ).items():
            if not np.array_equal(image[0], kept[sensor][view]):
                other = [i for i in range(len(ids)) if np.array_equal(image[0], kept[sensor][i])]
                raise CheckFailed(
                    f"{sensor} of view {view} in a batch of {len(ids)}: expected the bytes that it has alone in "
                    f"{camera}" + (f"; it has them at place {other[0]} of the batch" if other else "")
                )
    for sensor, image in simulator.render(ids[::-1], poses[::-1], camera, check.sensors).items():
        same(image[::-1], kept[sensor], sensor, "of a batch in reverse: expected the same views")
    for sensor, image in batch.items():
        same(image, kept[sensor], sensor, "kept by the caller: a later render has written over it")
    fresh = check.make(check.scenes)
    try:
        for sensor, image in fresh.render(ids, poses, camera, check.sensors).items():
            same(image, kept[sensor], sensor, "by a fresh simulator: expected the same bytes")
    finally:
        fresh.close()


def _check_refusals(check: Check, simulator: Simulator, turns_only: bool) -> None:
    """Wrong arguments are errors that say what was wrong."""
    camera, sensors = check.cameras[0], check.sensors
    ids, poses = np.zeros(len(check.poses), np.int64), check.poses
    for name in ("dept", *(sensor for sensor in SENSORS if sensor not in sensors)):
        with _refused(f"sensor {name!r}, which this simulator does not have", UserError):
            simulator.render(ids, poses, camera, (name,))
    wrong = 5
    for what, damage in (
        ("is stretched by 1 %", lambda pose: pose * [1.01, 1.01, 1.01, 1]),
        ("mirrors", lambda pose: pose @ np.diag([-1.0, 1, 1, 1])),
        ("is not finite", lambda pose: np.where(np.eye(4) > 0, np.nan, pose)),
        ("has a last row other than (0, 0, 0, 1)", lambda pose: pose + np.outer([0, 0, 0, 1], [0, 0, 0, 1])),
    ):
        damaged = poses.copy()
        damaged[wrong] = damage(poses[wrong])
        with _refused(f"pose of view {wrong} that {what}", UserError, names=wrong):
            simulator.render(ids, damaged, camera, sensors)
    if turns_only:
        damaged = poses.copy()
        damaged[wrong, 0, 3] += 0.1
        with _refused(f"pose of view {wrong} that leaves the origin", UserError, names=wrong):
            simulator.render(ids, damaged, camera, sensors)
    for what, some_ids, some_poses in (
        ("fewer poses than scene ids", ids, poses[1:]),
        ("poses of shape (N, 3, 4)", ids, poses[:, :3]),
        ("one pose without the batch axis", ids[:1], poses[0]),
        ("scene id beyond the last scene", ids + len(check.scenes), poses),
        ("negative scene id", ids - 1, poses),
    ):
        with _refused(what, (UserError, ValueError, IndexError)):
            simulator.render(some_ids, some_poses, camera, sensors)


@contextlib.contextmanager
def _refused(
    what: str, kinds: type[Exception] | tuple[type[Exception], ...], names: int | None = None
) -> Iterator[None]:
    """CheckFailed unless the block raises one of these errors, which names a view where it should."""
    wanted = " or ".join(kind.__name__ for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))
    try:
        yield
    except kinds as error:
        if names is not None and not re.search(rf"(?<![\w.]){names}(?!\.?\w)", str(error)):
            raise CheckFailed(f"{what}: expected a {wanted} that names view {names}, got {error}") from error
    except Exception as error:
        raise CheckFailed(f"{what}: expected a {wanted}, got {type(error).__name__}: {error}") from error
    else:
        raise CheckFailed(f"{what}: expected a {wanted}, but it was rendered")


def _check_closed(check: Check, simulator: Simulator) -> None:
    try:
        simulator.close()
    except Exception as error:
        raise CheckFailed(f"close a second time: expected nothing, got {type(error).__name__}: {error}") from error
    try:
        simulator.render([0], check.poses[:1], check.cameras[0], check.sensors)
    except Exception:
        return
    raise CheckFailed("render after close: expected an error, but it was rendered")
