"""What goes with a piece of furniture, as data: on it, beside it, before it, over it, under it.

Companions are placed in the frame of the piece that they belong to: its front is +Z, its right +X.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Protocol

import numpy as np

from activevision.scenes.rooms.floor import Placed
from activevision.scenes.rooms.layout import Layout
from activevision.scenes.rooms.pieces import Body
from activevision.scenes.rooms.support import resting_places

Roles = str | tuple[str, ...]
Count = tuple[int, int]
Range = tuple[float, float]


class Companion(Protocol):
    """Something that goes with a piece."""

    def accompany(self, layout: Layout, anchor: Placed) -> None: ...


@dataclass(frozen=True)
class OnTop:
    """Things that stand on a piece's level surfaces. back: rather at the rear, facing the front."""

    roles: Roles
    count: Count = (1, 1)
    chance: float = 1.0
    lowest: float = 0.3
    back: bool = False

    def accompany(self, layout: Layout, anchor: Placed) -> None:
        rng = layout.rng
        if rng.random() >= self.chance:
            return
        for _ in range(layout.count(self.count)):
            thing = layout.draw(self.roles)
            places, heights = resting_places(anchor.body.support, thing.size[0], thing.size[2], self.lowest)
            if not len(places):
                continue
            order = rng.permutation(len(places))[:30]
            if self.back:
                order = order[np.argsort(places[order, 1] + 0.4 * np.abs(places[order, 0]), kind="stable")]
            turn = anchor.block.turn if self.back else anchor.block.turn + rng.uniform(-0.12, 0.12)
            for index in order:
                x, z = anchor.block.at(*places[index])
                level = anchor.block.low + float(heights[index])
                if layout.stand(thing, x, z, turn, low=level, inset=0.0 if self.back else 0.01):
                    break


@dataclass(frozen=True)
class Beside:
    """A piece to the left, the right or both sides, their backs in line."""

    roles: Roles
    chance: float = 1.0
    both: float = 0.0
    gap: float = 0.03
    on: tuple[Companion, ...] = ()

    def accompany(self, layout: Layout, anchor: Placed) -> None:
        rng = layout.rng
        if rng.random() >= self.chance:
            return
        body = layout.draw(self.roles)
        sides = [-1, 1] if rng.random() < 0.5 else [1, -1]
        wanted = 2 if rng.random() < self.both else 1
        for side in sides:
            right = side * (anchor.block.half_width + self.gap + body.size[0] / 2)
            front = -anchor.block.half_depth + body.size[2] / 2
            x, z = anchor.block.at(right, front)
            placed = layout.stand(body, x, z, anchor.block.turn)
            if placed is not None:
                layout.accompany(placed, self.on)
                wanted -= 1
            if not wanted:
                return


@dataclass(frozen=True)
class InFront:
    """A piece before another: facing it, or in line with it. gap: between the two, metres."""

    roles: Roles
    chance: float = 1.0
    gap: Range = (0.03, 0.1)
    facing: bool = True
    sway: float = 0.25
    with_: tuple[Companion, ...] = ()

    def accompany(self, layout: Layout, anchor: Placed) -> None:
        rng = layout.rng
        if rng.random() >= self.chance:
            return
        body = layout.draw(self.roles)
        for _ in range(6):
            turn = anchor.block.turn + (pi if self.facing else 0.0) + rng.uniform(-self.sway, self.sway)
            reach = abs(np.cos(self.sway)) * body.size[2] / 2 + np.sin(self.sway) * body.size[0] / 2
            right = rng.uniform(-0.15, 0.15) * anchor.block.half_width
            x, z = anchor.block.at(right, anchor.block.half_depth + rng.uniform(*self.gap) + reach)
            placed = layout.stand(body, x, z, turn)
            if placed is not None:
                layout.accompany(placed, self.with_)
                return


