"""Distances between what is nearly equal, which half precision cannot tell."""

import torch

from activevision.encoders.objectives.temporal_contrast import contrast


def test_autocast_does_not_make_what_is_near_equal_or_far() -> None:
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(1, 12, 64, generator=generator)
    near = first.mean(1, keepdim=True) + 1e-2 * first  # all windows look nearly alike
    scene = torch.arange(12)
    known = contrast(near, near.roll(1, 1), 0.02, scene)
    with torch.autocast("cpu", torch.bfloat16):
        told = contrast(near, near.roll(1, 1), 0.02, scene)
    torch.testing.assert_close(told, known)
    assert known.negative > 0
