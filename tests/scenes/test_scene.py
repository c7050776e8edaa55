from dataclasses import replace

import numpy as np
import pytest
import trimesh
from solids import solid_scene

from activevision.errors import UserError
from activevision.scenes import Material, get_catalogue


def box(**changes):
    return solid_scene(trimesh.creation.box((1, 2, 3)), **changes)


def with_mesh(scene, **changes):
    return replace(scene, meshes=(replace(scene.meshes[0], **changes),))


def test_equal_scenes_have_equal_keys_and_a_pixel_changes_the_content_key():
    texture = np.zeros((4, 4, 3), np.uint8)
    one, other = texture.copy(), texture.copy()
    other[0, 0, 0] = 1
    uv = np.zeros((8, 2), np.float32)
    scenes = [with_mesh(box(), material=Material(texture=t), uv=uv) for t in (texture, one, other)]
    assert scenes[0].content_hash == scenes[1].content_hash != scenes[2].content_hash


def test_the_geometry_key_is_blind_to_colour_place_size_and_order():
    scene = box()
    mesh = scene.meshes[0]
    copies = [
        box(colour=(0.1, 0.2, 0.3), id="recoloured"),
        with_mesh(scene, vertices=mesh.vertices * np.float32(2) + np.float32(5)),
        with_mesh(scene, faces=mesh.faces[::-1]),
        with_mesh(scene, faces=np.roll(mesh.faces, 1, axis=1)),
    ]
    assert {copy.geometry_hash for copy in copies} == {scene.geometry_hash}
    assert solid_scene(trimesh.creation.box((1, 2, 3.1))).geometry_hash != scene.geometry_hash


def test_fitted_scenes_touch_the_unit_sphere_from_within():
    fitted = with_mesh(box(), vertices=box().meshes[0].vertices * np.float32(7) - np.float32(3)).fitted()
    reach = np.linalg.norm(fitted.meshes[0].vertices, axis=1)
    np.testing.assert_allclose(reach.max(), 1.0, atol=1e-6)
    np.testing.assert_allclose(fitted.bounds.mean(0), 0.0, atol=1e-6)


def test_unused_vertices_do_not_count_towards_the_size():
    scene = box()
    vertices = np.concatenate([scene.meshes[0].vertices, np.full((1, 3), 100, np.float32)])
    np.testing.assert_allclose(with_mesh(scene, vertices=vertices).fitted().bounds, scene.fitted().bounds)


def test_impossible_scenes_are_refused():
    with pytest.raises(UserError, match="no triangles"):
        with_mesh(box(), faces=np.zeros((0, 3), np.int32))
    with pytest.raises(ValueError, match="vertices it does not have"):
        with_mesh(box(), faces=np.array([[0, 1, 99]], np.int32))
    with pytest.raises(ValueError, match="table lacks"):
        with_mesh(box(), instance=7)


def test_a_wrong_catalogue_gets_the_nearest_name():
    with pytest.raises(UserError, match="did you mean 'furniture'"):
        get_catalogue("furnitur")
