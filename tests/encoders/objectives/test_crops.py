"""Claims of crops."""

from __future__ import annotations

import numpy as np
import torch

from activevision.encoders.objectives.crops import crops


def test_the_whole_image_is_itself_and_a_half_is_its_pixels_twice_as_large() -> None:
    images = torch.rand(2, 3, 6, 8)
    whole = crops(images, torch.tensor([[0.0, 0, 8, 6]]).expand(2, 4))
    torch.testing.assert_close(whole, images)
    half = crops(images, torch.tensor([[2.0, 3, 6, 6], [4.0, 0, 8, 3]]))
    means = half.unflatten(2, (3, 2)).unflatten(4, (4, 2)).mean((3, 5))
    inner = torch.stack([images[0, :, 3:6, 2:6], images[1, :, 0:3, 4:8]])
    assert (means - inner).abs().mean() < 0.15, "bilinear blocks of 2 × 2 have about their pixel's value"
    assert half.shape == images.shape


def test_it_samples_between_pixel_centres() -> None:
    ramp = torch.arange(8.0).expand(1, 3, 6, 8) + 0.5  # the value at x is x
    out = crops(ramp, torch.tensor([[2.0, 1, 6, 4]]))
    np.testing.assert_allclose(out[0, 0, 0].numpy(), 2 + (np.arange(8) + 0.5) / 8 * 4, rtol=1e-5)


def test_bytes_become_shares_and_what_is_outside_repeats_the_border() -> None:
    images = torch.full((1, 3, 4, 4), 51, dtype=torch.uint8)
    out = crops(images, torch.tensor([[-9.0, -9, 20, 20]]))
    torch.testing.assert_close(out, torch.full((1, 3, 4, 4), 0.2))
