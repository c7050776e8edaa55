"""Claims of the augmentation: a window moves as one, and no pixel is invented."""

from __future__ import annotations

import numpy as np
import torch

from activevision.encoders.augmentation import augment, augment_windows
from activevision.rollouts.frames import Batch


def frames(seed: int = 0) -> torch.Tensor:
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 3, 10, 12, 3), dtype=np.uint8)
    return torch.from_numpy(pixels).permute(0, 1, 4, 2, 3)


def test_without_strength_it_only_rescales() -> None:
    images = frames()
    torch.testing.assert_close(augment(images, 0, 0.0, np.random.default_rng(0)), images / 255.0)


def test_every_window_is_shifted_as_one_with_its_border_repeated() -> None:
    images = frames()
    shifted = (augment(images, 2, 0.0, np.random.default_rng(0)) * 255).round().to(torch.uint8)
    seen = set()
    for window, result in zip(images.numpy(), shifted.numpy(), strict=True):
        padded = np.pad(window, ((0, 0), (0, 0), (2, 2), (2, 2)), mode="edge")
        fits = [(y, x) for y in range(5) for x in range(5) if (padded[:, :, y : y + 10, x : x + 12] == result).all()]
        assert len(fits) == 1
        seen.update(fits)
    assert len(seen) > 2, "windows are shifted on their own"


def test_images_and_the_principal_point_go_with_the_frames() -> None:
    column, row = np.meshgrid(np.arange(12), np.arange(10))
    position = torch.from_numpy(np.stack([column, row], -1) + 0.5).expand(6, 2, 10, 12, 2)
    intrinsics = torch.tensor([[20.0, 0, 6], [0, 20, 5], [0, 0, 1]]).double().expand(6, 3, 3)
    nothing = torch.zeros(0)
    batch = Batch(frames(), nothing, nothing, nothing, {"position": position, "intrinsics": intrinsics})
    fields = augment_windows(batch, 2, 0.0, np.random.default_rng(0)).fields
    middle = position - intrinsics[:, None, None, None, :2, 2]  # from the principal point, which stays on its pixel
    inside = np.s_[:, :, 2:-2, 2:-2]
    moved = (position - fields["intrinsics"][:, None, None, None, :2, 2])[inside]
    expected = (fields["position"] - intrinsics[:, None, None, None, :2, 2])[inside]
    torch.testing.assert_close(moved, expected)
    assert not torch.equal(moved, middle[inside]), "something was shifted"
    assert torch.equal(fields["intrinsics"][:, :, :2], intrinsics[:, :, :2])
    assert torch.equal(batch.fields["intrinsics"], intrinsics), "the batch stays as it is"


def test_colours_change_by_a_gain_and_a_brightness_in_every_frame() -> None:
    images = frames()
    jittered = augment(images, 0, 0.2, np.random.default_rng(0)).numpy()
    gains = []
    for image, result in zip(images.flatten(0, 1).numpy() / 255.0, jittered.reshape(-1, 3, 10, 12), strict=True):
        fits = [np.polyfit(image[c].ravel(), result[c].ravel(), 1, full=True) for c in range(3)]
        assert all(residual.item() < 1e-8 for _, residual, *_ in fits)
        slopes, offsets = np.array([fit[0] for fit in fits]).T
        assert (np.abs(slopes - 1) <= 0.2).all()
        assert np.ptp(offsets) < 1e-5
        assert abs(offsets[0]) <= 0.1
        gains.append(slopes)
    assert len(np.unique(np.round(gains, 6))) == 3 * 18
