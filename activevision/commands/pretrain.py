"""``activevision pretrain``: an encoder from rollouts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from activevision.commands.heldout import check_fields, check_heldout
from activevision.commands.run_folder import note_run
from activevision.encoders.config import PretrainConfig

if TYPE_CHECKING:
    from activevision.encoders.backbones import Encoder
    from activevision.encoders.pretrain import Pretrained
    from activevision.rollouts.dataset import WindowDataset
    from activevision.rollouts.windows import Windows


@dataclass(frozen=True)
class Pretrain:
    """Pretrain an encoder on rollouts and measure it. Goes on where it was stopped."""

    config: Annotated[PretrainConfig, tyro.conf.arg(name="")] = field(default_factory=PretrainConfig)
    data: str = "runs/rollouts"
    """Rollouts to learn from: a folder or URL."""
    length: int | None = None
    """Frames of a window; unless given whole episodes where they are short and alike, else up to 16."""
    gap: int = 1
    """Frames of an episode from one frame of a window to the next: smooth walks move little from frame to frame."""
    skip_damaged: bool = False
    """Go on without shards that are damaged, and say which were left out."""
    heldout: str | None = None
    """Rollouts of other objects to measure the encoder on; without them it is not measured."""
    out: Path = Path("runs/encoder")
    """Folder of the run; the encoder itself goes to its subfolder "encoder"."""

    def run(self) -> None:
        from activevision.encoders.objectives import objective_class
        from activevision.encoders.pretrain import check_run, pretrain
        from activevision.encoders.processes import is_first
        from activevision.files import alone_in
        from activevision.rollouts.dataset import WindowDataset

        kind = objective_class(self.config.objective)
        self.config.own(kind.Settings)  # a wrong setting is an error before anything is read
        windows = self._windows()
        self._check_fields(kind.needed(self.config))
        dataset = WindowDataset.load(self.data, windows, kind.needed(self.config), self.skip_damaged)
        heldout = WindowDataset.load(self.heldout, windows, (), self.skip_damaged) if self.heldout else None
        if self.heldout is not None and heldout is not None:
            check_heldout(dataset, heldout, self.data, self.heldout)
        if not is_first():
            pretrain(self.config, dataset, self.out)
            return
        with alone_in(self.out, "pretraining into"):
            check_run(self.config, dataset, self.out)
            note_run(self.out, "pretrain", self)
            trained = pretrain(self.config, dataset, self.out)
            if heldout is not None:
                self._measure(trained, dataset, heldout)
        print(f"the encoder is in {trained.path}")

    def _check_fields(self, fields: Sequence[str]) -> None:
        from activevision.rollouts.manifest import Manifest
        from activevision.rollouts.shards import stored_episodes
        from activevision.rollouts.storage import Storage

        shards = Manifest.read(self.data).shards
        if fields and shards and not self.skip_damaged:  # else it might be the first that is left out
            first = stored_episodes(Storage(self.data), shards[0])[0]
            check_fields(first, self.data, self.config.objective, fields)

    def _measure(self, trained: Pretrained, dataset: WindowDataset, heldout: WindowDataset) -> None:
        from activevision.files import write_json

        figures = measure_encoders({self.config.objective: trained.encoder}, dataset, heldout, self.config)
        write_json(self.out / "figures.json", figures)
        save_measured(trained, dataset, self.config, figures)
        for name, value in figures.items():
            print(f"{name}: {value}")

    def _windows(self) -> Windows | int | None:
        from activevision.errors import UserError
        from activevision.rollouts.windows import Gap, Windows

        if self.length is None:
            if self.gap != 1:
                raise UserError(f"--gap {self.gap} is of windows whose --length is given: give one.")
            return None
        return Windows(self.length, Gap(self.gap), stride=max(1, self.length - 1))


def measure_encoders(
    encoders: dict[str, Encoder], train: WindowDataset, heldout: WindowDataset, config: PretrainConfig
) -> dict[str, Any]:
    """Equivariance and probes of encoders and of random weights, on objects that none of them has seen."""
    import torch

    from activevision.encoders.backbones import description, rebuilt
    from activevision.evaluation.probes import probe_encoder

    with torch.random.fork_rng():
        torch.manual_seed(config.seed)
        blank = rebuilt(description(next(iter(encoders.values())))).eval()
    figures = {name: probe_encoder(encoder, train, heldout, config) for name, encoder in
               {**encoders, "random-weights": blank}.items()}  # fmt: skip
    metrics = next(iter(figures.values()))
    return {metric: {name: values[metric] for name, values in figures.items()} for metric in metrics}


def pretrain_with_baseline(
    config: PretrainConfig, train: WindowDataset, heldout: WindowDataset, out: Path
) -> tuple[Encoder, dict[str, Any]]:
    """The encoder of ``config`` and its figures, beside slow features that were trained alike and random weights."""
    from activevision.encoders.pretrain import pretrain
    from activevision.evaluation.probing.measures import REVISION
    from activevision.files import as_json, digest, read_object, write_json

    trained = pretrain(config, train, out / config.objective)
    slow = pretrain(replace(config, objective="slow_features"), train, out / "slow_features")
    measured, key = out / "figures.json", digest(REVISION, as_json(asdict(config)), train.key, heldout.key)
    if measured.exists() and (found := read_object(measured)).get("key") == key:
        return trained.encoder, found["figures"]
    figures = measure_encoders(
        {config.objective: trained.encoder, "slow_features": slow.encoder}, train, heldout, config
    )
    save_measured(trained, train, config, figures)
    write_json(measured, {"key": key, "figures": figures})
    return trained.encoder, figures


def save_measured(trained: Pretrained, train: WindowDataset, config: PretrainConfig, figures: dict[str, Any]) -> None:
    """Save the encoder again with its figures on its card."""
    from activevision.encoders.checkpoint import save_encoder

    data = asdict(train.source) if train.source else {}
    save_encoder(trained.path, trained.encoder, {"settings": asdict(config), "data": data, "figures": figures})
