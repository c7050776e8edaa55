"""What a class of rooms is furnished with, as data: each rule stands pieces somewhere and says what goes with them.

A rule is applied to a ``Layout``; it returns whether it could do what is required.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Protocol

import numpy as np

from activevision.scenes.rooms.companions import Companion, Count, InFront, OnTop, Range, Roles, Underfoot
from activevision.scenes.rooms.floor import GAP, Block, Placed
from activevision.scenes.rooms.layout import Layout
from activevision.scenes.rooms.pieces import Body
from activevision.scenes.rooms.plan import WINDOW, Opening, Wall


class Rule(Protocol):
    """A step of furnishing a room; False where a required piece found no place."""

    def apply(self, layout: Layout) -> bool: ...


@dataclass(frozen=True)
class AtWall:
    """Pieces with their back to a wall, front into the room.

    place: "any", "middle" of a wall, "corner", or "window" (under one). clear: metres kept free in front.
    gap: between back and wall. required: the layout is drawn again where none fits.
    """

    roles: Roles
    count: Count = (1, 1)
    place: str = "any"
    clear: float = 0.5
    gap: float = GAP
    chance: float = 1.0
    required: bool = False
    same: bool = False
    with_: tuple[Companion, ...] = ()

    def apply(self, layout: Layout) -> bool:
        if layout.rng.random() >= self.chance:
            return True
        body = None
        done = 0
        for _ in range(layout.count(self.count)):
            body = body if self.same and body is not None else layout.draw(self.roles)
            placed = self._one(layout, body)
            if placed is not None:
                done += 1
                layout.accompany(placed, self.with_)
        return done > 0 or not self.required

    def _one(self, layout: Layout, body: Body) -> Placed | None:
        for wall, along in layout.spots(body.size[0], self.place):
            x, z = wall.at(along, self.gap + body.size[2] / 2)
            placed = layout.stand(body, x, z, wall.heading, clear=self.clear)
            if placed is not None:
                return placed
        return None


@dataclass(frozen=True)
class InMiddle:
    """A free-standing piece, rather far from the walls, along or across the room."""

    roles: Roles
    chance: float = 1.0
    required: bool = False
    margin: float = 0.75
    with_: tuple[Companion, ...] = ()

    def apply(self, layout: Layout) -> bool:
        rng = layout.rng
        if rng.random() >= self.chance:
            return True
        body = layout.draw(self.roles)
        plan = layout.plan
        longest = 0.0 if plan.width >= plan.depth else pi / 2
        for attempt in range(24):
            along = longest if rng.random() < 0.8 else longest + pi / 2
            spread = 0.12 + 0.03 * attempt
            x, z = layout.middle + rng.uniform(-spread, spread, 2) * np.array([plan.width, plan.depth]) / 2
            turn = along + pi * int(rng.integers(2))
            half = np.array([body.size[0], body.size[2]]) / 2
            roomy = Block(x, z, half[0] + self.margin, half[1] + self.margin, turn, 0.05, 1.5)
            if attempt < 12 and not layout.floor.fits(roomy, ignore_zones=True):
                continue
            placed = layout.stand(body, x, z, turn)
            if placed is not None:
                layout.accompany(placed, self.with_)
                return True
        return not self.required


@dataclass(frozen=True)
class Hung:
    """Things on the walls. low: height of their lower edge; centred at eye height where None."""

    roles: Roles
    count: Count = (1, 1)
    chance: float = 1.0
    low: Range | None = None
    place: str = "any"
    required: bool = False

    def apply(self, layout: Layout) -> bool:
        rng = layout.rng
        if rng.random() >= self.chance:
            return True
        done = 0
        for _ in range(layout.count(self.count)):
            body = layout.draw(self.roles)
            low = rng.uniform(*self.low) if self.low else max(1.0, rng.uniform(1.5, 1.7) - body.size[1] / 2)
            low = min(low, layout.plan.height - body.size[1] - 0.06)
            for wall, along in layout.spots(body.size[0] + 0.1, self.place):
                x, z = wall.at(along, 0.5 * GAP + body.size[2] / 2)
                if layout.stand(body, x, z, wall.heading, low=low) is not None:
                    done += 1
                    break
        return done > 0 or not self.required


@dataclass(frozen=True)
class Strewn:
    """Things on the floor: anywhere, or along the walls, turned as they happen to lie."""

    roles: Roles
    count: Count = (1, 3)
    chance: float = 1.0
    edge: float = 0.8
    sway: float = pi
    with_: tuple[Companion, ...] = ()

    def apply(self, layout: Layout) -> bool:
        rng = layout.rng
        if rng.random() >= self.chance:
            return True
        for _ in range(layout.count(self.count)):
            body = layout.draw(self.roles)
            at_edge = rng.random() < self.edge
            for _ in range(10):
                if at_edge:
                    wall = layout.some_wall()
                    turn = wall.heading + rng.uniform(-self.sway, self.sway) * 0.15
                    off = GAP + body.size[2] / 2 + 0.16 * max(body.size[0], body.size[2]) * rng.uniform(0.6, 1.2)
                    x, z = wall.at(rng.uniform(0.2, wall.length - 0.2), off)
                else:
                    turn = rng.uniform(-self.sway, self.sway)
                    x, z = rng.uniform(-0.5, 0.5, 2) * np.array([layout.plan.width, layout.plan.depth])
                placed = layout.stand(body, x, z, turn)
                if placed is not None:
                    layout.accompany(placed, self.with_)
                    break
        return True


@dataclass(frozen=True)
class Curtains:
    """A curtain on each side of the windows that have room for it."""

    chance: float = 0.6

    def apply(self, layout: Layout) -> bool:
        rng = layout.rng
        if rng.random() >= self.chance:
            return True
        body = layout.draw("curtain")
        for wall in layout.plan.walls:
            for opening in wall.openings:
                if opening.kind == WINDOW:
                    self._dress(layout, body, wall, opening)
        return True

    @staticmethod
    def _dress(layout: Layout, body: Body, wall: Wall, opening: Opening) -> None:
        low = min(opening.top + 0.12, layout.plan.height - 0.06) - body.size[1]
        for along in (opening.start - body.size[0] / 2 - 0.01, opening.stop + body.size[0] / 2 + 0.01):
            if along - body.size[0] / 2 > 0.0 and along + body.size[0] / 2 < wall.length:
                x, z = wall.at(along, 0.5 * GAP + body.size[2] / 2)
                layout.stand(body, x, z, wall.heading, low=max(low, 0.02))


@dataclass(frozen=True)
class Lounge:
    """A television at a wall and seats that face it, with a low table between them."""

    seats: Roles = "sofa"
    extra: Roles = "armchair"

    def apply(self, layout: Layout) -> bool:
        rng = layout.rng
        bench = layout.draw("television bench")
        sofa = layout.draw(self.seats)
        table = layout.draw("coffee table")
        spots = layout.spots(bench.size[0], "middle") + layout.spots(bench.size[0], "any")
        for wall, along in spots[:24]:
            x, z = wall.at(along, GAP + bench.size[2] / 2)
            across = layout.across(wall, along) - bench.size[2]
            least = table.size[2] + 0.95
            if across < least + sofa.size[2] + 0.05:
                continue
            most = across - sofa.size[2] - GAP
            distance = most if most < 3.2 and rng.random() < 0.75 else min(most, rng.uniform(max(least, 1.9), 3.0))
            sx, sz = wall.at(along, GAP + bench.size[2] + distance + sofa.size[2] / 2)
            seat = Block(sx, sz, sofa.size[0] / 2, sofa.size[2] / 2, wall.heading + pi, 0.0, sofa.size[1])
            if not layout.floor.fits(seat):
                continue
            stand = layout.stand(bench, x, z, wall.heading)
            if stand is None:
                continue
            couch = layout.stand(sofa, sx, sz, wall.heading + pi)
            if couch is None:
                return False
            OnTop("television", back=True).accompany(layout, stand)
            self._centre(layout, wall, along, couch, table)
            return True
        return False

    def _centre(self, layout: Layout, wall: Wall, along: float, couch: Placed, table: Body) -> None:
        rng = layout.rng
        tx, tz = couch.block.at(0.0, couch.block.half_depth + 0.38 + table.size[2] / 2)
        low = layout.stand(table, tx, tz, couch.block.turn)
        if low is None:
            return
        Underfoot(chance=0.7).accompany(layout, low)
        OnTop(("books", "vase", "fruit bowl", "mug"), (1, 3)).accompany(layout, low)
        body = layout.draw(self.extra)
        for side in (-1, 1):
            if rng.random() < 0.55:
                right = side * (max(couch.block.half_width, table.size[0] / 2 + 0.45) + body.size[2] / 2)
                x, z = couch.block.at(right, couch.block.half_depth + 0.45 + body.size[0] / 2)
                layout.stand(body, x, z, couch.block.turn - side * (pi / 2 - rng.uniform(0, 0.45)))


@dataclass(frozen=True)
class Fitted:
    """Kitchen units along one wall or round a corner, with cupboards over them."""

    def apply(self, layout: Layout) -> bool:
        rng = layout.rng
        units = [layout.draw("kitchen sink"), layout.draw("cooker"), layout.draw("kitchen cupboard")]
        fridge = layout.draw("fridge")
        if rng.random() < 0.7:
            units.append(layout.draw("dishwasher"))
        if rng.random() < 0.35:
            units.append(layout.draw("washing machine"))
        for _ in range(int(rng.integers(1, 4))):
            units.append(layout.draw("kitchen cupboard"))
        essential = 3
        rest = [units[i + essential] for i in rng.permutation(len(units) - essential)]
        runs = layout.stretches()
        placed: list[Placed] = []
        queue = [units[i] for i in rng.permutation(essential)] + rest
        # the fridge stands at the end of the run, where it cuts no worktop in two
        for wall, start, stop in runs[:3]:
            left = GAP
            if not placed and stop - start >= fridge.size[0] + 1.2:
                spot = wall.at(start + fridge.size[0] / 2 + GAP, GAP + fridge.size[2] / 2)
                one = layout.stand(fridge, *spot, wall.heading, clear=0.6)
                if one is not None:
                    left += fridge.size[0] + GAP
                    placed.append(one)
            cursor = start + left
            while queue:
                fit = next((u for u in queue if cursor + u.size[0] <= stop - GAP), None)
                if fit is None:
                    break
                spot = wall.at(cursor + fit.size[0] / 2, GAP + fit.size[2] / 2)
                one = layout.stand(fit, *spot, wall.heading, clear=0.6 if not placed else 0.5)
                if one is None:
                    cursor += 0.1
                    if cursor > stop - 0.5:
                        break
                    continue
                queue.remove(fit)
                placed.append(one)
                self._overhead(layout, one)
                cursor += fit.size[0] + 0.002
            if not queue:
                break
        roles = {one.body.role for one in placed}
        if not {"kitchen sink", "cooker", "fridge"} <= roles:
            return False
        tops = [one for one in placed if one.body.role in ("kitchen cupboard", "dishwasher", "washing machine")]
        for role, chance in (
            ("microwave", 0.7),
            ("kettle", 0.8),
            ("pot", 0.3),
            ("fruit bowl", 0.4),
            ("small plant", 0.25),
            ("mug", 0.5),
        ):
            if tops and rng.random() < chance:
                OnTop(role, lowest=0.7, back=True).accompany(layout, tops[rng.integers(len(tops))])
        for one in placed:
            if one.body.role == "cooker":
                OnTop("pot", (1, 2), 0.6, lowest=0.7).accompany(layout, one)
        return True

    @staticmethod
    def _overhead(layout: Layout, one: Placed) -> None:
        rng = layout.rng
        role = "hood" if one.body.role == "cooker" else "wall cupboard"
        body = layout.draw(role)
        low = 1.62 if role == "hood" else 1.42
        copies = max(1, int((2 * one.block.half_width + 0.02) / body.size[0]))
        for index in range(copies):
            if role == "wall cupboard" and rng.random() < 0.12:
                continue
            right = (index - (copies - 1) / 2) * body.size[0]
            x, z = one.block.at(right, -one.block.half_depth + body.size[2] / 2 - 0.5 * GAP)
            layout.stand(body, x, z, one.block.turn, low=low)


@dataclass(frozen=True)
class Rows:
    """Pupils' desks in rows before a board, and a teacher's desk."""

    board: Roles = "whiteboard"
    desk: str = "school desk"
    chair: str = "school chair"

    def apply(self, layout: Layout) -> bool:
        board = layout.draw(self.board)
        spots = layout.spots(board.size[0], "middle") + layout.spots(board.size[0], "any")
        for wall, along in spots:
            x, z = wall.at(along, 0.5 * GAP + board.size[2] / 2)
            if layout.across(wall, along) < 4.0:
                continue
            hung = layout.stand(board, x, z, wall.heading, low=layout.rng.uniform(0.82, 0.95))
            if hung is None:
                continue
            self._teacher(layout, wall, along)
            return self._pupils(layout, wall, along) >= 4
        return False

    @staticmethod
    def _teacher(layout: Layout, wall: Wall, along: float) -> None:
        rng = layout.rng
        desk, chair = layout.draw("desk"), layout.draw(("school chair", "office chair"))
        for _ in range(8):
            where = along + rng.uniform(-0.25, 0.25) * wall.length
            x, z = wall.at(where, 0.95 + chair.size[2] + desk.size[2] / 2 - 0.2)
            placed = layout.stand(desk, x, z, wall.heading + pi)  # its user sits between it and the board
            if placed is not None:
                InFront("office chair", gap=(0.02, 0.06)).accompany(layout, placed)
                OnTop(("books", "monitor", "globe", "mug"), (1, 2)).accompany(layout, placed)
                return

    def _pupils(self, layout: Layout, wall: Wall, along: float) -> int:
        rng = layout.rng
        desk, chair = layout.draw(self.desk), layout.draw(self.chair)
        seats = 2 if desk.size[0] > 1.0 else 1
        pitch = desk.size[2] + 0.04 + chair.size[2] + rng.uniform(0.42, 0.55)
        aisle = desk.size[0] + rng.uniform(0.45, 0.6)
        across = layout.across(wall, along)
        count = 0
        first = rng.uniform(2.35, 2.6)
        for row in range(8):
            off = first + row * pitch
            if off + pitch > across + 0.3:
                break
            for column in range(-4, 5):
                where = along + column * aisle
                if not desk.size[0] / 2 + 0.4 < where < wall.length - desk.size[0] / 2 - 0.4:
                    continue
                x, z = wall.at(where, off)
                placed = layout.stand(desk, x, z, wall.heading)
                if placed is None:
                    continue
                count += 1
                for seat in range(seats):
                    right = (seat - (seats - 1) / 2) * desk.size[0] / 2
                    front = placed.block.half_depth + rng.uniform(0.02, 0.05) + chair.size[2] / 2
                    cx, cz = placed.block.at(right, front + 0.03)
                    layout.stand(chair, cx, cz, wall.heading + pi + rng.uniform(-0.1, 0.1))
                OnTop(("books", "mug"), (1, 1), 0.35).accompany(layout, placed)
        return count
