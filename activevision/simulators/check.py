"""``check_simulator``: does a simulator keep the promises of the ``Simulator`` protocol? For implementers to run."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from activevision.camera import Camera, CameraModel, EquirectangularCamera
from activevision.errors import UserError
from activevision.geometry import from_rotation_translation, invert
from activevision.scenes.srgb import linear_from_srgb
from activevision.simulators.analytic import FURNISHED, MARKERS, AnalyticScene, Ball, Box
from activevision.simulators.simulator import SENSORS, Simulator

_ANALYTIC = (FURNISHED, MARKERS)
_GRAZING = 0.25  # cosine below which a facet of a ball may be far from the ball along the ray
_CAMERAS = (Camera(48, 36, 80.0), EquirectangularCamera(64, 32))


class CheckFailed(AssertionError):
    """A promise that a simulator does not keep: what was expected, what came, where."""


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
    check = _Check(
        make,
        [scene_of(scene) for scene in _ANALYTIC],
        tuple(sensors),
        tuple(cameras),
        _poses(turns_only),
        _Tolerances(depth_tolerance, np.radians(normal_tolerance_deg), colour_tolerance, wrong_pixels),
    )
    simulator = make(check.scenes)
    try:
        _check_settings(simulator)
        for camera in check.cameras:
            _check_images(check, simulator, camera)
            _check_repeats(check, simulator, camera)
            _check_directions(check, simulator, camera)
            _check_markers(check, simulator, camera)
            _check_surfaces(check, simulator, camera)
        _check_refusals(check, simulator, turns_only)
    finally:
        simulator.close()
    _check_closed(check, simulator)


@dataclass(frozen=True)
class _Tolerances:
    depth: float
    normal: float
    colour: float
    wrong_pixels: float


@dataclass(frozen=True)
class _Check:
    make: Callable[[Sequence[Any]], Simulator]
    scenes: Sequence[Any]
    sensors: tuple[str, ...]
    cameras: tuple[CameraModel, ...]
    poses: NDArray[np.float64]
    tolerances: _Tolerances

    @property
    def naming(self) -> str | None:
        """The sensor by which solids are told apart."""
        return next((sensor for sensor in ("instance", "category", "rgb") if sensor in self.sensors), None)


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


def _check_images(check: _Check, simulator: Simulator, camera: CameraModel) -> None:
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


def _check_repeats(check: _Check, simulator: Simulator, camera: CameraModel) -> None:
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


@dataclass(frozen=True)
class _View:
    """One view of an analytic scene as a simulator shows it: images (H, W, …) by sensor."""

    number: int
    pose: NDArray[np.float64]
    camera: CameraModel
    analytic: AnalyticScene
    images: dict[str, NDArray]

    def __str__(self) -> str:
        return f"view {self.number} of the scene {self.analytic.name!r} by {self.camera}"


def _views(check: _Check, simulator: Simulator, camera: CameraModel, number: int) -> Iterator[_View]:
    images = simulator.render(np.full(len(check.poses), number), check.poses, camera, check.sensors)
    for view, pose in enumerate(check.poses):
        yield _View(view, pose, camera, _ANALYTIC[number], {sensor: image[view] for sensor, image in images.items()})


def _check_directions(check: _Check, simulator: Simulator, camera: CameraModel) -> None:
    """What is ahead, to the right and above is seen in the middle, to the right and above."""
    if check.naming is None:
        return
    view, ball = next(_views(check, simulator, camera, 1)), MARKERS.solids[0]
    found, where = _place(view, check.naming, ball), f"{camera} at the origin, its pose the identity"
    if found is None:
        raise CheckFailed(
            f"{where}: expected to see the ball at {_numbers(ball.centre)} ahead, along −Z, and did not find it"
            + _explanation(check, simulator, camera, check.naming)
        )
    for side, size, point, word, other in (
        (found[0], camera.width, ball.centre[0], "right", "left"),
        (found[1], camera.height, -ball.centre[1], "above", "below"),
    ):
        if (side - size / 2) * point <= 0:
            raise CheckFailed(
                f"{where}: expected the ball at {_numbers(ball.centre)} {word} of the middle (+X is right, +Y is up), "
                f"got it {other}" + _explanation(check, simulator, camera, check.naming)
            )


def _check_markers(check: _Check, simulator: Simulator, camera: CameraModel) -> None:
    """Balls at known places are seen where ``camera.project`` says."""
    if check.naming is None:
        return
    compared = 0
    for view in _views(check, simulator, camera, 1):
        exact = MARKERS.images(view.pose, camera)["instance"]
        for ball in MARKERS.solids:
            rows, columns = np.nonzero(exact == ball.instance)
            # wholly in the image, off its borders, and big enough for its middle to be known
            if len(rows) < 6 or min(rows.min(), columns.min()) < 2:
                continue
            if rows.max() > camera.height - 3 or columns.max() > camera.width - 3:
                continue
            expected, _ = camera.project(invert(view.pose)[:3] @ [*ball.centre, 1.0])
            found = _place(view, check.naming, ball)
            if found is None or np.abs(found - expected).max() > 1.0:
                raise CheckFailed(
                    f"{view}: expected the ball at {_numbers(ball.centre)} at (column, row) {_numbers(expected)}, "
                    + ("did not find it" if found is None else f"got it at {_numbers(found)}")
                    + _explanation(check, simulator, camera, check.naming)
                )
            compared += 1
    if not compared:
        raise CheckFailed(f"{camera} sees no marker whole: check with at least 30 × 30 pixels and 60 degrees")


def _check_surfaces(check: _Check, simulator: Simulator, camera: CameraModel) -> None:
    """Every sensor against the analytic scene, away from silhouettes."""
    for number in range(len(_ANALYTIC)):
        for view in _views(check, simulator, camera, number):
            exact = view.analytic.images(view.pose, camera)
            inside = _inside(exact)
            for sensor in sorted(view.images, key=lambda name: name == "rgb"):  # its figures say least, so it is last
                got = view.images[sensor]
                wrong = inside & _wrong(sensor, got, exact, view.analytic, check.tolerances)
                if wrong.sum() <= check.tolerances.wrong_pixels * inside.sum():
                    continue
                row, column = np.argwhere(wrong)[0]
                if sensor == "rgb":
                    instance = exact["instance"][row, column]
                    expected = next(_material_shares(s) for s in view.analytic.solids if s.instance == instance)
                    came = _shares(got[inside & (exact["instance"] == instance)])
                else:
                    expected, came = exact[sensor][row, column], got[row, column]
                what = f"{sensor} of {view}" + (" as shares of red, green and blue light" if sensor == "rgb" else "")
                raise CheckFailed(
                    f"{what}: expected {_numbers(expected)}, got {_numbers(came)} at row {row}, column {column}; "
                    f"{wrong.sum()} of {inside.sum()} pixels away from silhouettes are wrong"
                    + _explanation(check, simulator, camera, sensor)
                )


def _inside(exact: dict[str, NDArray]) -> NDArray[np.bool_]:
    """(H, W) pixels whose neighbours all see the same solid, or all none, and not at grazing incidence."""
    ids = exact["instance"].astype(np.float32)  # a type that OpenCV can dilate
    window = np.ones((3, 3), np.uint8)
    same = cv2.dilate(ids, window) == cv2.erode(ids, window)
    return same & ((exact["instance"] == 0) | (exact["facing"] > _GRAZING))


def _wrong(
    sensor: str, got: NDArray, exact: dict[str, NDArray], analytic: AnalyticScene, tolerances: _Tolerances
) -> NDArray[np.bool_]:
    """(H, W) pixels of an image that differ from the exact one by more than is tolerated."""
    depth = exact["depth"]
    if sensor == "rgb":
        wrong = np.zeros(depth.shape, np.bool_)
        inside = _inside(exact)
        for solid in analytic.solids:
            mask = inside & (exact["instance"] == solid.instance)
            # of the mean over what is seen of it, so that noise and shading fall out
            if mask.sum() >= 6 and np.abs(_shares(got[mask]) - _material_shares(solid)).max() > tolerances.colour:
                wrong |= mask
        return wrong
    expected = exact[sensor]
    if sensor == "depth":
        return np.asarray(~(np.abs(got - expected) <= tolerances.depth * depth))
    if sensor == "position":
        return np.asarray(~(np.linalg.norm(got - expected, axis=-1) <= 2 * tolerances.depth * depth))
    if sensor == "normal":
        unit = np.abs(np.linalg.norm(got, axis=-1) - 1) < 1e-3
        close = (got * expected).sum(-1) >= np.cos(tolerances.normal)
        return np.where(depth > 0, ~(unit & close), (got != 0).any(-1))
    return np.asarray(got != expected)


def _shares(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(3,) shares of red, green and blue in the mean linear light of sRGB pixels (N, 3)."""
    light = linear_from_srgb(pixels / 255).mean(0)
    return np.asarray(light / max(light.sum(), 1e-9))


