"""Meshes come out of every format with the shape, the colours and the way up that the file says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray
from PIL import Image

from activevision.errors import UserError
from activevision.scenes.mesh_files import read_meshes
from activevision.scenes.mesh_materials import TEXTURE_SIZE
from activevision.scenes.obj_polygons import clip_ears
from activevision.scenes.scene import Mesh

QUAD = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\n"


def write_obj(folder: Path, faces: str, mtl: str, geometry: str = QUAD) -> Path:
    (folder / "m.mtl").write_text(mtl)
    (folder / "m.obj").write_text(f"mtllib m.mtl\n{geometry}{faces}\n")
    return folder / "m.obj"


def corners(mesh: Mesh) -> NDArray[np.float64]:
    return mesh.vertices[mesh.faces].astype(np.float64)


def area(meshes: tuple[Mesh, ...]) -> float:
    triangles = np.concatenate([corners(mesh) for mesh in meshes])
    sides = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    return float(np.linalg.norm(sides, axis=1).sum() / 2)


def volume(meshes: tuple[Mesh, ...]) -> float:
    """Positive where faces are counter-clockwise from outside."""
    triangles = np.concatenate([corners(mesh) for mesh in meshes])
    return float(np.einsum("fi,fi->f", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])).sum() / 6)


@pytest.mark.parametrize("suffix", ["obj", "glb", "gltf", "ply", "stl", "off", "dae"])
def test_every_format_gives_the_same_box(suffix: str, tmp_path: Path) -> None:
    if suffix == "dae" and importlib.util.find_spec("collada") is None:
        pytest.skip("pycollada is not installed")
    box = trimesh.creation.box(extents=(1.0, 2.0, 3.0))
    if suffix == "gltf":
        for name, data in trimesh.Scene(box).export(file_type="gltf").items():
            (tmp_path / name).write_bytes(data)
        path = tmp_path / "model.gltf"
    else:
        path = tmp_path / f"box.{suffix}"
        box.export(path)
    meshes = read_meshes(path)
    assert sum(len(mesh.faces) for mesh in meshes) == 12
    assert volume(meshes) == pytest.approx(6.0, rel=1e-5)
    assert np.ptp(np.concatenate([mesh.vertices for mesh in meshes]), axis=0) == pytest.approx([1, 2, 3])


@pytest.mark.parametrize(("up", "axis"), [("x", 0), ("y", 1), ("z", 2)])
def test_the_named_axis_becomes_y_and_nothing_is_mirrored(up: str, axis: int, tmp_path: Path) -> None:
    cone = trimesh.creation.cone(radius=1.0, height=5.0)
    turn = {0: [0, 1, 0], 1: [-1, 0, 0], 2: [0, 0, 0]}[axis]
    cone.apply_transform(trimesh.transformations.euler_matrix(*(np.pi / 2 * np.array(turn))))
    assert np.ptp(cone.vertices, axis=0)[axis] == pytest.approx(5.0)
    assert cone.vertices[:, axis].max() == pytest.approx(5.0)
    cone.export(tmp_path / "cone.ply")
    meshes = read_meshes(tmp_path / "cone.ply", up=up)
    tip = max(np.concatenate([mesh.vertices for mesh in meshes]), key=lambda vertex: np.linalg.norm(vertex))
    assert tip == pytest.approx([0, 5, 0], abs=1e-5)
    assert volume(meshes) > 0


def test_materials_of_an_obj_keep_their_colours_and_their_texture_its_way_up(tmp_path: Path) -> None:
    image = np.zeros((2, 2, 3), np.uint8)
    image[1, 0] = 255, 0, 0  # lower left, where u = v = 0
    Image.fromarray(image).save(tmp_path / "t.png")
    path = write_obj(
        tmp_path,
        "usemtl a\nf 1/1 2/2 3/3\nusemtl b\nf 1/1 3/3 4/4",
        "newmtl a\nKd 0.2 0.4 0.6\nnewmtl b\nKd 0 0 0\nmap_Kd t.png\n",
    )
    plain, textured = sorted(read_meshes(path), key=lambda mesh: mesh.material.texture is not None)
    assert plain.material.colour == pytest.approx((0.2, 0.4, 0.6), abs=0.003)
    assert textured.material.colour == (1.0, 1.0, 1.0)  # Kd 0 0 0 beside a texture means the texture as it is
    assert textured.material.texture is not None
    assert textured.material.texture[1, 0].tolist() == [255, 0, 0]
    assert textured.uv is not None
    at = np.abs(textured.vertices - [0, 0, 0]).sum(1).argmin()
    assert textured.uv[at].tolist() == [0, 0]


def test_large_textures_are_shrunk_in_proportion(tmp_path: Path) -> None:
    Image.fromarray(np.full((300, 1200, 3), 90, np.uint8)).save(tmp_path / "t.jpg")
    (mesh,) = read_meshes(write_obj(tmp_path, "usemtl a\nf 1/1 2/2 3/3 4/4", "newmtl a\nKd 1 1 1\nmap_Kd t.jpg\n"))
    assert mesh.material.texture is not None
    assert mesh.material.texture.shape == (TEXTURE_SIZE // 4, TEXTURE_SIZE, 3)
    assert np.abs(mesh.material.texture.astype(int) - 90).max() <= 2


@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_without_its_image_a_surface_keeps_the_material_colour(damage: str, tmp_path: Path) -> None:
    if damage == "cut short":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)).save(tmp_path / "t.png")
        data = (tmp_path / "t.png").read_bytes()
        (tmp_path / "t.png").write_bytes(data[: len(data) // 2])
    path = write_obj(tmp_path, "usemtl a\nf 1/1 2/2 3/3", "newmtl a\nKd 0.5 0.1 0.1\nmap_Kd t.png\n")
    (mesh,) = read_meshes(path)
    assert mesh.material.texture is None
    assert mesh.material.colour == pytest.approx((0.5, 0.1, 0.1), abs=0.003)


def test_one_sees_through_a_pane_but_a_glass_object_stays(tmp_path: Path) -> None:
    faces = "usemtl frame\nf 1 2 3\nusemtl pane\nf 1 3 4"
    path = write_obj(tmp_path, faces, "newmtl frame\nKd 1 1 1\nd 1.0\nnewmtl pane\nKd 1 1 1\nd 0.2\n")
    assert area(read_meshes(path)) == pytest.approx(0.5)
    path = write_obj(tmp_path, faces, "newmtl frame\nKd 1 1 1\nd 0.3\nnewmtl pane\nKd 1 1 1\nTr 0.9\n")
    assert area(read_meshes(path)) == pytest.approx(1.0)


def test_transparent_parts_of_a_texture_are_cut_out_of_the_mesh(tmp_path: Path) -> None:
    image = np.full((64, 64, 4), 255, np.uint8)
    image[..., 3] = 0
    image[32:, 32:] = 0, 128, 0, 255  # the lower right quarter
    Image.fromarray(image).save(tmp_path / "leaf.png")
    meshes = read_meshes(write_obj(tmp_path, "usemtl a\nf 1/1 2/2 3/3 4/4", "newmtl a\nmap_Kd leaf.png\nKd 1 1 1\n"))
    assert area(meshes) == pytest.approx(0.25, abs=0.05)
    centres = corners(meshes[0]).mean(1)
    assert centres[:, 0].min() > 0.45
    assert centres[:, 1].max() < 0.55
    assert meshes[0].material.texture is not None
    assert meshes[0].material.texture[40, 8].tolist() == [0, 128, 0]  # no white left to come through at the rim


@pytest.mark.parametrize("where", ["vertex_colors", "face_colors"])
def test_painted_meshes_are_split_by_colour(where: str, tmp_path: Path) -> None:
    box = trimesh.creation.box()
    red, blue = (250, 10, 20, 255), (10, 20, 250, 255)
    if where == "face_colors":
        colours = np.array([red] * 4 + [blue] * 8, np.uint8)
    else:
        box.unmerge_vertices()
        colours = np.array([red] * 12 + [blue] * 24, np.uint8)
    box.visual = trimesh.visual.ColorVisuals(box, **{where: colours})
    box.export(tmp_path / "box.ply")
    found = {mesh.material.colour: len(mesh.faces) for mesh in read_meshes(tmp_path / "box.ply")}
    expected = {tuple(round(c / 255, 4) for c in red[:3]): 4, tuple(round(c / 255, 4) for c in blue[:3]): 8}
    assert found == expected


def test_gltf_colour_factors_are_linear_light(tmp_path: Path) -> None:
    box = trimesh.creation.box()
    material = trimesh.visual.material.PBRMaterial(baseColorFactor=[55, 255, 0, 255])
    box.visual = trimesh.visual.TextureVisuals(material=material)
    box.export(tmp_path / "box.glb")
    (mesh,) = read_meshes(tmp_path / "box.glb")
    assert mesh.material.colour == pytest.approx((0.5019, 1.0, 0.0), abs=0.01)


def test_every_place_of_the_scene_graph_is_filled_and_mirrored_ones_stay_outside_out(tmp_path: Path) -> None:
    scene = trimesh.Scene()
    scene.add_geometry(trimesh.creation.box(), geom_name="box", node_name="one")
    scene.graph.update(frame_to="two", geometry="box", matrix=np.diag([-1.0, 2.0, 1.0, 1.0]) + np.eye(4, k=3) * 5)
    scene.export(tmp_path / "two.glb")
    meshes = read_meshes(tmp_path / "two.glb")
    assert len(meshes) == 2
    assert sorted(volume((mesh,)) for mesh in meshes) == pytest.approx([1.0, 2.0])
    assert max(mesh.vertices[:, 0].max() for mesh in meshes) == pytest.approx(5.5)


def test_normals_are_kept_where_the_file_has_them_and_not_made_up(tmp_path: Path) -> None:
    sphere = trimesh.creation.icosphere(subdivisions=2)
    (tmp_path / "s.obj").write_text(trimesh.exchange.obj.export_obj(sphere, include_normals=True))
    (mesh,) = read_meshes(tmp_path / "s.obj", up="z")
    assert mesh.normals is not None
    assert np.einsum("vi,vi->v", mesh.normals, mesh.vertices) == pytest.approx(np.ones(len(mesh.vertices)), abs=1e-3)
    sphere.export(tmp_path / "s.stl")
    assert read_meshes(tmp_path / "s.stl")[0].normals is None


def test_a_door_frame_drawn_as_one_concave_face_stays_open(tmp_path: Path) -> None:
    outline = [(0, 0), (1, 0), (1, 9), (4, 9), (4, 0), (5, 0), (5, 10), (0, 10)]
    vertices = "".join(f"v {x} {y} 0\n" for x, y in outline)
    (tmp_path / "frame.obj").write_text(vertices + "f 1 2 3 4 5 6 7 8\nf 8 7 6 5 4 3 2 1\n")
    meshes = read_meshes(tmp_path / "frame.obj")
    assert area(meshes) == pytest.approx(2 * (50 - 27))
    centres = np.concatenate([corners(mesh).mean(1) for mesh in meshes])
    assert not ((centres[:, 0] > 1) & (centres[:, 0] < 4) & (centres[:, 1] < 9)).any()


def test_ear_clipping_covers_any_star_shaped_polygon_once() -> None:
    rng = np.random.default_rng(3)
    for corners_ in (5, 8, 13, 40):
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners_))
        polygon = rng.uniform(0.2, 1.0, (corners_, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        following = np.roll(polygon, -1, axis=0)
        whole = (polygon[:, 0] * following[:, 1] - polygon[:, 1] * following[:, 0]).sum() / 2
        a, b, c = (polygon[clip_ears(polygon)[:, k]] for k in range(3))
        areas = ((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
        assert len(areas) == corners_ - 2
        assert np.abs(areas).sum() == pytest.approx(whole)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.glb", b"glTF\x02\x00\x00\x00\xff\xff\x00\x00", "GLB"),
        ("a.off", b"not a mesh at all", "OFF"),
        ("a.stl", b"solid nothing\nendsolid nothing\n", "triangles|STL"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "no triangles"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 nan 0\nf 1 2 3\n", "finite"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "OBJ"),
        ("a.ply", b"", "PLY"),
        ("a.xyz", b"1 2 3", "mesh format"),
    ],
)
def test_a_damaged_file_is_named_with_the_reason_in_one_line(
    name: str, data: bytes, reason: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=reason) as caught:
        read_meshes(tmp_path / name)
    assert "\n" not in str(caught.value)
    if name != "a.xyz":
        assert name in str(caught.value)


def test_a_missing_file_and_an_unknown_axis_are_user_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone\.obj"):
        read_meshes(tmp_path / "gone.obj")
    with pytest.raises(UserError, match="up axis"):
        read_meshes(tmp_path / "gone.obj", up="w")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda files: files.update({"model.gltf": files["model.gltf"][:200]}), "Unterminated string"),
        (lambda files: files.pop("gltf_buffer_0.bin"), "gltf_buffer_0.bin is missing"),
        (lambda files: files.update({"gltf_buffer_0.bin": files["gltf_buffer_0.bin"][:50]}), "do not fit together"),
        (lambda files: files.update({"gltf_buffer_0.bin": b"\xff" * 144}), "faces that name vertices it does not have"),
        (lambda files: files.update({"gltf_buffer_1.bin": b"\xff" * 96}), "not a finite number"),
    ],
    ids=["cut short", "without a buffer", "with half a buffer", "faces of no vertices", "vertices of no place"],
)
def test_a_damaged_gltf_is_one_line_that_says_what_is_wrong(tmp_path, damage, message):
    files = trimesh.creation.box().export(file_type="gltf")
    damage(files)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        read_meshes(tmp_path / "model.gltf")
    assert "\n" not in str(caught.value)
    assert "model.gltf: not a readable GLTF file" in str(caught.value)
