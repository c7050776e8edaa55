"""A room while it is being furnished: draws pieces, finds places, stands things there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from activevision.scenes.rooms.floor import GAP, Block, Floor, Placed
from activevision.scenes.rooms.pieces import Body, Kit
from activevision.scenes.rooms.plan import DOOR, WINDOW, Plan, Wall

if TYPE_CHECKING:
    from activevision.scenes.rooms.companions import Companion


class Layout:
    """What rules work on: a plan, its floor, a generator and a kit of pieces."""

    def __init__(self, plan: Plan, kit: Kit, rng: Generator) -> None:
        self.plan, self.kit, self.rng = plan, kit, rng
        self.floor = Floor(plan)

    def count(self, bounds: tuple[int, int]) -> int:
        return int(self.rng.integers(bounds[0], bounds[1] + 1))

    def draw(self, roles: str | tuple[str, ...]) -> Body:
        role = roles if isinstance(roles, str) else roles[self.rng.integers(len(roles))]
        return self.kit.draw(self.rng, role)

    def stand(
        self, body: Body, x: float, z: float, turn: float, low: float = 0.0, clear: float = 0.0, inset: float = 0.0
    ) -> Placed | None:
        """Stands a body with its middle over (x, z) and its lowest point at ``low``; None where it does not fit.

        clear: metres to keep free in front of it. inset: margin to keep from its neighbours.
        """
        width, height, depth = body.size
        block = Block(float(x), float(z), width / 2, depth / 2, float(turn), low, low + height)
        if inset:
            wide = Block(block.x, block.z, width / 2 + inset, depth / 2 + inset, block.turn, low, low + height)
            if not self.floor.fits(wide):
                return None
        if not self.floor.put(body, block, clear):
            return None
        return self.floor.placed[-1]

    def lay(self, body: Body, x: float, z: float, turn: float) -> bool:
        """Lays a rug with its middle over (x, z)."""
        width, height, depth = body.size
        return self.floor.lay(body, Block(float(x), float(z), width / 2, depth / 2, float(turn), 0.0, height))

    def accompany(self, anchor: Placed, companions: Sequence[Companion]) -> None:
        for companion in companions:
            companion.accompany(self, anchor)

    @property
    def middle(self) -> NDArray[np.float64]:
        """(2,) the middle of the largest rectangle of the plan."""
        if self.plan.notch is None:
            return np.zeros(2)
        x0, z0, x1, z1 = self.plan.notch
        width, depth = self.plan.width, self.plan.depth
        if (width - (x1 - x0)) * depth > width * (depth - (z1 - z0)):
            return np.array([-np.sign(x0 + x1) * (x1 - x0) / 2, 0.0])
        return np.array([0.0, -np.sign(z0 + z1) * (z1 - z0) / 2])

    def some_wall(self) -> Wall:
        """A wall at random, the longer the likelier."""
        lengths = np.array([wall.length for wall in self.plan.walls])
        return self.plan.walls[int(self.rng.choice(len(lengths), p=lengths / lengths.sum()))]

    def spots(self, width: float, place: str) -> list[tuple[Wall, float]]:
        """Walls and positions along them for something ``width`` wide, in random order.

        place: "middle" of walls, "corner", "window" (before one), or "any".
        """
        found: list[tuple[Wall, float]] = []
        for wall in self.plan.walls:
            slack = wall.length - width - 2 * GAP
            if slack < 0:
                continue
            ends = [GAP + width / 2, wall.length - GAP - width / 2]
            if place == "corner":
                found += [(wall, end) for end in ends]
            elif place == "middle":
                found += [(wall, wall.length / 2), (wall, wall.length / 2 + 0.12 * slack * self.rng.uniform(-1, 1))]
            elif place == "window":
                found += [(wall, min(max(o.middle, ends[0]), ends[1])) for o in wall.openings if o.kind == WINDOW]
            else:
                free = self.rng.uniform(ends[0], ends[1], max(2, int(2 * slack)))
                found += [(wall, end) for end in ends] + [(wall, float(along)) for along in free]
        order = self.rng.permutation(len(found))
        return [found[i] for i in order]

    def across(self, wall: Wall, along: float) -> float:
        """How far it is from a place at a wall straight to the wall opposite, metres."""
        steps = np.arange(0.05, 12.0, 0.05)
        points = np.array([wall.at(along, step) for step in steps])
        inside = self.plan.inside(points)
        return float(steps[inside.argmin() - 1]) if not inside.all() else 12.0

    def stretches(self) -> list[tuple[Wall, float, float]]:
        """Stretches of wall without doors, (wall, start, stop): the longest first, then those next to it."""
        found: list[tuple[Wall, float, float]] = []
        for wall in self.plan.walls:
            doors = sorted((o.start - 0.1, o.stop + 0.1) for o in wall.openings if o.kind == DOOR)
            edges = [0.0, *(edge for door in doors for edge in door), wall.length]
            found += [(wall, a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a > 0.7]
        return sorted(found, key=lambda s: s[1] - s[2] + 0.3 * self.rng.random())
