"""``activevision scenes``: list, fetch and show catalogues."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from activevision.commands.choices import SceneChoice


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
        from dataclasses import replace

        from activevision.commands.portraits import portrait_of
        from activevision.scenes import CATALOGUES
        from activevision.scenes.contact_sheet import contact_sheet

        choice = replace(self.choice, scenes=self.name or self.choice.scenes or "procedural")
        if "seed" in CATALOGUES.get(choice.scenes, ()) and choice.scene_seed is None:
            choice = replace(choice, scene_seed=self.seed)
        catalogue = choice.catalogue()
        render, layout = portrait_of(catalogue, self.split)
        for path in contact_sheet(catalogue, self.out, render, self.split, self.per_class_shown, layout):
            print(path)


@dataclass(frozen=True)
class Scenes:
    """Catalogues of scenes: list, fetch, show."""

    action: Annotated[
        Annotated[ListScenes, tyro.conf.subcommand("list")]
        | Annotated[FetchScenes, tyro.conf.subcommand("fetch")]
        | Annotated[ShowScenes, tyro.conf.subcommand("show")],
        tyro.conf.arg(name=""),
    ]

    def run(self) -> None:
        self.action.run()
