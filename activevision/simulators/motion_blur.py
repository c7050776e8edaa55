"""Motion blur: the light that comes in while the shutter is open and the camera moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from activevision.camera import CameraModel
from activevision.errors import UserError
from activevision.geometry import egomotion, exp_se3, log_se3
from activevision.scenes.srgb import LINEAR, srgb_from_linear
from activevision.simulators.simulator import Simulator, check_poses


def render_motion_blur(
    simulator: Simulator,
    scene_ids: ArrayLike,
    from_poses: ArrayLike,
    to_poses: ArrayLike,
    camera: CameraModel,
    *,
    shutter: float = 0.5,
    samples: int = 8,
) -> NDArray[np.uint8]:
    """Images (N, H, W, 3) sRGB taken while cameras move from poses (N, 4, 4) to poses (N, 4, 4) at a constant twist.

    The mean, in linear light, of renders at ``samples`` evenly spaced moments of the exposure, which is the last
    ``shutter`` share (in (0, 1]; 0.5 is a film camera's 180 degrees) of the motion.
    """
    if not 0 < shutter <= 1 or samples < 1:
        raise UserError(
            f"motion blur with shutter={shutter}, samples={samples}: give a share in (0, 1] and at least 1."
        )
    scene_ids, from_poses, to_poses = np.asarray(scene_ids), np.asarray(from_poses), np.asarray(to_poses)
    check_poses(from_poses)
    check_poses(to_poses)
    twist = log_se3(egomotion(from_poses, to_poses))
    moments = 1 - shutter + shutter * (np.arange(samples) + 0.5) / samples
    light = np.zeros((len(from_poses), camera.height, camera.width, 3), np.float32)
    for moment in moments:
        light += LINEAR[simulator.render(scene_ids, from_poses @ exp_se3(moment * twist), camera, ("rgb",))["rgb"]]
    return np.asarray(np.rint(255 * srgb_from_linear(light / samples)), np.uint8)
