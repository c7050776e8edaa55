"""Backpropagation and REINFORCE through whole episodes on a view grid."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from activevision.agents.config import LookAheadConfig
from activevision.agents.descent import descend
from activevision.agents.lessons import GridLessons
from activevision.agents.look_ahead.grid import Grid, Views
from activevision.agents.look_ahead.network import LookAheadNetwork, Sizes


class Loss(NamedTuple):
    """Of a batch of episodes. classification: cross-entropy summed over the views. forecast: 1 − cosine, summed over
    the motions. reinforce: whose gradient is that of the expected reward, negative. value: of the baseline, squared.
    entropy: of the choices, summed over the motions. reward: share of episodes that end with the right answer."""

    classification: torch.Tensor
    forecast: torch.Tensor
    reinforce: torch.Tensor
    value: torch.Tensor
    entropy: torch.Tensor
    reward: torch.Tensor

    def total(self, config: LookAheadConfig) -> torch.Tensor:
        return (
            self.classification + config.look_ahead * self.forecast + self.reinforce + 0.5 * self.value
            - config.entropy * self.entropy
        )  # fmt: skip


class Baseline(nn.Module):
    """What reward to expect (N,) of a state, where the camera is and the share of motions left."""

    def __init__(self, sizes: Sizes):
        super().__init__()
        inputs = sizes.hidden + sizes.proprioception + 1
        self.layers = nn.Sequential(nn.Linear(inputs, sizes.hidden), nn.ReLU(), nn.Linear(sizes.hidden, 1))

    def forward(self, aggregate: torch.Tensor, proprioception: torch.Tensor, left: torch.Tensor) -> torch.Tensor:
        return self.layers(torch.cat([aggregate, proprioception, left], dim=1))[:, 0]


def train_look_ahead(
    lessons: GridLessons, config: LookAheadConfig, seed: int, what: str, agent: Callable[[LookAheadNetwork], Any]
) -> LookAheadNetwork:
    """Train on cross-fitted evidence of training scenes; same seed, same weights. agent: what a network makes, for who
    watches."""
    generator = np.random.default_rng([seed, 19])
    grid, views, protocol = Grid(lessons.protocol), Views(lessons.train), lessons.protocol
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        sizes = Sizes(config.inputs, lessons.train.feature_size, len(lessons.classes), len(protocol.motions),
                      grid.proprioception.shape[1], config.hidden)  # fmt: skip
        net, baseline = LookAheadNetwork(sizes, config.dropout, config.feature_dropout), Baseline(sizes)
        features = views.feature.flatten(0, 1)
        net.feature_mean.copy_(features.mean(0))
        net.feature_scale.copy_(features.std(0) + 1e-6)
        net.twist_scale.fill_(max(float(grid.twist.square().mean().sqrt()), 1e-6))
        net.steps.copy_(torch.from_numpy(protocol.motions / 2).float())
        parameters = [*net.parameters(), *baseline.parameters()]
        optimiser = torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=1e-4)

        def loss(step: int) -> torch.Tensor:
            scene = torch.from_numpy(generator.integers(len(views.label), size=config.batch_size))
            start = torch.from_numpy(generator.integers(grid.views, size=config.batch_size))
            found = episode_loss(net, baseline, grid, views, scene, start, protocol.views)
            if lessons.watch is not None:
                lessons.watch.note({f"train/{name}": float(value.detach()) for name, value in found._asdict().items()})
            return found.total(config)

        if lessons.watch is not None:
            lessons.watch.follow(lambda: agent(copy.deepcopy(net)), config.steps)
        descend(optimiser, config.learning_rate, config.steps, loss, what)
    return net.eval()


def episode_loss(
    net: LookAheadNetwork,
    baseline: Baseline,
    grid: Grid,
    views: Views,
    scene: torch.Tensor,
    viewpoint: torch.Tensor,
    length: int,
) -> Loss:
    """Play ``length`` views of scenes (N,) from viewpoints (N,) with motions drawn from the ACTOR."""
    label, episodes = views.label[scene], len(scene)
    state, twist = net.begin(episodes), torch.zeros(episodes, 6)
    classification, forecast, entropy = torch.zeros(()), torch.zeros(()), torch.zeros(())
    log_probs, values, expected = [], [], None
    for view in range(length):
        state = net.see(views.log_likelihood[scene, viewpoint], views.feature[scene, viewpoint], twist, state)
        if expected is not None:
            near = nn.functional.cosine_similarity(expected, net.aggregate(state), dim=1)
            forecast = forecast + (1 - near).mean()
        scores = net.classify(state)
        classification = classification + nn.functional.cross_entropy(scores, label)
        if view == length - 1:
            break
        left = torch.full((episodes, 1), (length - 1 - view) / (length - 1))
        where = grid.proprioception[viewpoint]
        choices = torch.distributions.Categorical(logits=net.choose(state, where, left))
        motion = choices.sample()
        log_probs.append(choices.log_prob(motion))
        entropy = entropy + choices.entropy().mean()
        values.append(baseline(net.aggregate(state).detach(), where, left))
        expected = net.forecast(state, motion, where)
        viewpoint, twist = grid.next[viewpoint, motion], grid.twist[viewpoint, motion]
    reward = (scores.argmax(1) == label).float()
    if not log_probs:
        return Loss(classification, forecast, torch.zeros(()), torch.zeros(()), entropy, reward.mean())
    value = torch.stack(values, dim=1)
    advantage = (reward[:, None] - value).detach()
    return Loss(
        classification,
        forecast,
        -(torch.stack(log_probs, dim=1) * advantage).sum(1).mean(),
        (value - reward[:, None]).square().sum(1).mean(),
        entropy,
        reward.mean(),
    )
