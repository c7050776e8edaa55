"""The aim to find a named object: what may be asked for, and how good a view of it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from gymnasium import spaces
from numba import njit
from numpy.typing import NDArray

from activevision.envs.explore_aim import Aim, Marks, Views
from activevision.envs.explore_motion import Stance
from activevision.envs.explore_places import Latest, Places
from activevision.errors import UserError, unknown
from activevision.explore_protocol import ExploreProtocol, GoodView
from activevision.scenes import Catalogue

STRUCTURE = ("floor", "ceiling", "wall", "door", "window", "ceiling lamp")
"""Categories that are parts of a building: nobody is sent to find them."""

_SIDES = 6  # directions from which an object is looked at to see whether it can be found
_SURE = (1.3, 0.9, 0.75)  # factors on share, distance and middle: by how much such a view must be better than good


@dataclass(frozen=True, eq=False)
class Things:
    """What can be found in a scene.

    kind: (I,) int64 index into the goals of each instance id, −1 for what is no goal.
    findable: (G,) whether a good view of a goal exists from where one can walk.
    """

    kind: NDArray[np.int64]
    findable: NDArray[np.bool_]


class Find(Aim):
    """Get a good view of an object of a category that the observation names.

    The quality of a view is the best of those of the goal's instances in it, each the product of
    - size: its share of the pixels, as a part of ``good_view.share``;
    - nearness: ``good_view.distance`` as a part of its distance;
    - centring: 1 where the mean of its pixels is within ``good_view.middle`` of the view's middle, falling to 0 at
      the edge;
    none of them above 1. A view of quality 1 is good, and the goal is found. The reward is the rise of the best
    quality so far, less ``price``: an episode's rewards add up to its best quality less that of its first view and its
    steps' price.

    A goal is drawn evenly from the categories that have a good view in the scene and none at the start.
    """

    sensors = ("instance", "depth")

    def __init__(self, num_envs: int, protocol: ExploreProtocol, places: Places, catalogue: Catalogue):
        super().__init__(num_envs)
        self._protocol, self._places = protocol, places
        self.goals = goals_of(protocol, catalogue)
        self._things: Latest[int, Things] = Latest(self._find_things)
        self._ranges = np.linalg.norm(protocol.camera.rays(), axis=-1).astype(np.float32)
        self.goal = np.zeros(num_envs, np.int64)
        self.quality = np.zeros(num_envs)
        self.best = np.zeros(num_envs)

    @property
    def done(self) -> NDArray[np.bool_]:
        return self.best >= 1

    def prepare(self, scene: int) -> None:
        self._things(scene)

    def check(self, scenes: NDArray[np.int64], goals: NDArray[np.int64]) -> None:
        for scene, goal in zip(scenes.tolist(), goals.tolist(), strict=True):
            findable = self._things(scene).findable
            if not 0 <= goal < len(self.goals) or not findable[goal]:
                names = ", ".join(np.array(self.goals)[findable])
                raise UserError(
                    f"goal {goal}: scene {self._places.entries[scene].id!r} has no good view of it; "
                    f"give the index in `goals` of one of {names}."
                )

    def begin(self, views: Views, luck: NDArray[np.float64], goals: NDArray[np.int64] | None) -> None:
        for i, (row, scene) in enumerate(zip(views.rows.tolist(), views.scenes.tolist(), strict=True)):
            findable = self._things(scene).findable
            quality = self._qualities(views, i)
            if goals is not None:
                self.goal[row] = goals[i]
            else:
                hidden = np.flatnonzero(findable & (quality < 1))
                choice = hidden if len(hidden) else np.flatnonzero(findable)
                self.goal[row] = choice[int(luck[i] * len(choice))]
            self.best[row] = self.quality[row] = quality[self.goal[row]]

    def judge(self, views: Views) -> NDArray[np.float64]:
        rows = views.rows
        self.quality[rows] = [self._qualities(views, i)[self.goal[row]] for i, row in enumerate(rows.tolist())]
        rise = np.maximum(self.quality[rows] - self.best[rows], 0.0)
        self.best[rows] += rise
        return rise - self._protocol.price

    def spaces(self) -> dict[str, spaces.Space]:
        return {"goal": spaces.Box(0.0, 1.0, (len(self.goals),), np.float32)}

    def observation(self) -> dict[str, NDArray]:
        return {"goal": np.eye(len(self.goals), dtype=np.float32)[self.goal]}

    def info(self) -> dict[str, NDArray]:
        return {
            "goal": self.goal.copy(),
            "quality": self.quality.copy(),
            "best_quality": self.best.copy(),
            "success": self.done,
        }

    def marks(self, index: int, scene: int) -> Marks:
        things, goal = self._things(scene), self.goal[index]
        caption = f"Goal: {self.goals[goal]}  ·  best view {self.best[index]:.2f}"
        return Marks(caption + ("  ·  found" if self.done[index] else ""), things=np.flatnonzero(things.kind == goal))

    def _qualities(self, views: Views, i: int) -> NDArray[np.float64]:
        """(G,) how good view i is of each goal."""
        things = self._things(int(views.scenes[i]))
        images = views.images["instance"][i], views.images["depth"][i]
        return view_qualities(*images, self._ranges, things.kind, len(self.goals), self._protocol.good_view)

    def _find_things(self, index: int) -> Things:
        scene = self._places.scene(index)
        number = {name: i for i, name in enumerate(self.goals)}
        size = 1 + max(instance.id for instance in scene.instances)
        kind = np.full(size, -1, np.int64)
        for instance in scene.instances:
            kind[instance.id] = number.get(instance.category, -1)
        boxes = np.stack([np.full((size, 3), np.inf), np.full((size, 3), -np.inf)], axis=1)
        for mesh in scene.meshes:
            if len(mesh.faces):
                used, box = mesh.vertices[mesh.faces.ravel()], boxes[mesh.instance]
                box[:] = np.minimum(box[0], used.min(0)), np.maximum(box[1], used.max(0))
        kind[~np.isfinite(boxes).all((1, 2))] = -1
        findable = self._findable(index, kind, boxes)
        if not findable.any():
            raise UserError(
                f"scene {scene.id!r} has no good view of any of {len(self.goals)} goals: name others in the "
                "protocol's `goals`, relax its `good_view`, or choose a catalogue with instances."
            )
        return Things(kind, findable)

    def _findable(self, index: int, kind: NDArray[np.int64], boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(G,) tried out: each instance is looked at from the nearest floor on several sides of it."""
        protocol, found = self._protocol, np.zeros(len(self.goals), bool)
        eyes = self._places.floor(index) + np.array([0.0, protocol.eye_height, 0.0])
        looks = [_looks(box, eyes, protocol.good_view.distance) for box in boxes[kind >= 0]]
        feet, angles = np.split(np.concatenate([np.zeros((0, 6)), *looks]), [3], axis=1)
        limit = np.radians(protocol.locomotion.tilt_limit_deg)
        angles[:, 1] = angles[:, 1].clip(-limit, limit)
        poses = Stance(feet, np.zeros(len(feet)), angles).poses
        images = self._places.simulator.render(np.full(len(poses), index), poses, protocol.camera, self.sensors)
        good = protocol.good_view
        share, distance, middle = np.array(_SURE) * [good.share, good.distance, good.middle]
        sure = GoodView(min(share, 0.99), distance, middle)
        for instance, depth in zip(images["instance"], images["depth"], strict=True):
            found |= view_qualities(instance, depth, self._ranges, kind, len(self.goals), sure) >= 1
        return found


