"""Any network of the package timm that gives feature maps, with random weights."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch
from torch import nn

from activevision.encoders.backbones.encoder import Encoder
from activevision.encoders.backbones.natural_images import NaturalImages
from activevision.errors import UserError, unknown


class TimmEncoder(Encoder):
    """The last feature map of a network of timm. Images are enlarged where it insists on a size."""

    def __init__(self, which: str, embedding: int, model: nn.Module):
        channels = int(model.feature_info.channels()[-1])  # type: ignore[operator, union-attr]
        super().__init__(f"timm:{which}", embedding, channels, {})
        self.colours = NaturalImages()
        self.model = model
        facts: Any = getattr(model, "pretrained_cfg", None) or {}
        self.size = tuple(facts["input_size"][1:]) if facts.get("fixed_input_size") else None

    @classmethod
    def build(cls, which: str, embedding: int, architecture: Mapping[str, Any] | None) -> TimmEncoder:
        """UserError where timm does not work here, and where it has no such network or none with maps."""
        timm = _timm(which)
        if not timm.is_model(which):
            raise unknown("model of timm", which, timm.list_models())
        try:
            model = timm.create_model(which, pretrained=False, features_only=True, out_indices=(-1,))
        except Exception as error:  # its networks refuse in their own ways
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"backbone 'timm:{which}' gives no feature maps ({reason}): choose another.") from None
        return cls(which, embedding, model)

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        images = self.colours(images)
        if self.size and self.size != tuple(images.shape[-2:]):
            images = nn.functional.interpolate(images, self.size, mode="bilinear", align_corners=False)
        maps: torch.Tensor = self.model(images)[-1]
        return maps if maps.shape[1] == self.channels else maps.permute(0, 3, 1, 2)  # some have channels last


def _timm(which: str) -> ModuleType:
    try:
        return importlib.import_module("timm")
    except ModuleNotFoundError as error:
        reason = f"there is no {error.name}"
    except Exception as error:  # torchvision, which it needs, raises RuntimeError beside a torch of another build
        reason = " ".join(str(error).split())[:200]
    raise UserError(
        f"backbone 'timm:{which}' needs timm, which does not work here ({reason}): install timm and a torchvision that "
        "fits this torch, or take another backbone."
    )
