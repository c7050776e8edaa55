"""A small transformer over all views so far, which knows by egomotion where each was taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from activevision.agents.config import AgentConfig
from activevision.agents.evidence import Evidence, Walk
from activevision.agents.fusion.fusion import Belief, normalise, uniform
from activevision.agents.fusion.learning import learn
from activevision.agents.lessons import Lessons
from activevision.agents.torch_file import read_content, write_content
from activevision.errors import UserError
from activevision.geometry import exp_se3, invert

_POSE = 12


class _Attention(nn.Module):
    """Tokens of the views, self-attention, mean; belief ∝ exp(g · Σ_i log p(c | view_i) + W mean).

    A view's token is made of what it says and of where it was taken, as the pose (rotation and position, 12 numbers) of
    its camera in the frame of the present one: egomotion is the positional code. It starts as a product of experts and
    learns what to add.
    """

    def __init__(self, classes: int, views: int, width: int, layers: int):
        super().__init__()
        self.classes, self.views, self.width, self.depth = classes, views, width, layers
        self.evidence = nn.Linear(classes, width)
        self.pose = nn.Sequential(nn.Linear(_POSE, width), nn.GELU(), nn.Linear(width, width))
        layer = nn.TransformerEncoderLayer(
            width, 4, 2 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.blocks = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, classes)
        self.log_gain = nn.Parameter(torch.tensor(-0.5))
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, log_likelihood: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
        """Scores (N, C) after t views: their log-likelihoods (N, t, C) and poses (N, t, 12) in the present frame."""
        tokens = self.evidence(log_likelihood.clamp(min=-10) / 5 + 0.5) + self.pose(pose)
        return self.log_gain.exp() * log_likelihood.sum(dim=1) + self.head(self.blocks(tokens).mean(dim=1))

    def surprise(self, walk: Walk) -> torch.Tensor:
        """Mean negative log-likelihood of the labels after every view."""
        scores, twist, label = walk
        evidence, target = torch.from_numpy(scores), torch.from_numpy(label)
        total = torch.zeros(())
        for count, poses in enumerate(_poses_after_every_view(twist), start=1):
            told = self(evidence[:, :count], torch.from_numpy(poses))
            total = total + nn.functional.cross_entropy(told, target) / scores.shape[1]
        return total


class Transformer:
    """Self-attention over the evidence of the views so far (Vaswani et al. 2017), trained to be right after every view
    of random walks. The order of the earlier views does not matter, only where they were taken from.

    It holds at most the protocol's T views; UserError with one more.
    """

    name, suffix = "transformer", ".pt"

    def __init__(self, attention: _Attention):
        self._attention = attention.eval()

    def init(self, batch: int) -> Belief:
        # the number of views, then evidence and pose of each
        size = 1 + self._attention.views * (self._attention.classes + _POSE)
        return Belief(uniform(batch, self._attention.classes), np.zeros((batch, size), np.float32))

    @torch.no_grad()
    def update(self, belief: Belief, evidence: Evidence, egomotion: NDArray[np.float32]) -> Belief:
        net = self._attention
        count = belief.state[:, 0].astype(int)
        if count.max(initial=0) >= net.views:
            raise UserError(f"fusion 'transformer' was trained for episodes of {net.views} views: train another.")
        slots = belief.state[:, 1:].reshape(len(count), net.views, net.classes + _POSE).copy()
        poses = _matrices(slots[..., net.classes :])
        now_from_before = invert(exp_se3(egomotion.astype(np.float64)))
        slots[..., net.classes :] = _numbers(now_from_before[:, None] @ poses)
        rows = np.arange(len(count))
        slots[rows, count, : net.classes] = evidence.log_likelihood
        slots[rows, count, net.classes :] = _numbers(np.eye(4))
        scores = np.empty_like(belief.log_probs)
        for views in np.unique(count) + 1:  # episodes that are as far along attend together
            chosen = count + 1 == views
            told = torch.from_numpy(slots[chosen, :views])
            scores[chosen] = net(told[..., : net.classes], told[..., net.classes :]).numpy()
        state = np.concatenate([count[:, None] + 1, slots.reshape(len(count), -1)], axis=1)
        return Belief(normalise(scores), state.astype(np.float32))

    @classmethod
    def fit(cls, lessons: Lessons, config: AgentConfig, seed: int) -> Transformer:
        settings, classes, views = config.transformer, len(lessons.classes), lessons.protocol.views
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net = _Attention(classes, views, settings.width, settings.layers)
            optimiser = torch.optim.AdamW(net.parameters(), lr=settings.learning_rate, weight_decay=1e-2)
            learn(net, net.surprise, lessons, settings, optimiser, [seed, 13], cls)
        return cls(net)

    def save(self, path: Path) -> None:
        net = self._attention
        shape = {"classes": net.classes, "views": net.views, "width": net.width, "layers": net.depth}
        write_content(path, {"shape": shape, "weights": net.state_dict()})

    @classmethod
    def load(cls, path: Path) -> Transformer:
        return cls(read_content(path, "fusion", _rebuilt))


def _rebuilt(content: dict[str, Any]) -> _Attention:
    net = _Attention(**content["shape"])
    net.load_state_dict(content["weights"])
    return net


def _poses_after_every_view(twist: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """Of walks (N, T, 6), for every view t: (N, t, 12) poses of the cameras up to it, in its own frame."""
    before_from_now = exp_se3(twist.astype(np.float64))
    poses, found = np.zeros((len(twist), 0, 4, 4)), []
    for view in range(twist.shape[1]):
        poses = invert(before_from_now[:, view])[:, None] @ poses
        poses = np.concatenate([poses, np.broadcast_to(np.eye(4), (len(twist), 1, 4, 4))], axis=1)
        found.append(_numbers(poses))
    return found


def _numbers(poses: NDArray[np.float64]) -> NDArray[np.float32]:
    """(..., 12): rotation, row by row, and position of poses (..., 4, 4)."""
    rotation = poses[..., :3, :3].reshape(*poses.shape[:-2], 9)
    return np.concatenate([rotation, poses[..., :3, 3]], axis=-1).astype(np.float32)


def _matrices(numbers: NDArray[np.float32]) -> NDArray[np.float64]:
    """(..., 4, 4) poses of ``_numbers``; of empty slots, whatever."""
    poses = np.zeros((*numbers.shape[:-1], 4, 4))
    poses[..., :3, :3] = numbers[..., :9].reshape(*numbers.shape[:-1], 3, 3)
    poses[..., :3, 3], poses[..., 3, 3] = numbers[..., 9:], 1.0
    return poses
