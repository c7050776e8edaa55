"""TensorBoard while policies and fusions are trained: the report's figures, on validation scenes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from activevision.evaluation import metrics
from activevision.evaluation.log import TrajectoryLog
from activevision.evaluation.report.plate import plates
from activevision.evaluation.validation import Validation
from activevision.progress import told_of_steps

SHOWS = 20
"""Times that what is trained is looked at in its training, beside the end."""
PICTURES = 4
"""Of these, times that pictures are drawn, too, beside the beginning and the end."""
_BELIEF = {
    "accuracy": metrics.accuracy,
    "nll": metrics.negative_log_likelihood,
    "entropy": metrics.entropy,
    "ece": metrics.expected_calibration_error,
}
_MOTION = {"turn_deg": metrics.rotation_deg, "distance_m": metrics.distance}


class Board:
    """Tries what is trained on validation scenes, always on the same episodes, and writes what comes of it.

    Scalars after every view: accuracy, negative log-likelihood and entropy of the belief (nats), expected calibration
    error; of a policy also what the camera has turned and moved; beside them the mean number of views taken and the
    gain in log-probability of the true class, which is what policies are rewarded for. Pictures, less often:
    calibration, what is taken for what, where it looks, an episode that ends right and one that ends wrong.

    It is the ``Watch`` of one training.
    """

    def __init__(self, writer: SummaryWriter, validation: Validation):
        self._writer, self._validation = writer, validation
        self._current: Callable[[], Any] | None = None
        self._step, self._next, self._every, self._shown = 0, 0, 0, 0
        views = {name: ["Multiline", [rf"{name}/view_\d+"]] for name in (*_BELIEF, *_MOTION)}
        writer.add_custom_scalars({"after every view": views})

    def follow(self, current: Callable[[], Any], steps: int) -> None:
        self._current, self._every, self._step, self._shown = current, max(steps // SHOWS, 1), 0, 0
        self._next = self._every
        self._look()

    def advance(self, steps: int) -> None:
        """Tell of steps of the training."""
        self._step += steps
        if self._current is not None and self._step >= self._next:
            self._next = (self._step // self._every + 1) * self._every
            self._look()

    def show(self, trained: Any) -> None:
        log = self._figures(trained)
        for name, pixels in plates(log, self._validation.film).items():
            self._writer.add_image(name, pixels, self._step, dataformats="HWC")

    def note(self, figures: Mapping[str, float]) -> None:
        for name, value in figures.items():
            self._writer.add_scalar(name, value, self._step)

    def _look(self) -> None:
        assert self._current is not None
        if self._shown % max(SHOWS // PICTURES, 1) == 0:
            self.show(self._current())
        else:
            self._figures(self._current())
        self._shown += 1

    def _figures(self, trained: Any) -> TrajectoryLog:
        log = self._validation.log(trained)
        told = _BELIEF if log.pose is None else {**_BELIEF, **_MOTION}
        for name, figure in told.items():
            self.note({f"{name}/view_{view}": value for view, value in enumerate(figure(log), 1)})
        nll = metrics.negative_log_likelihood(log)
        self.note({"gain": nll[0] - nll[-1]})
        if log.taken is not None:
            self.note({"views_taken": metrics.views_taken(log)})
        return log


@contextmanager
def open_board(folder: Path, validation: Validation) -> Iterator[Board]:
    """A board whose events go into ``folder``, instead of what an earlier training left there, and that is told of all
    steps of progress bars meanwhile."""
    with SummaryWriter(str(folder), purge_step=0) as writer:
        board = Board(writer, validation)
        with told_of_steps(board.advance):
            yield board
