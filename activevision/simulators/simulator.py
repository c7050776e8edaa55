"""``Simulator``: what renders views of scenes, batch first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import CameraModel
from activevision.errors import UserError, unknown

SENSORS: dict[str, tuple[tuple[int, ...], type]] = {
    "rgb": ((3,), np.uint8),
    "depth": ((), np.float32),
    "instance": ((), np.int32),
    "category": ((), np.int32),
    "normal": ((3,), np.float32),
    "position": ((3,), np.float32),
}
"""Trailing shape and type of each sensor's images (N, H, W, …).

rgb: sRGB. depth: metres as the camera measures them (planar z of a pinhole camera), 0 where nothing is hit.
instance, category: ids, 0 is background. normal: unit vector of the surface in the world's frame, towards the camera.
position: of the surface in the world's frame, metres. Both are 0 where nothing is hit.
"""


class Simulator(Protocol):
    """Renders views of the scenes it was made with.

    ``settings`` names everything about the simulator, besides scene, pose and camera, that decides a pixel; it is part
    of the key under which rendered views are cached. One that may be used by a single thread alone has an attribute
    ``one_thread = True``.
    """

    settings: dict[str, Any]

    def render(
        self, scene_ids: ArrayLike, poses: ArrayLike, camera: CameraModel, sensors: Sequence[str] = ("rgb",)
    ) -> dict[str, NDArray]:
        """Images (N, H, W, …) of each sensor for N views.

        scene_ids: (N,) indices into the scenes, from 0. poses: (N, 4, 4) ``world_from_camera``, camera along −Z, Y up.
        UserError for a scene, a sensor or a pose that there is not.
        The same arguments give the same bytes, whatever the batch they come in.
        """
        ...

    def close(self) -> None:
        """Release the scenes. Rendering afterwards is an error."""
        ...


def check_sensors(sensors: Sequence[str]) -> None:
    """UserError for the first that is no sensor."""
    if isinstance(sensors, str):
        raise UserError(f"sensors={sensors!r} is one word: give them as ({sensors!r},).")
    for name in sensors:
        if name not in SENSORS:
            raise unknown("sensor", name, SENSORS)


def check_scenes(scene_ids: ArrayLike, scenes: int) -> NDArray[np.int64]:
    """Scene ids as an array (N,); UserError for the first that is no index of one of ``scenes`` scenes."""
    ids = np.asarray(scene_ids).reshape(-1)
    if len(ids) and ids.dtype.kind not in "iu":
        raise UserError(f"scene id {ids[0]!s} is no whole number: give indices into the simulator's {scenes} scenes.")
    wrong = ids[(ids < 0) | (ids >= scenes)]
    if len(wrong):
        there = f"0 to {scenes - 1}" if scenes else "none"
        raise UserError(f"scene id {wrong[0]}: there is no such scene in this simulator, which has {there}.")
    return ids.astype(np.int64)


def check_poses(poses: NDArray, tolerance: float = 1e-4) -> None:
    """UserError that names the first of the poses (N, 4, 4) that is no rigid, right-handed, finite transform.

    Cheap enough (about a microsecond for 64 poses) for every render to begin with it.
    """
    from activevision.simulators.rigid import first_not_rigid  # numba is loaded when something is rendered, not before

    if poses.ndim != 3 or poses.shape[1:] != (4, 4):
        raise UserError(f"poses of shape {poses.shape}: give (N, 4, 4), one world_from_camera a view.")
    wrong = first_not_rigid(np.ascontiguousarray(poses, np.float64), tolerance)
    if wrong >= 0:
        raise UserError(
            f"view {wrong}: its pose {_what_is_wrong(poses[wrong], tolerance)}; give world_from_camera as a rigid "
            "transform (look_at and from_rotation_translation of activevision.geometry make one)."
        )


def _what_is_wrong(pose: NDArray, tolerance: float) -> str:
    if not np.isfinite(pose).all():
        return "has numbers that are not finite"
    if np.abs(pose[3] - [0, 0, 0, 1]).max() >= tolerance:
        return f"has {np.round(pose[3], 4).tolist()} as its last row instead of [0, 0, 0, 1]"
    skew = np.abs(pose[:3, :3] @ pose[:3, :3].T - np.eye(3)).max()
    if skew < tolerance:
        return "mirrors (its determinant is −1)"
    return f"is no rotation (off by {skew:.2g} from orthonormal)"
