"""Light of a scene's own lamps: falls with distance and angle, and is blocked by what is in the way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from activevision.camera import Camera
from activevision.geometry import look_at
from activevision.scenes import Instance, Lamp, Material, Mesh, Scene
from activevision.scenes.srgb import linear_from_srgb
from activevision.simulators.embree_simulator import UNLIT, EmbreeSimulator


def floor(half: float = 4.0, cells: int = 64, height: float = 0.0, instance: int = 1) -> Mesh:
    """A white floor, cut into cells so that light can change over it."""
    axis = np.linspace(-half, half, cells + 1)
    x, z = np.meshgrid(axis, axis)
    vertices = np.stack([x, np.full_like(x, height), z], axis=-1).reshape(-1, 3).astype(np.float32)
    corner = np.arange(cells * (cells + 1)).reshape(cells, cells + 1)[:, :-1].reshape(-1)
    below = corner + cells + 1
    faces = np.concatenate([np.stack([corner, below, corner + 1], 1), np.stack([corner + 1, below, below + 1], 1)])
    return Mesh(vertices, faces.astype(np.int32), material=Material((1.0, 1.0, 1.0)), instance=instance)


def lit(*meshes: Mesh, lamp: Lamp) -> Scene:
    return Scene("room", "room", meshes, tuple(Instance(m.instance, "x", 1) for m in meshes), "", "", "", lamps=(lamp,))


def light_at(scene: Scene, point: tuple[float, float, float]) -> float:
    """Linear light that a matt white floor gives back at a point, as seen from above it."""
    pose = look_at(np.add(point, [0, 0.3, 0]), point, up=(0, 0, -1))
    rgb = EmbreeSimulator([scene], samples=1).render([0], pose[None], Camera(1, 1, 2.0))["rgb"]
    return float(linear_from_srgb(rgb[0, 0, 0] / 255.0).mean())


LAMP = Lamp((0.0, 2.0, 0.0), colour=(1.5, 1.5, 1.5), radius=0.05)


@pytest.mark.parametrize("x", [1.0, 2.0, 3.0])
def test_light_falls_with_the_square_of_the_distance_and_the_cosine(x: float) -> None:
    scene = lit(floor(), lamp=LAMP)
    dark = light_at(replace(scene, lamps=(replace(LAMP, colour=(0.0, 0.0, 0.0)),)), (x, 0, 0))
    squared = 4.0 + x * x
    expected = 1.5 * (2.0 / np.sqrt(squared)) / squared
    assert light_at(scene, (x, 0, 0)) - dark == pytest.approx(expected, rel=0.05)


def test_a_table_shades_the_floor_beneath_it_and_nothing_else() -> None:
    table = floor(half=0.4, cells=4, height=1.0, instance=2)
    without, shaded = lit(floor(), lamp=LAMP), lit(floor(), table, lamp=LAMP)
    assert light_at(shaded, (0.0, 0.0, 0.5)) < 0.75 * light_at(without, (0.0, 0.0, 0.5)), "2 × 0.4 m wide at the floor"
    assert light_at(shaded, (2.5, 0.0, 0.0)) == pytest.approx(light_at(without, (2.5, 0.0, 0.0)), abs=0.01)
    assert light_at(shaded, (0.0, 1.0, 0.2)) > light_at(without, (0.0, 0.0, 0.2)), "the table itself is nearer the lamp"


def test_which_way_a_mesh_file_turns_its_faces_does_not_matter() -> None:
    plane = floor()
    flipped = replace(plane, faces=plane.faces[:, ::-1].copy())
    for point in ((0.5, 0.0, 0.5), (3.0, 0.0, -1.0)):
        assert light_at(lit(flipped, lamp=LAMP), point) == pytest.approx(
            light_at(lit(plane, lamp=LAMP), point), abs=0.01
        )


def test_a_moved_and_scaled_scene_looks_the_same_from_the_moved_and_scaled_pose() -> None:
    scene = lit(floor(), floor(half=0.4, cells=4, height=1.0, instance=2), lamp=LAMP)
    pose = look_at([2.0, 1.5, 2.5], [0.0, 0.5, 0.0])
    camera = Camera(48, 48, 70.0)
    first = EmbreeSimulator([scene]).render([0], pose[None], camera)["rgb"].astype(int)
    station = replace(scene, station=(0.5, 0.2, -0.3)).at_station()
    pose[:3, 3] -= (0.5, 0.2, -0.3)
    again = EmbreeSimulator([station]).render([0], pose[None], camera)["rgb"].astype(int)
    assert np.abs(first - again).mean() < 0.5


def test_a_glowing_surface_needs_no_light_and_given_lighting_takes_the_place_of_lamps() -> None:
    plane = floor()
    glowing = replace(plane, material=Material((0.0, 0.0, 0.0), glow=(1.0, 0.5, 0.0)))
    scene = lit(glowing, lamp=replace(LAMP, colour=(0.0, 0.0, 0.0)))
    pose = look_at([0.0, 1.0, 0.0], [0.0, 0.0, 0.0], up=(0, 0, -1))[None]
    red, green, blue = EmbreeSimulator([scene]).render([0], pose, Camera(1, 1, 5.0))["rgb"][0, 0, 0]
    assert (red, blue) == (255, 0)
    assert green == pytest.approx(188, abs=1), "sRGB of half the light"
    plain = lit(floor(), lamp=replace(LAMP, colour=(0.0, 0.0, 0.0)))
    assert (EmbreeSimulator([plain], lighting=UNLIT).render([0], pose, Camera(1, 1, 5.0))["rgb"] == 255).all()


def test_the_far_side_of_a_closed_box_gets_none_of_the_lamp() -> None:
    box = trimesh.creation.box((1.0, 1.0, 1.0))
    mesh = Mesh(box.vertices.astype(np.float32), box.faces.astype(np.int32), material=Material((1.0, 1.0, 1.0)))
    scene = lit(mesh, lamp=Lamp((0.0, 3.0, 0.0), colour=(4.0, 4.0, 4.0)))
    pose = look_at([0.0, -2.0, 0.0], [0.0, 0.0, 0.0], up=(0, 0, 1))
    rgb = EmbreeSimulator([scene], samples=1).render([0], pose[None], Camera(15, 15, 35.0))["rgb"][0]
    below = linear_from_srgb(rgb[3:-3, 3:-3] / 255.0)
    np.testing.assert_allclose(below, np.broadcast_to([0.42, 0.41, 0.40], below.shape), atol=0.01)


def test_a_lamp_lights_what_it_nearly_touches() -> None:
    lamp = Lamp((0.0, 0.1, 0.0), colour=(0.005, 0.005, 0.005), radius=0.08)
    dark = replace(lamp, colour=(0.0, 0.0, 0.0))
    at = (0.0, 0.0, 0.02)
    assert light_at(lit(floor(), lamp=lamp), at) - light_at(lit(floor(), lamp=dark), at) > 0.3
