"""Sidekicks (Ramakrishnan & Grauman, ECCV 2018): what is known of training scenes as a whole helps to learn where to
look, and is not needed afterwards."""

from __future__ import annotations

import torch

from activevision.agents.look_around.episodes import view_errors
from activevision.agents.look_around.network import CompletionNetwork
from activevision.agents.look_around.table import CodeTable, OwnGrid


@torch.no_grad()
def errors_from_one_view(net: CompletionNetwork, table: CodeTable, grid: OwnGrid) -> torch.Tensor:
    """(N, V, V): how wrong (MSE × 1000) a network of one view is about view j of scene n when it has seen view i."""
    result = torch.empty(len(table), grid.size, grid.size)
    for view in range(grid.size):
        row, origin = view // grid.columns, view % grid.columns
        start = torch.full((len(table),), row * grid.columns)
        state = net.see(table.codes[:, view], net.place(start, torch.zeros_like(start)), net.begin(len(table)))
        there = grid.there[origin]
        result[:, view, there] = view_errors(net.complete(state), table.codes[:, there], table.rest[:, there])
    return result


def scores(errors: torch.Tensor) -> torch.Tensor:
    """(N, V): how much each view alone tells of its scene, by the inverse of the error, from 0 for its least telling
    view to 1 for its most telling one."""
    return _ranged(1 / errors.mean(2).clamp(min=1e-8))


def utility(errors: torch.Tensor) -> torch.Tensor:
    """(N, V, V): how much view i tells of view j, by the inverse of the error, from 0 for the view that tells least of
    j to 1 for the one that tells most."""
    return _ranged(1 / errors.clamp(min=1e-8))


def peaks(score: torch.Tensor, grid: OwnGrid) -> torch.Tensor:
    """(N, V): the scores (N, V) of views that are the best of their surroundings, and 0 for all others.

    Again and again the best view that is left is kept, and those beside it, 3 × 3, are left out, so that views that
    show much the same are not rewarded twice.
    """
    beside = surroundings(grid)
    left, kept = score + 1.0, torch.zeros_like(score)  # what is out has 0
    for _ in range(grid.size):
        best = left.argmax(1, keepdim=True)
        kept.scatter_add_(1, best, score.gather(1, best) * (left.gather(1, best) > 0))
        left = left.masked_fill(beside[best[:, 0]], 0.0)
    return kept


def surroundings(grid: OwnGrid) -> torch.Tensor:
    """(V, V) bool: the 3 × 3 views about each; columns go round, rows end."""
    view = torch.arange(grid.size)
    row, column = view // grid.columns, view % grid.columns
    apart = (column[:, None] - column).abs()
    return ((row[:, None] - row).abs() <= 1) & (torch.minimum(apart, grid.columns - apart) <= 1)


def score_rewards(
    peak: torch.Tensor, scene: torch.Tensor, origin: torch.Tensor, viewpoint: torch.Tensor, grid: OwnGrid
) -> torch.Tensor:
    """(N, T − 1): what each motion is rewarded with, the score of the view that it leads to. A view that was seen, and
    those beside it, 3 × 3, have nothing more to give.

    peak: (S, V). scene: (N,), modulo S, see ``CodeTable``. origin: (N,). viewpoint: (N, T) on the agents' own grids.
    """
    beside = surroundings(grid)
    there = grid.there[origin].gather(1, viewpoint)
    left = peak[scene % len(peak)].masked_fill(beside[there[:, 0]], 0.0)
    rewards = peak.new_empty(len(viewpoint), viewpoint.shape[1] - 1)
    for time in range(1, viewpoint.shape[1]):
        rewards[:, time - 1] = left.gather(1, there[:, time, None])[:, 0]
        left = left.masked_fill(beside[there[:, time]], 0.0)
    return rewards


def _ranged(telling: torch.Tensor) -> torch.Tensor:
    """From 0 to 1 along the second axis."""
    least, most = telling.amin(1, keepdim=True), telling.amax(1, keepdim=True)
    return (telling - least) / (most - least).clamp(min=1e-8)
