"""What ``check_simulator`` asks of images: that they show what is there, where the camera has it.

The scenes are ones of known geometry, whose images follow from formulas. Where a simulator's differ from them, the
error says which common mistake, if any, would explain all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from activevision.camera import CameraModel
from activevision.geometry import from_rotation_translation, invert
from activevision.scenes.srgb import linear_from_srgb
from activevision.simulators.analytic import FURNISHED, MARKERS, AnalyticScene, Ball, Box
from activevision.simulators.simulator import Simulator

ANALYTIC = (FURNISHED, MARKERS)
_GRAZING = 0.25  # cosine below which a facet of a ball may be far from the ball along the ray


class CheckFailed(AssertionError):
    """A promise that a simulator does not keep: what was expected, what came, where."""


@dataclass(frozen=True)
class Tolerances:
    """By how much images may be off; see ``check_simulator``, but for ``normal``, which is in radians here."""

    depth: float
    normal: float
    colour: float
    wrong_pixels: float


@dataclass(frozen=True)
class Check:
    """What is checked: a simulator's factory and scenes, the latter in the order of ANALYTIC, and how it is looked at.

    poses: (P, 4, 4) ``world_from_camera``.
    """

    make: Callable[[Sequence[Any]], Simulator]
    scenes: Sequence[Any]
    sensors: tuple[str, ...]
    cameras: tuple[CameraModel, ...]
    poses: NDArray[np.float64]
    tolerances: Tolerances

    @property
    def naming(self) -> str | None:
        """The sensor by which solids are told apart."""
        return next((sensor for sensor in ("instance", "category", "rgb") if sensor in self.sensors), None)


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


def _views(check: Check, simulator: Simulator, camera: CameraModel, number: int) -> Iterator[_View]:
    images = simulator.render(np.full(len(check.poses), number), check.poses, camera, check.sensors)
    for view, pose in enumerate(check.poses):
        yield _View(view, pose, camera, ANALYTIC[number], {sensor: image[view] for sensor, image in images.items()})


def check_directions(check: Check, simulator: Simulator, camera: CameraModel) -> None:
    """What is ahead, to the right and above is seen in the middle, to the right and above."""
    if check.naming is None:
        return
    view, ball = next(_views(check, simulator, camera, 1)), MARKERS.solids[0]
    found, where = _place(view, check.naming, ball), f"{camera} at the origin, its pose the identity"
    if found is None:
        raise CheckFailed(
            f"{where}: expected to see the ball at {numbers_of(ball.centre)} ahead, along −Z, and did not find it"
            + _explanation(check, simulator, camera, check.naming)
        )
    for side, size, point, word, other in (
        (found[0], camera.width, ball.centre[0], "right", "left"),
        (found[1], camera.height, -ball.centre[1], "above", "below"),
    ):
        if (side - size / 2) * point <= 0:
            raise CheckFailed(
                f"{where}: expected the ball at {numbers_of(ball.centre)} {word} of the middle (+X is right, +Y is up)"
                f", got it {other}" + _explanation(check, simulator, camera, check.naming)
            )


def check_markers(check: Check, simulator: Simulator, camera: CameraModel) -> None:
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
                    f"{view}: expected the ball at {numbers_of(ball.centre)} at (column, row) {numbers_of(expected)}, "
                    + ("did not find it" if found is None else f"got it at {numbers_of(found)}")
                    + _explanation(check, simulator, camera, check.naming)
                )
            compared += 1
    if not compared:
        raise CheckFailed(f"{camera} sees no marker whole: check with at least 30 × 30 pixels and 60 degrees")


def check_surfaces(check: Check, simulator: Simulator, camera: CameraModel) -> None:
    """Every sensor against the analytic scene, away from silhouettes."""
    for number in range(len(ANALYTIC)):
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
                    f"{what}: expected {numbers_of(expected)}, got {numbers_of(came)} at row {row}, column {column}; "
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
    sensor: str, got: NDArray, exact: dict[str, NDArray], analytic: AnalyticScene, tolerances: Tolerances
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


def _explanation(check: Check, simulator: Simulator, camera: CameraModel, sensor: str) -> str:
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


def numbers_of(values: Any) -> str:
    values = np.asarray(values)
    return f"{values:.4g}" if values.ndim == 0 else "(" + ", ".join(f"{value:.4g}" for value in values) + ")"
