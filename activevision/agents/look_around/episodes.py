"""Whole episodes of completion as look-ups in a table of codes."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import torch

from activevision.agents.look_around.choosers import Choice, Chooser, Moment
from activevision.agents.look_around.codes import PIXELS
from activevision.agents.look_around.network import CompletionNetwork
from activevision.agents.look_around.table import CodeTable, OwnGrid


class Episodes(NamedTuple):
    """N episodes of T views.

    error: (N, T) mean squared error of all pixels of the grid, in [0, 1], times 1000, of what was predicted after each
    view. viewpoint: (N, T) on the agents' own grids. choices: T − 1.
    """

    error: torch.Tensor
    viewpoint: torch.Tensor
    choices: list[Choice]


def play(
    net: CompletionNetwork,
    table: CodeTable,
    grid: OwnGrid,
    chooser: Chooser,
    scene: torch.Tensor,
    start: torch.Tensor,
    views: int,
    generator: torch.Generator,
) -> Episodes:
    """``views`` views of scenes (N,) from viewpoints (N,) on the scenes' own grids."""
    row, origin = start // grid.columns, start % grid.columns
    there = grid.there[origin]
    target, rest = table.codes[scene[:, None], there], table.rest[scene[:, None], there]
    viewpoint, state = row * grid.columns, net.begin(len(scene))
    seen = torch.zeros(len(scene), grid.size, dtype=torch.bool)
    errors, path, choices = [], [viewpoint], []
    for time in range(views):
        seen = seen.scatter(1, viewpoint[:, None], True)
        place = net.place(viewpoint, torch.full_like(viewpoint, time))
        state = net.see(target[torch.arange(len(scene)), viewpoint], place, state)
        errors.append(completion_error(net.complete(state), target, rest, seen))
        if time == views - 1:
            break
        moment = Moment(time, partial(net.choose, state, place), viewpoint, seen, scene, origin)
        choices.append(chooser.choose(moment, generator))
        viewpoint = grid.next[viewpoint, choices[-1].motion]
        path.append(viewpoint)
    return Episodes(torch.stack(errors, dim=1), torch.stack(path, dim=1), choices)


def view_errors(prediction: torch.Tensor, target: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
    """(N, V) mean squared error of the pixels of every view, times 1000, from codes (N, V, K) and rest (N, V)."""
    return ((prediction - target).square().sum(2) + rest) * (1000 / PIXELS)


def completion_error(
    prediction: torch.Tensor, target: torch.Tensor, rest: torch.Tensor, seen: torch.Tensor
) -> torch.Tensor:
    """(N,) mean squared error of the pixels of whole grids, times 1000; views that were seen (N, V) are not predicted
    but remembered, and so without error."""
    return view_errors(prediction, target, rest).masked_fill(seen, 0).mean(1)
