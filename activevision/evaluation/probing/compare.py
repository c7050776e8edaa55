"""Several encoders asked the same: their results as JSON, and what the page shows beside."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from activevision.encoders.backbones import Encoder
from activevision.evaluation.probing import pose_regression, predictor, recipe, stored
from activevision.evaluation.probing.encode import encode, without_features
from activevision.evaluation.probing.measure import Measured, Task, measure
from activevision.evaluation.probing.measures import MEASURES, REVISION
from activevision.evaluation.probing.protocol import ProbeProtocol
from activevision.evaluation.probing.table import BOOTSTRAP, chance, standing_still, tabulate
from activevision.evaluation.versions import installed_versions
from activevision.files import digest
from activevision.progress import progress
from activevision.rollouts.dataset import WindowDataset

SCHEMA = 1
_RECIPE = {
    "epochs": recipe.EPOCHS,
    "batch_size": recipe.BATCH,
    "patience": recipe.PATIENCE,
    "learning_rate": recipe.RATE,
    "weight_decay": recipe.DECAY,
    "regressor_hidden": pose_regression.HIDDEN,
    "predictor_hidden": predictor.HIDDEN,
}


@dataclass(frozen=True, eq=False)
class Candidate:
    """encoder: to be measured. facts: what is to be known of it, as JSON. warning: what speaks against its figures."""

    encoder: Encoder
    facts: Mapping[str, Any]
    warning: str = ""


def compare(
    candidates: Mapping[str, Candidate],
    train: WindowDataset,
    test: WindowDataset,
    protocol: ProbeProtocol,
    seeds: int,
    out: Path,
) -> tuple[dict[str, Any], Task, dict[str, Measured]]:
    """Results, what was asked, and what was measured. Encoders that ``out`` has been given before are not measured
    again."""
    task = Task.of(without_features(train), without_features(test), protocol)
    measured: dict[str, Measured] = {}
    seconds: dict[str, float] = {}
    for name, candidate in candidates.items():
        began = time.process_time()
        measured[name], anew = measured_once(name, candidate.encoder, train, test, task, protocol, seeds, out)
        if anew:
            seconds[name] = round(time.process_time() - began, 1)
    with progress("Comparing", len(MEASURES), "measures") as advance:
        figures = tabulate(measured, advance)
    results = {
        "schema": SCHEMA,
        "protocol": asdict(protocol),
        "data": {
            split: {
                **(asdict(dataset.source) if dataset.source else {}),
                "episodes": len(dataset.episodes),
                "scenes": len(set(dataset.scenes)),
                "frames": int(dataset.views.sum()),
                "classes": len(dataset.classes),
                "key": dataset.key,
            }
            for split, dataset in (("train", train), ("test", test))
        },
        "pairs": {"train": len(task.fitted), "test": len(task.asked), "out_of_range": len(task.larger)},
        "recipe": {**_RECIPE, "seeds": seeds, "resamples": BOOTSTRAP.resamples},
        "measures": {name: asdict(of_name) for name, of_name in MEASURES.items()},
        "chance": chance(without_features(test), task),
        "standing_still": standing_still(without_features(test), task),
        "encoders": {
            name: {
                "facts": dict(candidate.facts),
                "warning": candidate.warning,
                "figures": figures[name],
                "collapse": measured[name].collapse,
            }
            for name, candidate in candidates.items()
        },
        "processor_seconds": seconds,
        "versions": installed_versions(),
    }
    return results, task, measured


def measured_file(out: Path, name: str) -> Path:
    """Where ``measured_once`` keeps what it measured of an encoder."""
    return out / "measured" / f"{name.replace('/', '--')}.npz"


def measured_once(
    name: str,
    encoder: Encoder,
    train: WindowDataset,
    test: WindowDataset,
    task: Task,
    protocol: ProbeProtocol,
    seeds: int,
    out: Path,
) -> tuple[Measured, bool]:
    """What is measured of an encoder, kept in ``out`` under its name; and whether it was not there yet."""
    weights = [tensor.numpy().tobytes() for tensor in encoder.state_dict().values()]
    key = digest(SCHEMA, REVISION, encoder.name, train.key, test.key, asdict(protocol), seeds, _RECIPE, *weights)
    path = measured_file(out, name)
    found = stored.read(path, key)
    if found is not None:
        return found, False
    found = measure(encode(encoder, train), encode(encoder, test), task, seeds)
    stored.write(path, found, key)
    return found, True
