"""Where one thing is in the first and in the last frame of a window."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

_CONTEXT = 1.25  # sides of a box, in longest sides of the thing in it
_CORNERS = 60
_FEWEST = 3  # points that must survive for a patch to count as tracked
_DRIFT = 1.0  # pixels by which a point that is followed there and back may miss where it began


def mask_boxes(instance: torch.Tensor, smallest: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes of one thing of each window, drawn from torch's generator among those in its first and its last frame.

    instance: (B, T, H, W) ids, 0 is no thing. smallest: share of the image that a thing must cover in both frames.

    Returns boxes (B, 2, 4) float32 in the first and the last frame, as ``crops`` takes them, squares with some context
    round the thing; and which windows have one, (B,) bool: the others' is the whole image.
    """
    ends = instance[:, [0, -1]].cpu()
    boxes = _whole(ends)
    known = torch.zeros(len(ends), dtype=torch.bool)
    for window, images in enumerate(ends):
        ids, counts = zip(*(image.unique(return_counts=True) for image in images), strict=True)
        large = [i[(i != 0) & (n >= smallest * images[0].numel())] for i, n in zip(ids, counts, strict=True)]
        both = large[0][torch.isin(large[0], large[1])]
        if len(both):
            chosen = both[torch.randint(len(both), ())]
            boxes[window] = torch.stack([_box(image == chosen) for image in images])
            known[window] = True
    return boxes, known


def flow_boxes(frames: torch.Tensor, side: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes of a patch with corners in it, drawn from torch's generator, and of where optical flow says that it went.

    frames: (B, T, 3, H, W) uint8 or float. side: of the patches, as a share of the shorter side of the image.

    Corners in the patch are followed from frame to frame (Lucas & Kanade, IJCAI 1981) and back again; the patch moves
    by their median motion (as in Kalal, Mikolajczyk & Matas, *Forward-backward error*, ICPR 2010). A track ends where
    fewer than three corners return to where they began. Brightness and contrast are evened out first.

    Returns as ``mask_boxes``.
    """
    boxes = _whole(frames[:, :, 0])[:, [0, -1]]
    known = torch.zeros(len(frames), dtype=torch.bool)
    grey = frames.float().mean(2)
    grey = (grey - grey.mean((2, 3), keepdim=True)) / grey.std((2, 3), keepdim=True).clamp(min=1e-6)
    images = (grey * 50 + 128).clamp(0, 255).byte().cpu().numpy()
    length = side * min(images.shape[2:])
    for window, film in enumerate(images):
        corners = cv2.goodFeaturesToTrack(film[0], _CORNERS, 0.05, 2)
        if corners is None:
            continue
        middle = corners[torch.randint(len(corners), ()).item(), 0]
        inside = corners[(np.abs(corners[:, 0] - middle) <= length / 2).all(1)]
        moved = _followed(film, inside)
        last = middle + moved if moved is not None else None
        if last is not None and (last >= 0).all() and (last < film.shape[:0:-1]).all():
            boxes[window] = torch.stack(
                [_square(float(end[0]) + 0.5, float(end[1]) + 0.5, length) for end in (middle, last)]
            )
            known[window] = True
    return boxes, known


def _whole(images: torch.Tensor) -> torch.Tensor:
    """Boxes (B, S, 4) that hold all of images (B, S, H, W)."""
    height, width = images.shape[2:]
    return torch.tensor([0.0, 0.0, width, height]).repeat(*images.shape[:2], 1)


def _box(mask: torch.Tensor) -> torch.Tensor:
    """The box (4,) round the pixels of a mask (H, W)."""
    (top, bottom), (left, right) = (mask.any(axis).nonzero()[[0, -1], 0].tolist() for axis in (1, 0))
    longest = max(right - left, bottom - top) + 1
    return _square((left + right + 1) / 2, (top + bottom + 1) / 2, longest * _CONTEXT)


def _square(x: float, y: float, side: float) -> torch.Tensor:
    return torch.tensor([x - side / 2, y - side / 2, x + side / 2, y + side / 2], dtype=torch.float32)


def _followed(film: NDArray[np.uint8], points: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Median motion (2,) of points (P, 1, 2) from the first to the last of the images; None where they are lost."""
    window = max(5, min(film.shape[1:]) // 6 | 1)
    start, here = points, points
    for before, after in itertools.pairwise(film):
        there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, here, np.empty_like(here), winSize=(window, window))
        back, returned, _ = cv2.calcOpticalFlowPyrLK(after, before, there, here.copy(), winSize=(window, window))
        close = np.linalg.norm(back - here, axis=-1) < _DRIFT
        kept = (found.astype(bool) & returned.astype(bool) & close)[:, 0]
        if kept.sum() < _FEWEST:
            return None
        start, here = start[kept], there[kept]
    motion: NDArray[np.float32] = np.median(here - start, axis=0)[0]
    return motion
