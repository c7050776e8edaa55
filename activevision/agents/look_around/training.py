"""Supervised completion and REINFORCE, together, through whole episodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

from activevision.agents.config import LookAroundConfig
from activevision.agents.descent import descend
from activevision.agents.look_around.choosers import AnyMotion
from activevision.agents.look_around.codes import chosen, components
from activevision.agents.look_around.episodes import play
from activevision.agents.look_around.lesson import Given, Lesson
from activevision.agents.look_around.material import Material
from activevision.agents.look_around.network import CompletionNetwork, Sizes


def train_one_view(material: Material, config: LookAroundConfig, seed: int) -> CompletionNetwork:
    """A network that completes from one view; the others begin as it is. Same seed, same weights."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = _network(material, config, seed)
    lesson = Given(AnyMotion(len(material.protocol.motions)))
    course = _Course(1, config.one_view_steps, config.one_view_batch, 1, f"One view (seed {seed})")
    return _train(net, material, lesson, course, config, [seed, 29])


def train_looking_around(
    one_view: CompletionNetwork,
    material: Material,
    lesson: Lesson,
    config: LookAroundConfig,
    seed: int,
    name: str = "Looking around",
    begun: Callable[[CompletionNetwork], None] = lambda net: None,
    views: int | None = None,
) -> CompletionNetwork:
    """A network that completes from so many views, the protocol's T unless given, beginning from one of a single view.
    Whatever the lesson and the views, it learns from as many starts in as many steps. Same seed, same weights. begun:
    is given the network before it learns, as it is."""
    net = CompletionNetwork(one_view.sizes)
    net.load_state_dict(one_view.state_dict())
    begun(net)
    starts, views = config.batch_size // config.rollouts, views or material.protocol.views
    rollouts = config.rollouts if views > 1 else 1  # where nothing is chosen they are all alike
    course = _Course(views, config.steps, starts, rollouts, f"{name} (seed {seed})")
    return _train(net, material, lesson, course, config, [seed, 31])


class _Course(NamedTuple):
    """views: of an episode. steps: of the optimiser. starts: in a batch. rollouts: episodes from each. what: for the
    progress bar."""

    views: int
    steps: int
    starts: int
    rollouts: int
    what: str


def _network(material: Material, config: LookAroundConfig, seed: int) -> CompletionNetwork:
    """A new one, which has the components of the training scenes' grids, from wherever an agent may begin."""
    protocol, grid = material.protocol, material.grid
    generator = np.random.default_rng([seed, 37])
    known = material.table.first(2)
    index = chosen(len(known) * grid.columns, generator)
    scene, origin = torch.from_numpy(index // grid.columns), torch.from_numpy(index % grid.columns)
    grids = known.codes[scene[:, None], grid.there[origin]].flatten(1)
    axes, spread = components(grids, config.components, generator)
    rows, columns = protocol.grid_shape
    net = CompletionNetwork(
        Sizes(
            rows=rows, columns=columns, views=protocol.views, motions=len(protocol.motions),
            codes=material.codes.size, components=len(axes), hidden=config.hidden,
        )
    )  # fmt: skip
    net.axes.copy_(axes)
    net.spread.copy_((spread * spread[0]).sqrt())  # between learning all components alike and each by its size
    net.scale.copy_(grids.square().mean().sqrt())
    return net


def _train(
    net: CompletionNetwork,
    material: Material,
    lesson: Lesson,
    course: _Course,
    config: LookAroundConfig,
    seed: list[int],
) -> CompletionNetwork:
    generator = torch.Generator().manual_seed(int(np.random.default_rng(seed).integers(2**62)))
    rate = config.learning_rate
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=config.weight_decay)
    net.train()

    def loss(step: int) -> torch.Tensor:
        return _loss(net, material, lesson, course, step / course.steps, config, generator)

    descend(optimiser, rate, course.steps, loss, course.what, rising=0.1)
    return net.eval()


def _loss(
    net: CompletionNetwork,
    material: Material,
    lesson: Lesson,
    course: _Course,
    progress: float,
    config: LookAroundConfig,
    generator: torch.Generator,
) -> torch.Tensor:
    """Of a batch: the error after every view; where the network chooses, minus the expected reward; where it is taught,
    minus the log-probability of the demonstrator's motions."""
    grid, starts = material.grid, (course.starts,)
    scene = torch.randint(len(material.table), starts, generator=generator).repeat_interleave(course.rollouts)
    start = torch.randint(grid.size, starts, generator=generator).repeat_interleave(course.rollouts)
    episodes = play(net, material.table, grid, lesson.chooser(progress), scene, start, course.views, generator)
    loss = episodes.error.mean() / config.error_unit
    if not lesson.by_trial:
        return loss
    rewards = lesson.rewards(episodes, scene, start % grid.columns, progress)
    gain = advantages(returns(episodes.error[:, -1].detach(), rewards), course.rollouts)
    for time, choice in enumerate(episodes.choices):
        assert choice.log_prob is not None
        if choice.taught:
            loss = loss - config.imitation * choice.log_prob.mean()
        else:
            assert choice.entropy is not None
            loss = loss - config.reinforce * (choice.log_prob * gain[:, time]).mean()
            loss = loss - config.entropy * choice.entropy.mean()
    return loss


def returns(error: torch.Tensor, rewards: torch.Tensor) -> torch.Tensor:
    """(N, T − 1) of every motion: minus the last error (N,), and the rewards (N, T − 1) from this motion on."""
    return rewards.flip(1).cumsum(1).flip(1) - error[:, None]


def advantages(returns: torch.Tensor, rollouts: int) -> torch.Tensor:
    """Returns (N, T − 1) less the mean of the other rollouts from the same start, over their standard deviation.

    Each start is played ``rollouts`` times in a row. What no choice can help, a scene that is hard to complete, thus
    speaks for none (Kool et al., *Buy 4 REINFORCE samples, get a baseline for free!*, 2019).
    """
    groups = returns.reshape(-1, rollouts, returns.shape[1])
    others = (groups.sum(1, keepdim=True) - groups) / (rollouts - 1)
    apart = (groups - others).reshape(returns.shape)
    return apart / (apart.std() + 1e-6)
