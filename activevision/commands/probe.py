"""``activevision probe``: the equivariance benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.commands.run_folder import command_line, note_run
from activevision.errors import UserError, unknown
from activevision.evaluation.probing.protocol import PROTOCOLS, ProbeProtocol

if TYPE_CHECKING:
    from activevision.evaluation.probing.compare import Candidate
    from activevision.rollouts.dataset import WindowDataset

RANDOM = "random-weights"


@dataclass(frozen=True)
class Probe:
    """Measure what encoders know of the camera's motion and of what they see, beside random weights, on scenes that
    neither they nor the probes have seen. Writes probe.json and index.html; encoders that were measured before are not
    measured again.
    """

    encoder: tuple[Path, ...] = ()
    """Folders that `activevision pretrain` wrote: of runs, or of the encoders in them."""
    all: Path | None = None
    """Folder in which every encoder is measured, at any depth."""
    protocol: str = "objects"
    """objects (turns within 90° round procedural objects), furniture (the same of real pieces), rooms (a person who
    walks) or handheld: which pairs of views count, and what is filmed where no data is given."""
    data: Path | None = None
    """Rollouts to fit the probes to; with --heldout. Those of the protocol are collected once unless given."""
    heldout: Path | None = None
    """Rollouts of other scenes to score them on."""
    seeds: int = 3
    """Of the probes: initial weights, order, and which scenes choose what is chosen."""
    rollouts: Path = Path("runs/probe-rollouts")
    """Folder where the protocols' own rollouts are kept."""
    out: Path = Path("runs/probe")
    """Folder of the results."""

    def run(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise unknown("protocol", self.protocol, PROTOCOLS)
        if self.seeds < 1:
            raise UserError(f"--seeds {self.seeds}: give at least 1.")
        if (self.data is None) != (self.heldout is None):
            raise UserError("--data and --heldout go together: give both, or neither for the protocol's own rollouts.")
        folders = _folders(self.encoder, self.all)

        from activevision.commands.heldout import check_heldout
        from activevision.encoders.checkpoint import read_card
        from activevision.evaluation.probing.compare import compare
        from activevision.evaluation.probing.page.page import write_probe_page
        from activevision.files import write_json
        from activevision.rollouts.dataset import WindowDataset

        for folder in folders.values():
            read_card(folder)  # what is no encoder is an error before anything is collected
        protocol = PROTOCOLS[self.protocol]
        data, heldout = self.data, self.heldout
        if data is None or heldout is None:
            data, heldout = (self._collected(protocol, split) for split in ("train", "test"))
        train, test = WindowDataset.load(data), WindowDataset.load(heldout)
        check_heldout(train, test, data, heldout)
        candidates = _candidates(folders, test)
        note_run(self.out, "probe", self)
        results, task, measured = compare(candidates, train, test, protocol, self.seeds, self.out)
        write_json(self.out / "probe.json", results)
        page = self.out / "index.html"
        write_probe_page(results, task, measured, test, page, command_line())
        for name, row in results["encoders"].items():
            figures = row["figures"]
            shown = [
                f"{results['measures'][key]['title']} {figures[key]['value']:.3f}"
                for key in ("linear_probe", "r2_relative_rotation", "mrr", "error_composite", "error_blind")
                if key in figures
            ]
            print(f"{name}: {', '.join(shown)}")
        print(f"the page is {page}")

    def _collected(self, protocol: ProbeProtocol, split: str) -> Path:
        """The protocol's rollouts of a split, collected if they are not there yet."""
        from activevision.commands.collect import Collect, Film
        from activevision.commands.world import WorldChoice

        out = self.rollouts / protocol.name / split
        Collect(
            choice=WorldChoice(scenes=protocol.catalogue),
            film=Film(motion=protocol.motion, views=protocol.views, rate=protocol.rate),
            split=split,
            episodes=protocol.train_episodes if split == "train" else protocol.test_episodes,
            out=str(out),
        ).run()
        return out


def _folders(given: tuple[Path, ...], everything: Path | None) -> dict[str, Path]:
    """Folders of encoders by the names that they are to have; UserError where there is none, or two of one name."""
    found: dict[str, Path] = {}
    for path in given:
        folder = path / "encoder" if (path / "encoder").is_dir() else path
        parts = folder.resolve().parts
        name = _name(parts[-2:] if parts[-1] == "encoder" else parts[-1:])
        if name in found and found[name].resolve() != folder.resolve():
            raise UserError(f"{found[name]} and {folder} would both be called {name!r}: give them with --all.")
        found[name] = folder
    if everything is not None:
        for weights in sorted(everything.rglob("encoder.safetensors")):
            found[_name(weights.parent.relative_to(everything).parts) or everything.resolve().name] = weights.parent
        if not found:
            raise UserError(f"no encoder anywhere in {everything}: give a folder that holds pretraining runs.")
    if not found:
        raise UserError("nothing to measure: give --encoder PATH or --all DIR, folders of `activevision pretrain`.")
    return found


def _name(parts: tuple[str, ...]) -> str:
    """The last folder of a path, or all of a relative one, without the "encoder" that every run has."""
    return "/".join(parts[:-1] if parts and parts[-1] == "encoder" else parts)


def _candidates(folders: Mapping[str, Path], test: WindowDataset) -> dict[str, Candidate]:
    """Encoders with what their cards say, and random weights for each kind of network among them."""
    import torch

    from activevision.encoders.backbones import description, rebuilt
    from activevision.encoders.checkpoint import load_encoder, read_card
    from activevision.evaluation.probing.compare import Candidate

    found: dict[str, Candidate] = {}
    for name, folder in folders.items():
        encoder, card = load_encoder(folder), read_card(folder)
        facts = {"backbone": encoder.name, "embedding": encoder.embedding, **card}
        seen, shown = card.get("data", {}), test.source
        same = shown is not None and (seen.get("catalogue"), seen.get("split")) == (shown.catalogue, shown.split)
        warning = f"{name} was pretrained on the {seen['split']} split that it is measured on here." if same else ""
        found[name] = Candidate(encoder, facts, warning)
    networks: list[dict[str, Any]] = []
    for row in found.values():
        if (network := description(row.encoder)) not in networks:
            networks.append(network)
    for network in networks:
        with torch.random.fork_rng():
            torch.manual_seed(0)
            blank = rebuilt(network).eval()
        name = RANDOM if len(networks) == 1 else f"{RANDOM} {blank.name} {blank.embedding}"
        alike = [other for other in networks if all(other[key] == network[key] for key in ("backbone", "embedding"))]
        if len(alike) > 1:  # they differ in their architecture alone
            name += f" ({alike.index(network) + 1})"
        found[name] = Candidate(blank, network)
    return found
