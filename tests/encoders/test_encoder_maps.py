"""Claims of the backbones' maps: they lead to the features, and their cells are where the image's parts are."""

from __future__ import annotations

import pytest
import torch

from activevision.encoders.backbones import BACKBONES, Encoder, build_backbone

NAMES = [name for name in BACKBONES if name != "timm"]


def built(name: str) -> Encoder:
    if name != "small-cnn":
        pytest.importorskip("transformers", reason="transformers is not installed: activevision[transformers]")
    torch.manual_seed(0)
    return build_backbone(name, 24).eval()


@pytest.mark.parametrize("name", NAMES)
def test_features_come_from_the_maps(name: str) -> None:
    encoder = built(name)
    images = torch.randint(0, 256, (5, 3, 64, 64), dtype=torch.uint8)
    maps = encoder.maps(images)
    assert maps.shape[:2] == (5, encoder.channels)
    assert torch.equal(encoder.from_maps(maps), encoder(images))
    torch.testing.assert_close(maps, encoder.maps(images / 255.0))


@pytest.mark.parametrize("name", NAMES)
def test_cells_lie_where_the_image_has_what_they_show(name: str) -> None:
    encoder = built(name)
    image = torch.rand(1, 3, 64, 64)
    for top, left in ((0, 0), (0, 48), (48, 16)):
        changed = image.clone()
        changed[:, :, top : top + 16, left : left + 16] = 0
        difference = (encoder.maps(changed) - encoder.maps(image)).abs().sum(1)[0]
        row, column = divmod(int(difference.argmax()), difference.shape[1])
        cell = 64 // len(difference)  # what a cell sees may be centred on a corner of its tile
        assert abs(row * cell - top) <= cell
        assert abs(column * cell - left) <= cell
