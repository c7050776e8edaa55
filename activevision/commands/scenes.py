"""``activevision scenes``: list, fetch and show catalogues, and measure what scenes cost."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from activevision.commands.choices import SceneChoice

if TYPE_CHECKING:
    from activevision.scenes import Catalogue


@dataclass(frozen=True)
class ListScenes:
    """List the catalogues, their classes and how many scenes each split has.

    Procedural objects and rooms can be had in any number: listed are those that there are unless more are asked for.
    """

    out: Path | None = None
    """Also write the list to this folder as catalogues.json."""
    seed: int = 0
    """Seed of the procedural objects and of the rooms."""

    def run(self) -> None:
        from rich.console import Console
        from rich.table import Table

        from activevision.errors import UserError
        from activevision.files import write_json
        from activevision.scenes import CATALOGUES, SPLITS, get_catalogue

        table = Table("catalogue", "classes", *SPLITS, "licence", box=None, pad_edge=False)
        listed = []
        for name in CATALOGUES:
            try:
                catalogue = get_catalogue(name, **({"seed": self.seed} if "seed" in CATALOGUES[name] else {}))
                counts = [len(catalogue.scenes(split)) for split in SPLITS]
            except UserError as error:
                table.add_row(name, f"[dim]{error}[/dim]")
                continue
            table.add_row(name, ", ".join(catalogue.classes), *map(str, counts), catalogue.licence)
            splits = dict(zip(SPLITS, counts, strict=True))
            listed.append({"name": name, "classes": list(catalogue.classes), "splits": splits,
                           "licence": catalogue.licence, "credit": catalogue.credit})  # fmt: skip
        Console().print(table)
        if self.out is not None:
            write_json(self.out / "catalogues.json", listed)


@dataclass(frozen=True)
class FetchScenes:
    """Fetch a catalogue's files into the cache: models of Sweet Home 3D, from Debian's archive.

    "furniture" is 140 MB of Debian's free packages. "furniture-all" adds 40 MB of its non-free component.
    """

    name: tyro.conf.Positional[str]
    """The catalogue: furniture or furniture-all."""
    source: Annotated[Path | None, tyro.conf.arg(name="from")] = None
    """A .deb, a .sh3f or an unpacked folder to take it from, where there is no apt."""
    out: Path | None = None
    """Also write what was fetched to this folder as NAME.json: where it lies, scenes, licence, credit."""
    seed: int = 0
    """As every command has it; fetching draws nothing."""

    def run(self) -> None:
        from activevision.errors import UserError, unknown
        from activevision.files import write_json
        from activevision.scenes import CATALOGUES, SPLITS
        from activevision.scenes.furniture import SELECTIONS, FurnitureCatalogue, fetch_furniture

        if self.name not in CATALOGUES:
            raise unknown("catalogue", self.name, CATALOGUES)
        if self.name not in SELECTIONS:
            raise UserError(f"catalogue {self.name!r} is built in: there is nothing to fetch.")
        selection = SELECTIONS[self.name]
        folder = fetch_furniture(self.source, selection.components)
        if self.out is not None:
            catalogue = FurnitureCatalogue(selection)
            splits = {split: len(catalogue.scenes(split)) for split in SPLITS}
            facts = {"folder": str(folder), "splits": splits, "licence": catalogue.licence, "credit": catalogue.credit}
            write_json(self.out / f"{self.name}.json", facts)
        print(f"{self.name} is in {folder}")


@dataclass(frozen=True)
class ShowScenes:
    """Write a contact sheet of every class as PNG files.

    Objects are shown from outside, rooms and scans from inside and from above, panoramas as strips.
    """

    choice: Annotated[SceneChoice, tyro.conf.arg(name="")] = field(default_factory=SceneChoice)
    name: tyro.conf.Positional[str] = ""
    """The catalogue; the same as --scenes."""
    out: Path = Path("runs/contact_sheets")
    """Folder for the pictures."""
    split: str | None = None
    """Only this split."""
    per_class_shown: int | None = None
    """At most so many pictures a class: all objects and panoramas and 8 rooms, unless given."""
    seed: int = 0
    """Seed of the procedural objects or rooms, unless --scene-seed is given."""

    def run(self) -> None:
        from activevision.commands.portraits import portrait_of
        from activevision.scenes.contact_sheet import contact_sheet

        catalogue = _chosen(self.choice, self.name or self.choice.scenes or "procedural", self.seed)
        render, layout = portrait_of(catalogue, self.split)
        for path in contact_sheet(catalogue, self.out, render, self.split, self.per_class_shown, layout):
            print(path)


@dataclass(frozen=True)
class MeasureScenes:
    """Say what scenes cost: seconds to load, memory, frames a second from where one stands in them.

    Each scene is measured in a process of its own. A load time is that of a first run where the cache lacks the scene.
    """

    choice: Annotated[SceneChoice, tyro.conf.arg(name="")] = field(default_factory=SceneChoice)
    name: tyro.conf.Positional[str] = ""
    """The catalogue, or scans:PATH of a folder of scans; the same as --scenes."""
    simulator: str | None = None
    """What renders: embree or habitat; the embedded one unless given."""
    split: str | None = None
    """Only this split."""
    most: int = 10
    """At most so many scenes, from the first on."""
    sides: tuple[int, ...] = (64, 256)
    """Sides of the square frames in pixels."""
    seconds: float = 2.0
    """How long each size of frame is rendered for."""
    out: Path | None = None
    """Also write the figures to this folder as scenes.json."""
    seed: int = 0
    """Seed of the procedural objects or rooms, unless --scene-seed is given."""

    def run(self) -> None:
        from rich.console import Console

        from activevision.commands.scene_costs import cost_rows, cost_table
        from activevision.errors import UserError
        from activevision.evaluation.versions import installed_versions
        from activevision.files import write_json
        from activevision.progress import progress
        from activevision.scenes.panoramas import PanoramaFolderCatalogue
        from activevision.simulators.registry import get_simulator
        from activevision.simulators.scene_cost import measure_scenes

        if not self.name and not self.choice.scenes:
            raise UserError("scenes measure: name a catalogue or a folder, as in scans:FOLDER.")
        if self.most < 1 or not self.sides or min(self.sides) < 1 or not self.seconds >= 0:
            raise UserError("scenes measure: --most and --sides must be at least 1, and --seconds 0 or more.")
        catalogue = _chosen(self.choice, self.name or self.choice.scenes, self.seed)
        if isinstance(catalogue, PanoramaFolderCatalogue):
            raise UserError("scenes measure: panoramas are pictures and cost next to nothing; give scenes.")
        factory = get_simulator(self.simulator, catalogue)
        entries = _entries(catalogue, self.split)[: self.most]
        costs = []
        with progress("Measuring scenes", len(entries), "scenes") as advance:
            for cost in measure_scenes(entries, [(side, side) for side in self.sides], self.seconds, factory):
                costs.append(cost)
                advance(1)
        Console().print(cost_table(costs, self.sides))
        if self.out is not None:
            facts = {"catalogue": catalogue.name, "simulator": self.simulator or "embree", "seed": self.seed}
            rows = cost_rows(costs, self.sides)
            write_json(self.out / "scenes.json", {**facts, "scenes": rows, "versions": installed_versions()})


def _chosen(choice: SceneChoice, name: str, seed: int) -> Catalogue:
    """The catalogue of that name with the options of a choice; it takes ``seed`` where it has one and none is given."""
    from dataclasses import replace

    from activevision.scenes import CATALOGUES

    choice = replace(choice, scenes=name)
    if "seed" in CATALOGUES.get(choice.scenes, ()) and choice.scene_seed is None:
        choice = replace(choice, scene_seed=seed)
    return choice.catalogue()


def _entries(catalogue: Catalogue, split: str | None) -> list[Any]:
    """Of a split, or of all that have some; UserError for another split or an empty one."""
    from activevision.errors import UserError
    from activevision.scenes import SPLITS

    if split is not None:
        return list(catalogue.scenes(split))
    found: list[Any] = []
    for name in SPLITS:
        with contextlib.suppress(UserError):  # a split may be empty
            found += catalogue.scenes(name)
    return found


@dataclass(frozen=True)
class Scenes:
    """Catalogues of scenes: list, fetch, show, measure."""

    action: Annotated[
        Annotated[ListScenes, tyro.conf.subcommand("list")]
        | Annotated[FetchScenes, tyro.conf.subcommand("fetch")]
        | Annotated[ShowScenes, tyro.conf.subcommand("show")]
        | Annotated[MeasureScenes, tyro.conf.subcommand("measure")],
        tyro.conf.arg(name=""),
    ]

    def run(self) -> None:
        self.action.run()
