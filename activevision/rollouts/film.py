"""``FilmRecorder``: episodes filmed along smooth camera paths, without an environment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activevision.camera import Camera, CameraModel
from activevision.errors import UserError
from activevision.files import as_json, digest
from activevision.geometry import log_se3
from activevision.rollouts.pairs import PairsOf, no_pairs
from activevision.rollouts.paths import OBJECT, PATHS, CameraPath, NoRoom, Track, check_fits
from activevision.rollouts.recorder import Advance, episode_seed
from activevision.rollouts.rollout import Rollout
from activevision.rollouts.stage import Stage

VIEWS, RATE = 128, 10.0
"""Views of an episode and views a second, where nothing else is asked for."""

_FIELDS_OF_VIEW = {OBJECT: 45.0}  # degrees, as the environments have them
_WIDE = 90.0
_TRIED = 20  # scenes in a row, until one has room
_ORDER = 2  # apart from other things that are drawn from the seed


def usual_camera(kind: str, width: int = 64, height: int = 64) -> Camera:
    """The camera that the environments look at places of this kind with."""
    return Camera(width, height, _FIELDS_OF_VIEW.get(kind, _WIDE))


class FilmRecorder:
    """Films scenes along paths of one kind of motion.

    Episode k goes to a scene (all of the split once, in an order from the seed, before any comes again) along a path
    that is drawn from (seed, k) alone. A scene that has no room for it is passed over for the next. Nothing gets in the
    way of these paths: no motion collides, and what was commanded is what happened.

    stage: the scenes. motion: see ``paths``. seed: decides scenes and paths.
    camera: ``usual_camera`` of the scenes unless given. views: T, of every episode. rate: of them a second.
    sensors: beside rgb, of the simulator's. pairs: what is to be known of neighbouring views beside the motion.
    per_scene: episodes that are filmed in a row in one scene; a scene takes longer to make than some views of it to
        render.

    UserError for a motion that does not go with the scenes, and for settings that make no film.
    """

    def __init__(
        self,
        stage: Stage,
        motion: CameraPath,
        seed: int,
        *,
        camera: CameraModel | None = None,
        views: int = VIEWS,
        rate: float = RATE,
        sensors: Sequence[str] = (),
        pairs: PairsOf = no_pairs,
        per_scene: int = 1,
    ):
        if views < 2:
            raise UserError(f"views={views} an episode: there is no motion to record with less than 2.")
        if not (rate > 0 and math.isfinite(rate)):
            raise UserError(f"rate={rate} views a second: it must be positive.")
        if per_scene < 1:
            raise UserError(f"per_scene={per_scene}: film at least 1 episode in each scene.")
        check_fits(motion, stage.kind, PATHS, stage.entries[0].id)
        self._stage, self._motion, self._pairs = stage, motion, pairs
        self._camera = camera or usual_camera(stage.kind)
        self._seed, self._rate, self._per_scene = seed, rate, per_scene
        self._sensors = tuple(dict.fromkeys(("rgb", *sensors)))
        self.views = views
        self._spec = {"motion": motion.name, **as_json(dict(motion.settings)), "scenes": as_json(dict(stage.spec))}
        self.settings: Mapping[str, Any] = {
            "spec": self._spec,
            "protocol": {},
            "classes": list(stage.classes),
            "scenes": digest(*(entry.key for entry in stage.entries)),
            "simulator": as_json(dict(stage.simulator)),
            "camera": _described(self._camera),
            "sensors": sorted(self._sensors),
            "pairs": pairs.name,
            "views": views,
            "rate": rate,
            "per_scene": per_scene,
            "seed": seed,
        }
        self._order = lru_cache(maxsize=2)(self._shuffled)

    def record(self, first: int, count: int, advance: Advance) -> Iterator[Rollout]:
        for episode in range(first, first + count):
            rollout = self._film(episode)
            advance(rollout.views)
            yield rollout

    def close(self) -> None:
        self._stage.close()

    def _film(self, episode: int) -> Rollout:
        seed = episode_seed(self._seed, episode)
        index, (pose, commanded) = self._found(episode, seed)
        images = self._stage.render(index, pose, self._camera, self._sensors)
        rgb = images.pop("rgb")
        entry = self._stage.entries[index]
        return Rollout(
            spec=self._spec,
            seed=seed,
            scene_id=entry.id,
            scene_key=entry.key,
            label=entry.label,
            protocol={},
            camera=self._camera.model,
            intrinsics=self._camera.intrinsics(),
            time=np.arange(self.views) / self._rate,
            rgb=rgb,
            pose=pose,
            motion=log_se3(commanded),
            commanded=commanded,
            collided=np.zeros(self.views - 1, bool),
            sensors=images,
            pairs=self._pairs(images, pose, self._camera),
        )

    def _found(self, episode: int, seed: int) -> tuple[int, Track]:
        """A scene and a path through it: the scene whose turn it is or, where that has no room, the next that has."""
        entries = len(self._stage.entries)
        time_through, turn = divmod(episode // self._per_scene, entries)
        order = self._order(time_through)
        tried = min(_TRIED, entries)
        for further in range(tried):
            index = int(order[(turn + further) % entries])
            place = self._stage.place(index)
            if place.kind == OBJECT:
                place = replace(place, distance=_filling(self._camera))
            try:
                return index, self._motion(place, self.views, self._rate, np.random.default_rng(seed))
            except NoRoom as error:
                lacking = error
        raise UserError(f"{tried} scenes in a row have no room for motion {self._motion.name!r}; the last: {lacking}")

    def _shuffled(self, time_through: int) -> NDArray[np.int64]:
        """Indices of all scenes, in the order of one time through the split."""
        return np.random.default_rng([self._seed, time_through, _ORDER]).permutation(len(self._stage.entries))


def _described(camera: CameraModel) -> dict[str, Any]:
    size = asdict(camera) if is_dataclass(camera) else {"width": camera.width, "height": camera.height}
    return {"model": camera.model, **size}


def _filling(camera: CameraModel) -> float:
    """Metres from the middle of an object of unit radius from where it fills the view, or some of an all-round one."""
    return 1 / math.sin(camera.smallest_half_angle) if isinstance(camera, Camera) else 2.0
