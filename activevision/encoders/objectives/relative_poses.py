"""Poses of all frames of a window relative to each other, from the twists between them."""

from __future__ import annotations

import torch


def relative_poses(twists: torch.Tensor) -> torch.Tensor:
    """``camera_s_from_camera_t`` (B, T, T, 4, 4) for frames s, t of windows, from twists (B, T − 1, 6) ``[v, ω]``."""
    with torch.autocast(twists.device.type, enabled=False):  # half precision is too little for poses
        twists = twists.float()
        speed = twists.new_zeros(*twists.shape[:-1], 4, 4)
        speed[..., :3, 3] = twists[..., :3]
        x, y, z = twists[..., 3:].unbind(-1)
        speed[..., 2, 1], speed[..., 0, 2], speed[..., 1, 0] = x, y, z
        speed[..., 1, 2], speed[..., 2, 0], speed[..., 0, 1] = -x, -y, -z
        motions = torch.matrix_exp(speed)
        poses = [torch.eye(4, device=twists.device).expand(len(twists), 4, 4)]  # camera_0_from_camera_t
        for t in range(motions.shape[1]):
            poses.append(poses[-1] @ motions[:, t])
        first = torch.stack(poses, 1)
        rotation = first[..., :3, :3].transpose(-1, -2)
        inverse = first.clone()
        inverse[..., :3, :3] = rotation
        inverse[..., :3, 3] = -(rotation @ first[..., :3, 3:])[..., 0]
        return inverse[:, :, None] @ first[:, None]
