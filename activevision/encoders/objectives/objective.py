"""``Objective``: what a pretraining run minimises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch


class Outcome(NamedTuple):
    """What an objective says of a batch.

    loss: () the scalar to minimise. metrics: detached scalars by name. features: (B, S, D) of S frames or parts of the
    frames of every window, as the encoder gives them in this step: what labels, if any, and alarms look at.
    """

    loss: torch.Tensor
    metrics: dict[str, torch.Tensor]
    features: torch.Tensor


@dataclass(frozen=True)
class NoSettings:
    """Of objectives that have none."""


class Objective(nn.Module):
    """A module that owns an encoder and can say how wrong it is on a batch.

    paper: where the method comes from. Settings: a frozen dataclass of its own settings, with defaults.
    length: frames that a window must have, at least.
    fields: what it needs beside frames and twists, by the names of ``Rollout`` ("instance", "flow_forward", …).
    frugal: the setting under which it does without some of them, if there is one.
    learns: whether it has anything to minimise.
    contrasts: whether it takes negatives from other scenes, and collapses where there are none.
    """

    paper: ClassVar[str]
    Settings: ClassVar[type[Any]] = NoSettings
    length: ClassVar[int] = 2
    fields: ClassVar[tuple[str, ...]] = ()
    frugal: ClassVar[str] = ""
    learns: ClassVar[bool] = True
    contrasts: ClassVar[bool] = False

    encoder: Encoder

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> Objective:
        """The objective for an encoder, fitted to what it needs to know of the data.

        ``config.own(cls.Settings)`` are its settings. UserError where it cannot learn from this data.
        """
        raise NotImplementedError

    @classmethod
    def needed(cls, config: PretrainConfig) -> tuple[str, ...]:
        """What of ``fields`` it needs with these settings: all of them, unless it says otherwise."""
        return cls.fields

    def loss(self, batch: Batch) -> Outcome:
        """How wrong it is on windows whose ``frames`` are uint8 or float about [0, 1]. May draw from torch's global
        generator, which is seeded for every step."""
        raise NotImplementedError

    def after_step(self, done: float) -> None:
        """Called after every step of the optimiser with the part of the training that is done, 0 to 1."""


def encode_windows(encoder: Encoder, frames: torch.Tensor) -> torch.Tensor:
    """Features (B, T, D) of frames (B, T, 3, H, W), in one pass, so that batch normalisation sees all views alike."""
    return encoder(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
