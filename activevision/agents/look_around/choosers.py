"""What moves the camera in training and in the table of results."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import torch

from activevision.agents.look_around.table import OwnGrid
from activevision.agents.saliency import most_salient


class Moment(NamedTuple):
    """What there is to choose from, for N episodes.

    time: views before the present one. logits: gives those (N, M) of the network's ACT. viewpoint: (N,) and seen:
    (N, V) bool, on the agent's own grid. scene: (N,) and origin: (N,), the column of the first view, are for none but
    those that are called unfair.
    """

    time: int
    logits: Callable[[], torch.Tensor]
    viewpoint: torch.Tensor
    seen: torch.Tensor
    scene: torch.Tensor
    origin: torch.Tensor


class Choice(NamedTuple):
    """motion: (N,). log_prob: (N,) that the network gave it, and entropy: (N,) of the network's choice; None where
    nothing is to be learned from it. taught: whether a demonstrator made the choice."""

    motion: torch.Tensor
    log_prob: torch.Tensor | None = None
    entropy: torch.Tensor | None = None
    taught: bool = False


class Chooser(Protocol):
    """Chooses motions of N episodes."""

    def choose(self, moment: Moment, generator: torch.Generator) -> Choice: ...


class AnyMotion:
    """Every motion alike."""

    def __init__(self, motions: int):
        self._motions = motions

    def choose(self, moment: Moment, generator: torch.Generator) -> Choice:
        return Choice(torch.randint(self._motions, (len(moment.viewpoint),), generator=generator))


class SameMotion:
    """One motion, always."""

    def __init__(self, motion: int):
        self.motion = motion

    def choose(self, moment: Moment, generator: torch.Generator) -> Choice:
        return Choice(torch.full((len(moment.viewpoint),), self.motion))


class Drawn:
    """Motions as often as the network gives them probability: what learns by trial."""

    def choose(self, moment: Moment, generator: torch.Generator) -> Choice:
        log_probs = torch.log_softmax(moment.logits(), dim=1)
        motion = torch.multinomial(log_probs.detach().exp(), 1, generator=generator)[:, 0]
        entropy = -(log_probs.exp() * log_probs).sum(1)
        return Choice(motion, log_probs.gather(1, motion[:, None])[:, 0], entropy)


class Likeliest:
    """The motion to which the network gives most probability: what has learned."""

    def choose(self, moment: Moment, generator: torch.Generator) -> Choice:
        return Choice(moment.logits().argmax(dim=1))


class PeekSaliency:
    """UNFAIR, as the paper's baseline is: it sees the views within reach before it moves, and goes to the most salient
    one that it has not had.

    saliency: (S, V) of the views of the scenes that it is played on.
    """

    def __init__(self, saliency: torch.Tensor, grid: OwnGrid):
        self._saliency, self._grid = saliency, grid

    def choose(self, moment: Moment, generator: torch.Generator) -> Choice:
        reach = self._grid.next[moment.viewpoint]
        there = self._grid.there[moment.origin].gather(1, reach)
        values, seen = self._saliency[moment.scene[:, None], there], moment.seen.gather(1, reach)
        return Choice(torch.from_numpy(most_salient(values.numpy(), seen.numpy())))


class GreedyCoverage:
    """UNFAIR, a demonstrator for training: it knows how well each view alone tells of every other, and goes where the
    coverage of the grid, Σ_j min(1, Σ_i utility(i, j)) over the views i seen, grows most.

    utility: (S, V, V) in [0, 1]. Of copies in other light, whose numbers begin anew, modulo S.
    """

    def __init__(self, utility: torch.Tensor, grid: OwnGrid):
        self._utility, self._grid = utility, grid

    def choose(self, moment: Moment, generator: torch.Generator) -> Choice:
        utility = self._utility[moment.scene % len(self._utility)]
        there = self._grid.there[moment.origin]
        seen = torch.zeros_like(moment.seen).scatter(1, there, moment.seen)  # on the scenes' own grids
        covered = torch.einsum("ni,nij->nj", seen.float(), utility)
        reach = there.gather(1, self._grid.next[moment.viewpoint])
        more = utility[torch.arange(len(reach))[:, None], reach] * ~seen.gather(1, reach)[..., None]
        return Choice((covered[:, None] + more).clamp(max=1).sum(2).argmax(dim=1))


class Taught:
    """The first ``motions`` of an episode are a teacher's, which the network is to imitate; all others its own."""

    def __init__(self, demonstrator: Chooser, motions: int):
        self._demonstrator, self._motions, self._own = demonstrator, motions, Drawn()

    def choose(self, moment: Moment, generator: torch.Generator) -> Choice:
        if moment.time >= self._motions:
            return self._own.choose(moment, generator)
        motion = self._demonstrator.choose(moment, generator).motion
        log_probs = torch.log_softmax(moment.logits(), dim=1)
        return Choice(motion, log_probs.gather(1, motion[:, None])[:, 0], taught=True)
