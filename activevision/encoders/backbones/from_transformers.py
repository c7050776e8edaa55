"""Backbones of the package transformers, with random weights or with those of a local folder."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import nn

from activevision.encoders.backbones.encoder import Encoder
from activevision.encoders.backbones.natural_images import NaturalImages, enlarged
from activevision.errors import UserError
from activevision.files import read_json
from activevision.optional import require

PATCHES = 8  # each way, at least: small images are enlarged, since 64 pixels hold but four patches of 14
_OF_NO_USE = ("_name_or_path", "transformers_version", "architectures", "dtype")


class TransformersEncoder(Encoder):
    """A network of transformers, whose head is our own.

    model_class, model_type: of transformers. defaults: of its configuration, for random weights. options: of its
    constructor. torchvision is not needed.
    """

    family: ClassVar[str]
    model_class: ClassVar[str]
    model_type: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]]
    options: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, embedding: int, model: nn.Module, channels: int):
        config: Any = model.config
        architecture = {name: value for name, value in config.to_diff_dict().items() if name not in _OF_NO_USE}
        super().__init__(self.family, embedding, channels, architecture)
        self.colours = NaturalImages()
        self.model = model

    @classmethod
    def build(cls, which: str, embedding: int, architecture: Mapping[str, Any] | None) -> TransformersEncoder:
        """which: folder of weights, or "". architecture: of a configuration, instead of ``defaults``.

        UserError where transformers is not installed, and where the folder has no weights for this network.
        """
        kind = getattr(require("transformers", "transformers"), cls.model_class)
        if which and architecture is None:
            model = cls._loaded(kind, Path(which))
        else:
            model = kind(kind.config_class(**(architecture or cls.defaults)), **cls.options)
        return cls(embedding, model, cls._channels(model))

    @classmethod
    def _loaded(cls, kind: Any, folder: Path) -> nn.Module:
        path = folder / "config.json"
        if not path.exists():
            raise UserError(
                f"no weights in {folder} (no config.json): give a folder that save_pretrained of transformers wrote."
            )
        found = read_json(path).get("model_type")
        if found != cls.model_type:
            raise UserError(
                f"the weights in {folder} are of a {found!r}, backbone {cls.family!r} needs {cls.model_type!r}."
            )
        try:
            with _quiet():
                model, report = kind.from_pretrained(
                    folder, local_files_only=True, output_loading_info=True, **cls.options
                )
        except Exception as error:  # what the readers of its formats raise
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"the weights in {folder} cannot be read ({reason}): copy the folder again.") from None
        lacking = sorted(report["missing_keys"])
        if lacking:
            raise UserError(f"the weights in {folder} lack {lacking[0]} and {len(lacking) - 1} others: copy it again.")
        loaded: nn.Module = model.float().train()
        return loaded

    @staticmethod
    def _channels(model: Any) -> int:
        return int(model.config.hidden_size)


class ResNet18(TransformersEncoder):
    """He, Zhang, Ren & Sun, *Deep residual learning for image recognition* (CVPR 2016), with 18 layers.

    Made for small images: the pooling that follows the first convolution is left out, so that 64 × 64 pixels end in a
    map of 4 × 4.
    """

    family, model_class, model_type = "resnet18", "ResNetModel", "resnet"
    defaults: ClassVar[Mapping[str, Any]] = {
        "layer_type": "basic", "depths": [2, 2, 2, 2], "hidden_sizes": [64, 128, 256, 512],
    }  # fmt: skip

    def __init__(self, embedding: int, model: nn.Module, channels: int):
        super().__init__(embedding, model, channels)
        self.model.embedder.pooler = nn.Identity()  # type: ignore[union-attr]
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stubs lack it

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        images = self.colours(images).to(memory_format=torch.channels_last)
        maps: torch.Tensor = self.model(images).last_hidden_state
        return maps

    @staticmethod
    def _channels(model: Any) -> int:
        return int(model.config.hidden_sizes[-1])


class _PatchEncoder(TransformersEncoder):
    """A transformer over patches, whose patch tokens are the map; the class token only takes part in between."""

    def maps(self, images: torch.Tensor) -> torch.Tensor:
        config: Any = self.model.config
        images = enlarged(self.colours(images), config.patch_size, PATCHES)
        tokens = self._tokens(images)[:, 1:]
        rows = images.shape[-2] // config.patch_size
        maps: torch.Tensor = tokens.transpose(1, 2).unflatten(2, (rows, -1))
        return maps

    def _tokens(self, images: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


class SmallViT(_PatchEncoder):
    """Dosovitskiy et al., *An image is worth 16 × 16 words* (ICLR 2021), small: 6 layers of 192 dimensions and 3 heads.

    Patches of 8 pixels, so that 64 × 64 pixels are 8 × 8 of them; positions are interpolated for other sizes.
    """

    family, model_class, model_type = "small-vit", "ViTModel", "vit"
    defaults: ClassVar[Mapping[str, Any]] = {
        "image_size": 64, "patch_size": 8, "hidden_size": 192, "num_hidden_layers": 6, "num_attention_heads": 3,
        "intermediate_size": 768,
    }  # fmt: skip
    options: ClassVar[Mapping[str, Any]] = {"add_pooling_layer": False}

    def _tokens(self, images: torch.Tensor) -> torch.Tensor:
        tokens: torch.Tensor = self.model(images, interpolate_pos_encoding=True).last_hidden_state
        return tokens


class DINOv2(_PatchEncoder):
    """Oquab et al., *DINOv2: learning robust visual features without supervision* (TMLR 2024); its small variant where
    no weights are given: 12 layers of 384 dimensions and 6 heads, patches of 14 pixels."""

    family, model_class, model_type = "dinov2", "Dinov2Model", "dinov2"
    defaults: ClassVar[Mapping[str, Any]] = {
        "image_size": 112, "hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6,
    }  # fmt: skip

    def _tokens(self, images: torch.Tensor) -> torch.Tensor:
        tokens: torch.Tensor = self.model(images).last_hidden_state
        return tokens


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without a progress bar of its own."""
    logging = require("transformers.utils.logging", "transformers")
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
