"""Networks that turn an image into a feature vector, by name. Those of other packages are imported when asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from activevision.encoders.backbone_names import BACKBONES, split_name
from activevision.encoders.backbones.encoder import Encoder
from activevision.encoders.backbones.small_cnn import SmallCNN

__all__ = ["BACKBONES", "Encoder", "SmallCNN", "build_backbone", "description", "rebuilt"]


def build_backbone(name: str, embedding: int, architecture: Mapping[str, Any] | None = None) -> Encoder:
    """A backbone with fresh weights from torch's global generator, or with those of a folder that its name gives.

    architecture: what an encoder of this name had, where it is not to be as usual; weights are then fresh ones.
    UserError names the nearest backbone, says which package is missing, or what is wrong with the folder.
    """
    family, which = split_name(name)
    module, kind = BACKBONES[family]
    found = getattr(importlib.import_module(f"activevision.encoders.backbones.{module}"), kind)
    encoder: Encoder = found.build(which, embedding, architecture)
    return encoder


def description(encoder: Encoder) -> dict[str, Any]:
    """JSON-like facts from which ``rebuilt`` makes the same network."""
    return {"backbone": encoder.name, "embedding": encoder.embedding, "architecture": encoder.architecture}


def rebuilt(facts: Mapping[str, Any]) -> Encoder:
    """The network of a ``description`` with fresh weights. KeyError where a fact is missing."""
    return build_backbone(facts["backbone"], facts["embedding"], facts.get("architecture"))
