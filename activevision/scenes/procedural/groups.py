"""The classes, and the groups in which ``ambiguity`` makes them look alike.

The members of a group share one outside: same silhouette, proportions, materials and colours, drawn from the same
random numbers, so that instance i of every member is the same to the last pixel unless a view reaches into an opening.
Azimuth is measured from the front (+Z) towards +X, elevation from the horizon.

=========  ========================  ==============================  ==============================================
group      classes                   what tells them apart           informative views
=========  ========================  ==============================  ==============================================
carcass    cabinet, shelf, dresser   doors, compartments, drawers    front: within about 75° of +Z
counter    desk, table               drawers, legs and apron         front or right: about 75° of +Z or +X
nook       sofa, bed, bathtub        what stands in the alcove       front: within about 75° of +Z
booth      chair, toilet             what stands in the booth        front or left: about 75° of +Z or −X
slab       monitor, panel, picture   screen, relief, painting        front: within about 75° of +Z
head       lamp, fan                 bulb in a bowl, caged blades    front: within about 75° of +Z
vessel     mug, cup, planter         drink, nothing, a succulent     above: elevations from about 20° up
=========  ========================  ==============================  ==============================================

From every other side the outside tells where to go: backs carry a vent, a rail or a cable, closed sides have marks at
their rear edge and a frame of another colour at the front, tops and undersides differ between front and rear, and a
vessel seen from the side is one whose rim is above the eye.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from activevision.scenes.procedural.appliances import fan, head, lamp
from activevision.scenes.procedural.bathroom import bathtub, toilet
from activevision.scenes.procedural.finishes import Model
from activevision.scenes.procedural.screens import monitor, panel, picture, slab
from activevision.scenes.procedural.seating import bed, chair, sofa
from activevision.scenes.procedural.shells import booth, carcass, counter, nook
from activevision.scenes.procedural.solids import Point
from activevision.scenes.procedural.storage import cabinet, dresser, shelf
from activevision.scenes.procedural.tables import desk, table
from activevision.scenes.procedural.vessels import cup, mug, planter, vessel

FRONT, RIGHT, LEFT, ABOVE = (0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


@dataclass(frozen=True)
class Group:
    """Classes that share an outside.

    build: ``build(label, shared, own)`` draws the outside from ``shared`` and what tells the class from ``own``.
    openings: unit vectors out of the sides through which one sees the difference.
    """

    name: str
    classes: tuple[str, ...]
    build: Callable[[str, Generator, Generator], Model]
    openings: tuple[Point, ...]

    def informative(
        self, elevation: ArrayLike, azimuth: ArrayLike, within: float = np.radians(75.0)
    ) -> NDArray[np.bool_]:
        """Whether a view from there (radians, any shape) is within an angle of an opening's axis."""
        elevation, azimuth = np.broadcast_arrays(np.asarray(elevation, np.float64), np.asarray(azimuth, np.float64))
        level = np.cos(elevation)
        direction = np.stack([level * np.sin(azimuth), np.sin(elevation), level * np.cos(azimuth)], axis=-1)
        return (direction @ np.array(self.openings).T).max(-1) > np.cos(within)


CLASSES: dict[str, Callable[[Generator], Model]] = {
    "chair": chair,
    "sofa": sofa,
    "bed": bed,
    "table": table,
    "desk": desk,
    "shelf": shelf,
    "cabinet": cabinet,
    "dresser": dresser,
    "lamp": lamp,
    "fan": fan,
    "monitor": monitor,
    "panel": panel,
    "picture": picture,
    "mug": mug,
    "cup": cup,
    "planter": planter,
    "toilet": toilet,
    "bathtub": bathtub,
}

GROUPS = (
    Group("carcass", ("cabinet", "shelf", "dresser"), carcass, (FRONT,)),
    Group("counter", ("desk", "table"), counter, (FRONT, RIGHT)),
    Group("nook", ("sofa", "bed", "bathtub"), nook, (FRONT,)),
    Group("booth", ("chair", "toilet"), booth, (FRONT, LEFT)),
    Group("slab", ("monitor", "panel", "picture"), slab, (FRONT,)),
    Group("head", ("lamp", "fan"), head, (FRONT,)),
    Group("vessel", ("mug", "cup", "planter"), vessel, (ABOVE,)),
)

GROUP_OF = {label: group for group in GROUPS for label in group.classes}
