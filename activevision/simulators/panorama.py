"""The panorama simulator: a camera that turns in place inside equirectangular pictures."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import CameraModel
from activevision.errors import UserError
from activevision.machine import cores
from activevision.scenes.panoramas import Panorama
from activevision.simulators.made_once import MEMORY, MadeOnce
from activevision.simulators.panorama_lookup import build_pyramid, look_up_views, pixel_angles
from activevision.simulators.runs import runs
from activevision.simulators.simulator import check_poses, check_scenes, check_sensors

_VERSION = 1  # goes up whenever the same panorama and pose would give other pixels
_VIEWS_PER_TASK = 16
_STILL = 1e-6  # metres that rounding may leave in the translation of a camera that only turns


class PanoramaSimulator:
    """Views into panoramas, seen from where they were taken; see ``Simulator`` for the interface.

    Any camera: pinhole of every field of view and resolution with any roll, or equirectangular. ``rgb`` is the only
    sensor, since a picture has no depth, and a pose may turn but not move.

    Light is averaged over each pixel's area: it is interpolated, in linear light, between levels of the panorama that
    are prefiltered for every latitude (trilinear mip mapping; Williams, Pyramidal parametrics, SIGGRAPH 1983). A camera
    that sees finer than the panorama's pixels gets them bilinearly interpolated, across the seam and over the poles.

    panoramas: any sequence; one is fetched and filtered when it is first looked at.
    threads: how many render at once; all processors unless given. The images do not depend on it.
    memory: bytes of panoramas that are kept (4 a pixel); the least recently looked at go first.
    """

    def __init__(self, panoramas: Sequence[Panorama], *, threads: int | None = None, memory: int = MEMORY):
        self.settings: dict[str, Any] = {"simulator": "panorama", "version": _VERSION}
        self._pyramids = MadeOnce(lambda scene: build_pyramid(panoramas[scene].image), memory)
        self._panoramas = panoramas
        self._closed = False
        self._pool = ThreadPoolExecutor(threads or cores())

    def render(
        self, scene_ids: ArrayLike, poses: ArrayLike, camera: CameraModel, sensors: Sequence[str] = ("rgb",)
    ) -> dict[str, NDArray]:
        """Images (N, H, W, 3) of N views; scene_ids (N,), poses (N, 4, 4) ``world_from_camera`` of no translation.

        UserError for a sensor other than rgb, a pose that moves the camera, and one that is no rotation.
        """
        if self._closed:
            raise RuntimeError("render: this simulator is closed")
        _check_rgb(sensors)
        scene_ids = check_scenes(scene_ids, len(self._panoramas))
        rotations = _rotations(np.asarray(poses, np.float64), len(scene_ids))
        rgb = np.empty((len(scene_ids), camera.height, camera.width, 3), np.uint8)
        rays = np.ascontiguousarray(np.moveaxis(camera.rays(), -1, 0), np.float32)
        angles = pixel_angles(camera)

        def look(run: tuple[int, slice]) -> None:
            scene, views = run
            look_up_views(self._pyramids[scene], rotations[views], rays, angles, rgb[views])

        list(self._pool.map(look, runs(scene_ids, _VIEWS_PER_TASK)))
        return {"rgb": rgb} if sensors else {}

    def close(self) -> None:
        self._closed = True
        self._pool.shutdown()
        self._pyramids.clear()


def _check_rgb(sensors: Sequence[str]) -> None:
    check_sensors(sensors)
    for name in sensors:
        if name != "rgb":
            raise UserError(
                f"sensor {name!r} of a panorama: a picture has rgb alone; look at rooms or scans for {name}."
            )


def _rotations(poses: NDArray[np.float64], views: int) -> NDArray[np.float32]:
    """(N, 3, 3) of poses (N, 4, 4) that only turn."""
    check_poses(poses)
    if len(poses) != views:
        raise UserError(f"{views} scene ids and {len(poses)} poses: give one of each a view.")
    translations = poses[:, :3, 3]
    moved = np.flatnonzero(np.linalg.norm(translations, axis=1) > _STILL)
    if len(moved):
        x, y, z = translations[moved[0]]
        raise UserError(
            f"view {moved[0]}: its pose is {x:.3g}, {y:.3g}, {z:.3g} m from where the panorama was taken, which is "
            "seen from one place: set the translation to 0."
        )
    return np.ascontiguousarray(poses[:, :3, :3], np.float32)
