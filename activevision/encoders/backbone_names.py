"""Names of backbones. Imports nothing heavy, so that the command line's help is instant."""

from __future__ import annotations

from activevision.errors import UserError, unknown

BACKBONES = {
    "small-cnn": ("small_cnn", "SmallCNN"),
    "resnet18": ("from_transformers", "ResNet18"),
    "small-vit": ("from_transformers", "SmallViT"),
    "dinov2": ("from_transformers", "DINOv2"),
    "timm": ("from_timm", "TimmEncoder"),
}
"""Module in activevision/encoders/backbones and class of each family of backbones."""

_AFTER_COLON = {"resnet18": "FOLDER", "small-vit": "FOLDER", "dinov2": "FOLDER", "timm": "NAME"}


def split_name(name: str) -> tuple[str, str]:
    """Family of a backbone and what follows the colon, "" where nothing does. UserError for one that is none."""
    family, colon, rest = name.partition(":")
    if family not in BACKBONES:
        raise unknown("backbone", family, BACKBONES)
    if colon and not (rest and family in _AFTER_COLON):
        forms = [f"{family}:{_AFTER_COLON[family]}"] if family in _AFTER_COLON else [family]
        raise UserError(f"backbone {name!r}: give {forms[0]}.")
    if family == "timm" and not rest:
        raise UserError(f"backbone {name!r}: give timm:NAME with the name of one of timm's models.")
    return family, rest
