"""Temporal equivariance: a view that is mostly hidden, from another moment's view and how the camera moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from activevision.encoders.backbones import Encoder
from activevision.encoders.config import PretrainConfig
from activevision.encoders.objectives.feature_regression import feature_regression
from activevision.encoders.objectives.moving_average import MovingAverage, momentum_at
from activevision.encoders.objectives.objective import Objective, Outcome, encode_windows
from activevision.encoders.objectives.perceptron import perceptron
from activevision.encoders.objectives.pixels import as_shares
from activevision.encoders.objectives.relative_poses import relative_poses
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.frames import Batch
from activevision.settings import require_positive, require_share


@dataclass(frozen=True)
class TemporalEquivarianceSettings:
    """masked: share of a frame's patches that is hidden. grid: patches of a frame, each way. hidden: width of the
    predictor. momentum: of the target at the start."""

    masked: float = 0.95
    grid: int = 8
    hidden: int = 512
    momentum: float = 0.99

    def __post_init__(self) -> None:
        require_positive(self, "grid", "hidden")
        require_share(self, "masked", "momentum")


class TemporalEquivariance(Objective):
    r"""Features of a masked view from a view at another time and the displacement between the two.

    For every frame t of a window another one s is drawn, before or after it. With the camera's pose at t relative to s,
    T_st, the frame x̃_t of which most patches are hidden, and the target's features φ,

        L = mean_t ‖q(z(x̃_t), z(x_s), T_st, t − s) − φ(x_t)‖² / D.

    z, φ: (B, D). T_st: (B, 3, 4), composed exactly of the twists between, with the translation in units of its root
    mean square between neighbouring frames of the data. q: one hidden layer, ReLU.

    The masked view shows little of what there is, and the displaced view shows it from elsewhere; only with the motion
    the two complete each other, so features must change with it in a way that can be foretold. The
    masking of the later of two views, completed from the other, is that of Gupta, Wu, Deng & Fei-Fei, *Siamese masked
    autoencoders* (NeurIPS 2023); features in place of pixels as the target follow Bardes et al., *Revisiting feature
    prediction for learning visual representations from video* (V-JEPA, TMLR 2024). Those predict every patch, of a
    vision transformer that skips hidden patches, and know the time alone; here any encoder sees them as grey, whole
    features are predicted, and the camera's motion is known.

    φ is a moving average of the encoder, without gradient, each dimension brought to mean 0 and variance 1 over the
    batch, so that constants leave L at 1. As in ``Anticipation`` nothing forbids that many dimensions say the same.

    "explained" is 1 − L; "retrieval_accuracy" is the share of frames that are nearest to their prediction in the batch.
    """

    paper = "Gupta et al., Siamese masked autoencoders, NeurIPS 2023; Bardes et al., V-JEPA, TMLR 2024"
    Settings = TemporalEquivarianceSettings

    length_scale: torch.Tensor

    def __init__(self, encoder: Encoder, step: float, settings: TemporalEquivarianceSettings | None = None):
        super().__init__()
        self.settings = settings or TemporalEquivarianceSettings()
        self.encoder = encoder
        self.target = MovingAverage(encoder)
        self.predictor = perceptron(2 * encoder.embedding + 13, self.settings.hidden, encoder.embedding)
        self.register_buffer("length_scale", torch.tensor(step))

    @classmethod
    def from_config(cls, config: PretrainConfig, encoder: Encoder, dataset: WindowDataset) -> TemporalEquivariance:
        step = float(np.sqrt(np.square(dataset.motions[:, :3], dtype=np.float64).sum(1).mean()))
        return cls(encoder, step if step > 1e-5 else 1.0, config.own(TemporalEquivarianceSettings))

    def loss(self, batch: Batch) -> Outcome:
        """See ``Objective.loss``. Every frame is predicted once and, on average, predicted from once."""
        frames = as_shares(batch.frames)
        windows, views = frames.shape[:2]
        both = encode_windows(self.encoder, torch.cat([frames, self.hide(frames)]))
        features, hidden = both[:windows], both[windows:]
        here = torch.arange(views, device=frames.device)
        away = torch.randint(1, views, (windows, views)).to(frames.device)
        there = (here + away) % views  # any frame but the one that is predicted
        displaced = features.gather(1, there[..., None].expand_as(features))
        inputs = torch.cat([hidden, displaced, self.displacements(batch.twists, there)], dim=-1)
        targets = self.target(frames.flatten(0, 1))
        predicted = self.predictor(inputs).flatten(0, 1)
        return Outcome(*feature_regression(predicted[:, None], targets), features)

    def hide(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames (B, T, 3, H, W) with another draw of patches in mid grey in each."""
        windows, views, _, height, width = frames.shape
        patches = self.settings.grid**2
        order = torch.rand(windows * views, patches).argsort(-1).argsort(-1).to(frames.device)
        shown = (order >= round(self.settings.masked * patches)).to(frames.dtype)
        shown = shown.view(-1, 1, self.settings.grid, self.settings.grid)
        shown = nn.functional.interpolate(shown, (height, width)).unflatten(0, (windows, views))
        return 0.5 + (frames - 0.5) * shown

    def displacements(self, twists: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Of every frame from another one of its window, ``there`` (B, T): relative pose and time (B, T, 13)."""
        windows, views = there.shape
        poses = relative_poses(twists)
        here = torch.arange(views, device=there.device)
        pose = poses[torch.arange(windows, device=there.device)[:, None], there, here]
        change = pose[..., :3, :] - torch.eye(4, device=pose.device)[:3]  # none without a motion
        change = torch.cat([change[..., :3].flatten(2), change[..., 3] / self.length_scale], dim=-1)
        return torch.cat([change, ((here - there) / (views - 1))[..., None]], dim=-1)

    def after_step(self, done: float) -> None:
        self.target.follow(self.encoder, momentum_at(self.settings.momentum, done))
