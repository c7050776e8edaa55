"""TensorBoard while policies are trained: the report's figures, on validation scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.utils.tensorboard import SummaryWriter

from activevision.agents.fusion import Fusion
from activevision.agents.lessons import GridLessons
from activevision.evaluation import metrics
from activevision.evaluation.log import TrajectoryLog, concatenate
from activevision.evaluation.play import Starts, play
from activevision.progress import told_of_steps

SHOWS = 20
"""Times that a policy is looked at in its training, beside the end."""
_EPISODES = 256
_CELL = 24  # pixels
_PAPER, _INK = np.array([247, 247, 244.0]), np.array([0, 90, 190.0])
_BY_VIEW = {
    "accuracy": metrics.accuracy,
    "nll": metrics.negative_log_likelihood,
    "entropy": metrics.entropy,
    "ece": metrics.expected_calibration_error,
    "turn_deg": metrics.rotation_deg,
    "distance_m": metrics.distance,
}


class Board:
    """Plays validation episodes of what is trained, always from the same starts, and writes what comes of it.

    Scalars after every view: accuracy, negative log-likelihood and entropy of the belief (nats), expected calibration
    error, what the camera has turned and moved; beside them the mean number of views taken and the gain in
    log-probability of the true class, which is what policies are rewarded for. A picture of where it looks.

    It is the ``Watch`` of one training. lessons: whose validation scenes and evidence it takes. fusion: whose beliefs a
    policy is given; None where an agent brings its own.
    """

    def __init__(self, writer: SummaryWriter, lessons: GridLessons, fusion: Fusion | None):
        assert lessons.val_env is not None
        self._writer, self._lessons, self._fusion = writer, lessons, fusion
        self._starts = _starts(lessons, lessons.val_env.num_envs)
        self._current: Callable[[], Any] | None = None
        self._step, self._next, self._every = 0, 0, 0
        views = [["Multiline", [rf"{name}/view_\d+"]] for name in _BY_VIEW]
        writer.add_custom_scalars({"after every view": dict(zip(_BY_VIEW, views, strict=True))})

    def follow(self, current: Callable[[], Any], steps: int) -> None:
        self._current, self._every, self._step = current, max(steps // SHOWS, 1), 0
        self._next = self._every
        self.show(current())

    def advance(self, steps: int) -> None:
        """Tell of steps of the training."""
        self._step += steps
        if self._current is not None and self._step >= self._next:
            self._next = (self._step // self._every + 1) * self._every
            self.show(self._current())

    def show(self, trained: Any) -> None:
        policy, fusion = (trained.policy, trained.fusion) if self._fusion is None else (trained, self._fusion)
        env, table = self._lessons.val_env, self._lessons.val
        assert env is not None
        log = concatenate([play(env, table, fusion, lambda _: policy, starts, {}) for starts in self._starts])
        for name, figure in _BY_VIEW.items():
            self.note({f"{name}/view_{view}": value for view, value in enumerate(figure(log), 1)})
        nll = metrics.negative_log_likelihood(log)
        self.note({"views_taken": metrics.views_taken(log), "gain": nll[0] - nll[-1]})
        self._writer.add_image("where_it_looks", heat_map(log), self._step, dataformats="HWC")

    def note(self, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, self._step)


@contextmanager
def open_board(folder: Path, lessons: GridLessons, fusion: Fusion | None) -> Iterator[Board]:
    """A board whose events go into ``folder``, instead of what an earlier training left there, and that is told of all
    steps of progress bars meanwhile."""
    with SummaryWriter(str(folder), purge_step=0) as writer:
        board = Board(writer, lessons, fusion)
        with told_of_steps(board.advance):
            yield board


def heat_map(log: TrajectoryLog) -> NDArray[np.uint8]:
    """(H, W, 3) shares of the chosen views: elevations upwards, azimuths to the right; full colour is the greatest."""
    shares = metrics.chosen_viewpoints(log).sum(axis=0)[::-1, :, None]
    colours = _PAPER + (_INK - _PAPER) * shares / max(shares.max(), 1e-9)
    return np.round(colours).astype(np.uint8).repeat(_CELL, axis=0).repeat(_CELL, axis=1)


def _starts(lessons: GridLessons, copies: int) -> list[Starts]:
    """About ``_EPISODES`` of validation scenes, in parts for so many copies of the environment."""
    scenes = len(lessons.val.label)
    parts = -(-_EPISODES // copies)
    each = -(-parts * copies // scenes)
    all_ = Starts.on_grid(scenes, lessons.val.grid_shape, each, 0)
    assert all_.viewpoint is not None
    chosen = np.random.default_rng(0).permutation(len(all_))[: parts * copies].reshape(parts, copies)
    return [Starts(all_.scene[some], all_.episode[some], 0, all_.viewpoint[some]) for some in chosen]
