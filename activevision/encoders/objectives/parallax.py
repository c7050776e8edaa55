"""What optical flow says of how near things are, once the camera's own motion is taken out of it."""

from __future__ import annotations

import torch

from activevision.encoders.objectives.relative_poses import relative_poses

_ROUNDS = 20


def inverse_depth(
    flow: torch.Tensor, twists: torch.Tensor, intrinsics: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """1 / depth (N, H, W), per metre, of the points that flow leads from frames to the next, and how well it is known.

    flow: (N, H, W, 2) pixels (column, row). twists: (N, 6) between the frames. intrinsics: (N, 3, 3) in pixels, OpenCV
    convention, of a pinhole camera.

    With the ray d of a pixel, the ray u of where it went, and the motion (R, t), Rᵀ(d − w t) is parallel to u for the
    inverse depth w: two linear equations, solved by least squares. The second result, (N, H, W), is by how many pixels
    a point with w = 1 / m would move beyond what the camera's turn does: 0 towards where the camera travels.
    """
    with torch.autocast(flow.device.type, enabled=False):
        flow, intrinsics = flow.float(), intrinsics.float()
        height, width = flow.shape[1:3]
        focal, middle = intrinsics[:, [0, 1], [0, 1]][:, None, None], intrinsics[:, :2, 2][:, None, None]
        columns, rows = (torch.arange(n, device=flow.device) + 0.5 for n in (width, height))
        pixels = torch.cartesian_prod(rows, columns).flip(-1).view(height, width, 2)
        rays = torch.nn.functional.pad((pixels - middle) / focal, (0, 1), value=1.0)
        ends = (pixels + flow - middle) / focal
        flip = torch.tensor([1.0, -1.0, -1.0], device=flow.device)  # OpenCV's axes of ours
        motion = relative_poses(twists[:, None])[:, 0, 1]
        turn = (flip[:, None] * motion[:, :3, :3] * flip).transpose(1, 2)  # Rᵀ
        turned = torch.einsum("nij,nhwj->nhwi", turn, rays)
        step = torch.einsum("nij,nj->ni", turn, flip * motion[:, :3, 3])[:, None, None]
        moved = turned[..., :2] - ends * turned[..., 2:]
        unit = step[..., :2] - ends * step[..., 2:]
        known = unit.square().sum(-1)
        return (moved * unit).sum(-1) / known.clamp(min=1e-12), (unit * focal).norm(dim=-1)


def two_groups(values: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    """Thresholds (N,) half-way between the means of what lies below and above them, of values (N, P) where ``known``.

    Ridler & Calvard, *Picture thresholding using an iterative selection method* (1978), from the middle of the range.
    """
    weight = known.to(values.dtype)
    lowest = values.masked_fill(~known, torch.inf).amin(1)
    highest = values.masked_fill(~known, -torch.inf).amax(1)
    threshold = torch.where(known.any(1), (lowest + highest) / 2, 0.0)
    for _ in range(_ROUNDS):
        above = weight * (values > threshold[:, None])
        below = weight - above
        means = [(values * part).sum(1) / part.sum(1).clamp(min=1) for part in (above, below)]
        threshold = (means[0] + means[1]) / 2
    return threshold