@dataclass(frozen=True)
class Over:
    """Something that hangs on the wall above a piece."""

    roles: Roles
    chance: float = 1.0
    gap: Range = (0.2, 0.5)
    lowest: float = 0.0

    def accompany(self, layout: Layout, anchor: Placed) -> None:
        rng = layout.rng
        if rng.random() >= self.chance:
            return
        body = layout.draw(self.roles)
        low = max(anchor.block.high + rng.uniform(*self.gap), self.lowest)
        x, z = anchor.block.at(0.0, -anchor.block.half_depth + body.size[2] / 2)
        layout.stand(body, x, z, anchor.block.turn, low=low)


@dataclass(frozen=True)
class Seats:
    """Equal chairs round a table, facing it, each perhaps with a setting before it on the table."""

    roles: Roles
    count: Count = (4, 6)
    setting: str = ""
    laid: float = 0.0

    def accompany(self, layout: Layout, anchor: Placed) -> None:
        rng = layout.rng
        chair = layout.draw(self.roles)
        width, depth = 2 * anchor.block.half_width, 2 * anchor.block.half_depth
        pitch = chair.size[0] + 0.12
        places: list[tuple[float, float, float]] = []
        for side, turn in ((1, pi), (-1, 0.0)):  # the long sides first
            fit = max(1, int((width + 0.2) / pitch))
            for index in range(fit):
                places.append(((index - (fit - 1) / 2) * (width / fit), side * depth / 2, turn))
        for side, turn in ((1, -pi / 2), (-1, pi / 2)):
            fit = max(1, int((depth - 0.1) / pitch))
            for index in range(fit):
                places.append((side * width / 2, (index - (fit - 1) / 2) * (depth / fit), turn))
        long_sides = [p for p in places if p[2] in (pi, 0.0)]
        ends = [p for p in places if p[2] not in (pi, 0.0)]
        order = [long_sides[i] for i in rng.permutation(len(long_sides))] + [
            ends[i] for i in rng.permutation(len(ends))
        ]
        wanted = layout.count(self.count)
        laid = self.setting and rng.random() < self.laid
        setting = layout.draw(self.setting) if laid else None
        for right, front, turn in order:
            if wanted == 0:
                return
            sway = rng.uniform(-0.12, 0.12)
            away = rng.uniform(0.03, 0.09) + chair.size[2] / 2 + 0.1 * chair.size[0]
            # out from the table on the side where the chair stands: against its own front
            x, z = anchor.block.at(right - np.sin(turn) * away, front - np.cos(turn) * away)
            if layout.stand(chair, x, z, anchor.block.turn + turn + sway) is None:
                continue
            wanted -= 1
            if setting is not None:
                self._lay(layout, anchor, setting, right, front, turn)

    @staticmethod
    def _lay(layout: Layout, anchor: Placed, setting: Body, right: float, front: float, turn: float) -> None:
        inset = setting.size[2] / 2 + 0.04
        right, front = right + np.sin(turn) * inset, front + np.cos(turn) * inset
        wide, deep = setting.size[0], setting.size[2]
        if abs(np.sin(turn)) > 0.5:
            wide, deep = deep, wide
        places, heights = resting_places(anchor.body.support, wide, deep, 0.5)
        if not len(places):
            return
        nearest = np.linalg.norm(places - [right, front], axis=1)
        index = int(nearest.argmin())
        if nearest[index] < 0.12:
            x, z = anchor.block.at(*places[index])
            low = anchor.block.low + float(heights[index])
            layout.stand(setting, x, z, anchor.block.turn + turn + pi, low=low)


@dataclass(frozen=True)
class Underfoot:
    """A rug under a piece, or before it."""

    roles: Roles = "rug"
    chance: float = 1.0
    ahead: float = 0.0

    def accompany(self, layout: Layout, anchor: Placed) -> None:
        if layout.rng.random() >= self.chance:
            return
        body = layout.draw(self.roles)
        x, z = anchor.block.at(0.0, self.ahead * (anchor.block.half_depth + body.size[2] / 2 + 0.03))
        turn = anchor.block.turn + (0.0 if body.size[0] >= body.size[2] else pi / 2)
        layout.lay(body, x, z, turn)
