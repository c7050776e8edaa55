"""Where the libraries come from: Debian's packages, and the licence and makers of each library by its name."""

from __future__ import annotations

from dataclasses import dataclass

MAIN, NON_FREE = "main", "non-free"

PACKAGES = {MAIN: ("sweethome3d-furniture", "sweethome3d"), NON_FREE: ("sweethome3d-furniture-nonfree",)}
"""By the component of Debian's archive: the additional libraries, and the program with the models of its own catalogue
in its jar. Nothing is installed."""

PROGRAM = "sweethome3d"
"""The library in the program's jar, whose code also holds materials that other libraries use undeclared."""

_CONTRIBUTORS = (
    "Arturo Matheus, Baffab, Ben Omari, Carvalho, Christophe Tellerain, DaniFeri, Dingenskirchen, Don Ravey, "
    "Emmanuel Puybaret, Fabrice Delobe, GdB, Geantick, Hawkdawg, Icybones, Infernal-quack, Jarda Benkovsky, Maui, "
    "Mchnz, Migdalia Lopez, Miguel Angel Serra, MineaCristian, N Mi, Nictac, Ola-Kristian Hoff, Annick, Pencilart, "
    "Peter Glas, Peter Smolik, Rlocatelli, Robert Pastierovic, Roger Lonqueux, Russian, Sergio Capretta, Sheep, Siath, "
    "Sleipnir1, Snduc, Sophie, Sparkywalk, Theo Blonk, Toomy, Wrosun"
)


@dataclass(frozen=True)
class Source:
    """A library's licence as its package's copyright file names it, and whom to credit.

    maker: who made it, for one model of it. authors: all who made its models, where the licence asks for their names
    and ``maker`` does not say them. program: whether its OBJ files name materials that only the program has.
    """

    licence: str
    maker: str
    authors: str = ""
    program: bool = False

    @property
    def credit(self) -> str:
        return f"{self.maker} ({self.authors})" if self.authors else self.maker


SOURCES = {
    "BlendSwap-CC-0": Source("CC0", "the contributors of Blend Swap"),
    "BlendSwap-CC-BY": Source("CC-BY-3.0", "the contributors of Blend Swap"),
    "Contributions": Source(
        "share-alike Free-Art-1.3", "the contributors of Sweet Home 3D", _CONTRIBUTORS, program=True
    ),
    "KatorLegaz": Source("CC-BY-3.0-US", "Andrew Kator & Jennifer Legaz"),
    "LucaPresidente": Source("share-alike Free-Art-1.3", "LucaPresidente, wood textures by Emmanuel Puybaret"),
    "Reallusion": Source("CC-BY-3.0-US", "Reallusion"),
    "Scopia": Source("CC-BY-3.0", "Scopia Visual Interfaces Systems"),
    "Tree": Source("share-alike Free-Art-1.3", "Wolfram Diestel"),
    "sweethome3d": Source("CC-BY-3.0 or GPL-2+", "Emmanuel Puybaret / eTeks"),
}