def _material_shares(solid: Box | Ball) -> NDArray[np.float64]:
    light = linear_from_srgb(np.array(solid.colour))
    return np.asarray(light / light.sum())


def _place(view: _View, sensor: str, ball: Ball | Box) -> NDArray[np.float64] | None:
    """(column, row) of the middle of what the sensor shows of a ball; None where it shows nothing of it."""
    image = view.images[sensor]
    if sensor == "rgb":
        light = linear_from_srgb(image / 255)
        shares = light / np.maximum(light.sum(-1, keepdims=True), 1e-9)
        mask = np.abs(shares - _material_shares(ball)).max(-1) < 0.2
    else:
        mask = image == getattr(ball, sensor)
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return None
    return np.array([np.median(columns), np.median(rows)]) + 0.5  # the median, because noise has outliers


def _explanation(check: _Check, simulator: Simulator, camera: CameraModel, sensor: str) -> str:
    """The common mistake that would make all images right, as the end of a message; empty if none would."""
    views = list(_views(check, simulator, camera, 0))

    def right(
        image: Callable[[NDArray], NDArray] = lambda image: image,
        pose: Callable[[NDArray], NDArray] = lambda pose: pose,
        depth: Any = 1.0,
    ) -> bool:
        wrong = total = 0
        for view in views:
            exact = view.analytic.images(pose(view.pose), camera)
            exact["depth"] = exact["depth"] * depth
            solid = _inside(exact) & (exact["instance"] > 0)
            wrong += (solid & _wrong(sensor, image(view.images[sensor]), exact, view.analytic, check.tolerances)).sum()
            total += solid.sum()
        return bool(wrong <= max(check.tolerances.wrong_pixels, 0.05) * total)

    for words, flip in (
        ("upside down", lambda image: image[::-1]),
        ("mirrored left to right", lambda image: image[:, ::-1]),
        ("turned by half a turn", lambda image: image[::-1, ::-1]),
    ):
        if right(image=flip):
            return f". The images are {words}."
    for words, change in (
        ("camera_from_world instead of world_from_camera", invert),
        ("poses whose rotation is transposed", _transposed),
        ("a camera with Y down that looks along +Z (OpenCV)", lambda pose: pose @ np.diag([1.0, -1.0, -1.0, 1.0])),
        ("a world with Z up", lambda pose: _quarter_turn(1) @ pose),
        ("a world with Z up", lambda pose: _quarter_turn(-1) @ pose),
    ):
        if right(pose=change):
            return f". The images are right for {words}."
    if sensor == "depth":
        rays = camera.rays()
        for words, factor in (
            ("the distance along the ray instead of planar z", np.linalg.norm(rays, axis=-1)),
            ("planar z instead of the distance along the ray", np.maximum(-rays[..., 2], 0)),
            ("in millimetres", 1000.0),
        ):
            if right(depth=factor):
                return f". It is {words}."
    return ""


def _transposed(pose: NDArray[np.float64]) -> NDArray[np.float64]:
    return from_rotation_translation(pose[:3, :3].T, pose[:3, 3])


def _quarter_turn(sign: int) -> NDArray[np.float64]:
    """(4, 4) a turn by 90 degrees about X."""
    return from_rotation_translation(Rotation.from_euler("X", 90 * sign, degrees=True).as_matrix(), np.zeros(3))


def _check_refusals(check: _Check, simulator: Simulator, turns_only: bool) -> None:
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


def _check_closed(check: _Check, simulator: Simulator) -> None:
    try:
        simulator.close()
    except Exception as error:
        raise CheckFailed(f"close a second time: expected nothing, got {type(error).__name__}: {error}") from error
    try:
        simulator.render([0], check.poses[:1], check.cameras[0], check.sensors)
    except Exception:
        return
    raise CheckFailed("render after close: expected an error, but it was rendered")


def _numbers(values: Any) -> str:
    values = np.asarray(values)
    return f"{values:.4g}" if values.ndim == 0 else "(" + ", ".join(f"{value:.4g}" for value in values) + ")"