def goals_of(protocol: ExploreProtocol, catalogue: Catalogue) -> tuple[str, ...]:
    """The categories that may be goals; UserError for those that a catalogue does not have.

    A catalogue tells its categories in ``categories``, if it knows them before its scenes are loaded.
    """
    known: Sequence[str] | None = getattr(catalogue, "categories", None)
    if known is None and not protocol.goals:
        raise UserError(
            f"catalogue {catalogue.name!r} does not say what can be found in its scenes: name the categories, "
            "as in goals=('chair', 'table')."
        )
    for name in protocol.goals:
        if known is not None and name not in known:
            raise unknown("goal", name, known)
    return protocol.goals or tuple(name for name in known or () if name not in STRUCTURE)


def view_qualities(
    instance: NDArray[np.int32],
    depth: NDArray[np.float32],
    ranges: NDArray[np.float32],
    kind: NDArray[np.int64],
    goals: int,
    good: GoodView,
) -> NDArray[np.float64]:
    """Quality (goals,) of a view for each goal, in [0, 1]: see ``Find``.

    instance, depth: (H, W) images. ranges: (H, W) distance of a point at depth 1. kind: (I,) goal of each instance
    id or −1.
    """
    return _qualities(instance, depth, ranges, kind, goals, good.share, good.distance, good.middle)


def _looks(box: NDArray[np.float64], eyes: NDArray[np.float64], farthest: float) -> NDArray[np.float64]:
    """Eyes and angles (S, 6) that look at a box (2, 3) from ``eyes`` (C, 3) on several sides of it.

    On each side from the nearest, for small things, and from one some way off, for large ones.
    """
    gap = np.linalg.norm(np.maximum(box[0] - eyes, 0.0) + np.maximum(eyes - box[1], 0.0), axis=1)
    eyes = eyes[gap <= farthest]
    away = box.mean(0) - eyes
    flat, distance = np.linalg.norm(away[:, [0, 2]], axis=1), np.linalg.norm(away, axis=1)
    heading = np.arctan2(-away[:, 0], -away[:, 2])
    side = np.floor((heading / (2 * np.pi) + 0.5) * _SIDES).astype(np.int64) % _SIDES
    sides = [here for here in (np.flatnonzero(side == i) for i in range(_SIDES)) if len(here)]
    chosen = {int(here[np.abs(distance[here] - good).argmin()]) for here in sides for good in (0.0, 0.7 * farthest)}
    angles = np.stack([heading, np.arctan2(away[:, 1], flat), np.zeros_like(flat)], axis=1)
    return np.concatenate([eyes, angles], axis=1)[sorted(chosen)]


@njit(cache=True, nogil=True, error_model="numpy")
def _qualities(
    instance: NDArray, depth: NDArray, ranges: NDArray, kind: NDArray, goals: int, share: float, distance: float,
    middle: float,
) -> NDArray[np.float64]:  # fmt: skip
    height, width = instance.shape
    sums = np.zeros((len(kind), 4))
    for row in range(height):
        for column in range(width):
            one = instance[row, column]
            if one < len(kind) and kind[one] >= 0:
                sums[one, 0] += 1
                sums[one, 1] += column + 0.5
                sums[one, 2] += row + 0.5
                sums[one, 3] += depth[row, column] * ranges[row, column]
    best = np.zeros(goals)
    for one in range(len(kind)):
        count = sums[one, 0]
        if count == 0:
            continue
        off = max(abs(2 * sums[one, 1] / count / width - 1), abs(2 * sums[one, 2] / count / height - 1))
        size = min(1.0, count / (share * height * width))
        nearness = min(1.0, distance / (sums[one, 3] / count))
        centring = min(1.0, max(0.0, (1 - off) / (1 - middle)))
        best[kind[one]] = max(best[kind[one]], size * nearness * centring)
    return best
