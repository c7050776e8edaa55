"""What ``CatalogueStage`` claims: places as the environments have them, few in memory, and films of real catalogues."""

from __future__ import annotations

import pickle
from functools import partial
from pathlib import Path

import cv2
import gymnasium as gym
import numpy as np
import pytest

from activevision.camera import Camera
from activevision.commands.stage import CatalogueStage, film_recorder
from activevision.errors import UserError
from activevision.scenes import get_catalogue
from activevision.scenes.rooms import RoomsCatalogue


def test_an_object_is_seen_as_the_environment_shows_it(solids) -> None:
    of = film_recorder(solids, "train", {}, "turntable", 0, views=4, width=32, height=32)
    (film,) = of.record(0, 1, lambda frames: None)
    env = gym.make(
        "activevision/ActiveObject-v0", catalogue=solids, action="continuous", protocol="look-around-32"
    ).unwrapped
    scene = [entry.id for entry in solids.scenes("train")].index(film.scene_id)
    for pose, rgb in zip(film.pose, film.rgb, strict=True):
        away = pose[:3, 2]  # from the object to the camera
        viewpoint = (np.arcsin(away[1]), np.arctan2(away[0], away[2]) % (2 * np.pi))
        observation, info = env.reset(options={"scene": scene, "viewpoint": viewpoint})
        np.testing.assert_allclose(info["pose"], pose, atol=1e-9)
        assert (np.abs(observation["rgb"].astype(int) - rgb).max(axis=-1) > 1).mean() < 0.01
    of.close()


def test_few_scenes_are_kept_and_a_recorder_is_made_from_a_pickle(solids) -> None:
    make = pickle.loads(pickle.dumps(partial(film_recorder, solids, "train", {"catalogue": "solids"}, "turntable", 0)))
    of = make(views=3, width=8, height=8)
    films = list(of.record(0, 8, lambda frames: None))
    assert len({film.scene_id for film in films}) == 8
    assert len(of._stage._ready) <= 2
    np.testing.assert_array_equal(next(of.record(0, 1, lambda frames: None)).rgb, films[0].rgb)
    of.close()


def test_a_walk_through_a_room_shows_it_from_within_and_from_no_nearer_than_the_radius() -> None:
    rooms = RoomsCatalogue(per_class=4, classes=("bedroom",))
    of = film_recorder(
        rooms, "train", {}, "walk", 0, views=20, rate=4.0, sensors=("depth", "instance"), width=16, height=16
    )
    (film,) = of.record(0, 1, lambda frames: None)
    depth = film.sensors["depth"]
    assert (film.sensors["instance"] > 0).mean() > 0.9
    assert depth[depth > 0].min() > 0.08  # planar depth of what is 0.14 m off and at the view's edge
    assert film.label == "bedroom"
    of.close()


def test_a_panorama_is_turned_in_and_not_moved_in(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (16, 32, 3), np.uint8)
    for name in ("a", "b"):
        (tmp_path / name / "train").mkdir(parents=True)
        assert cv2.imwrite(str(tmp_path / name / "train" / "1.png"), picture)
    pictures = get_catalogue(f"panoramas:{tmp_path}")
    of = film_recorder(pictures, "train", {}, "handheld", 0, views=3, width=8, height=8)
    (film,) = of.record(0, 1, lambda frames: None)
    assert film.rgb.any()
    of.close()
    for motion in ("walk", "orbit", "driving"):
        with pytest.raises(UserError, match="choose handheld or turntable"):
            film_recorder(pictures, "train", {}, motion, 0)


def test_wrong_names_are_told_before_anything_is_loaded(solids) -> None:
    with pytest.raises(UserError, match="did you mean 'orbit'"):
        film_recorder(solids, "train", {}, "orbti", 0)
    with pytest.raises(UserError, match="did you mean 'depth'"):
        film_recorder(solids, "train", {}, "orbit", 0, sensors=("dept",))


def test_the_camera_is_the_environments_unless_another_is_asked_for(solids) -> None:
    usual = film_recorder(solids, "train", {}, "orbit", 0)
    assert usual.settings["camera"] == {"model": "pinhole", "width": 64, "height": 64, "hfov_deg": 45.0}
    wide = film_recorder(solids, "train", {}, "orbit", 0, hfov_deg=80.0)
    assert wide.settings["camera"]["hfov_deg"] == 80.0
    stage = CatalogueStage(solids, "train", {})
    assert np.linalg.norm(stage.place(0).bounds, axis=1).max() >= 1.0  # the corners of what is fitted to radius 1
    assert stage.render(0, np.eye(4)[None], Camera(4, 4), ("rgb",))["rgb"].shape == (1, 4, 4, 3)
