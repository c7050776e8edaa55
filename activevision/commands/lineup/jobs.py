"""What is done for one encoder; by this process or by a worker, one core each.

Every job leaves files that are whole or absent, and goes on with what an earlier one left. All is a function of the
lineup, whoever does it: torch keeps to one thread, since what several threads sum up differs in the last bit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from activevision.commands.lineup.plan import Lineup, Unit
from activevision.commands.lineup.stages import needed
from activevision.encoders.checkpoint import load_encoder
from activevision.encoders.pretrain import pretrain
from activevision.evaluation.probing.compare import measured_once
from activevision.evaluation.probing.encode import without_features
from activevision.evaluation.probing.measure import Task
from activevision.progress import told_of_steps
from activevision.rollouts.dataset import WindowDataset
from activevision.rollouts.windows import Gap, Windows

Advance = Callable[[int], None]

_lineup: Lineup


def enter(lineup: Lineup) -> None:
    """Make this process ready."""
    global _lineup
    _lineup = lineup


def windows_of(lineup: Lineup, unit: Unit) -> WindowDataset:
    """What an encoder is trained on. UserError where the rollouts lack what its objective needs."""
    chosen = lineup.windows[unit.kind]
    return WindowDataset.load(lineup.data, Windows(chosen.length, Gap(chosen.gap)), needed(unit.objective))


def pretrain_encoder(unit: Unit, advance: Advance) -> None:
    """Tells of images."""
    windows = windows_of(_lineup, unit)
    config = _lineup.budget.pretraining(unit.objective, unit.seed, len(windows), windows.length)
    with told_of_steps(advance):
        pretrain(config, windows, _lineup.encoder_run(unit))


def probe_encoder(unit: Unit, advance: Advance) -> None:
    train, test, task = _probing(_lineup)
    encoder = load_encoder(_lineup.encoder(unit))
    measured_once(unit.name, encoder, train, test, task, _lineup.probe, _lineup.probe_seeds, _lineup.probes)
    advance(1)


@cache
def _probing(lineup: Lineup) -> tuple[WindowDataset, WindowDataset, Task]:
    train, test = (WindowDataset.load(lineup.probe_data(split)) for split in ("train", "test"))
    return train, test, Task.of(without_features(train), without_features(test), lineup.probe)
