"""Scans come out the right way up, in the colours they were recorded in, with the instances that their files carry."""

from __future__ import annotations

import functools
import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scan_samples import (
    COLOURS,
    LABELS,
    PARTS,
    write_capture,
    write_gibson,
    write_glb,
    write_hm3d,
    write_matterport,
    write_ply,
    write_replica,
)
from scipy.spatial.transform import Rotation

from activevision.camera import Camera
from activevision.errors import UserError
from activevision.geometry import from_rotation_translation
from activevision.scenes import Scene
from activevision.scenes.scans import ScanCatalogue, catalogue, find_scans
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.scene_cost import measure_scene

INSIDE = (-0.5, 1.2, 0.3)
DIRECTIONS = {
    "floor": (-90, 0),
    "ceiling": (90, 0),
    "north": (0, 0),
    "west": (0, 90),
    "south": (0, 180),
    "east": (0, -90),
}
SEEN = {"floor": 0, "ceiling": 1, "north": 2, "south": 3, "west": 4, "east": 5}
"""The part of the room that a camera inside sees in each direction, north being −Z."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path / "cache"))


def only(root: Path, **options) -> Scene:
    """The one scan of a folder."""
    scans = ScanCatalogue(root, **options)
    return next(entry for split in ("train", "val", "test") for entry in scans._entries[split]).load()


def look(scene: Scene, sensor: str = "rgb") -> dict[str, NDArray]:
    """What is in the middle of the picture in each direction."""
    angles = [(tilt, turn) for tilt, turn in DIRECTIONS.values()]
    rotations = Rotation.from_euler("YX", [(turn, tilt) for tilt, turn in angles], degrees=True).as_matrix()
    simulator = EmbreeSimulator([scene], threads=1)
    try:
        poses = from_rotation_translation(rotations, INSIDE)
        images = simulator.render(np.zeros(len(poses), int), poses, Camera(5, 5, 10.0), (sensor,))[sensor]
    finally:
        simulator.close()
    return {direction: images[index, 2, 2] for index, direction in enumerate(DIRECTIONS)}


def categories_seen(scene: Scene) -> dict[str, str]:
    names = {one.category_id: one.category for one in scene.instances}
    return {direction: names[int(number)] for direction, number in look(scene, "category").items()}


LAYOUTS: dict[str, Callable[[Path], Path]] = {
    "HM3D": lambda root: write_hm3d(root / "00800-TEEsavR23oF"),
    "Replica": lambda root: write_replica(root / "room_0"),
    "Matterport3D": lambda root: write_matterport(root / "17DRP5sb8fy"),
    "Gibson": write_gibson,
    "plain GLB": lambda root: write_glb(root / "bathroom" / "one.glb", up="y"),
    "plain GLB of vertex colours": lambda root: write_glb(root / "bathroom" / "one.glb", up="y", textured=False),
    "plain PLY": lambda root: write_ply(root / "one.ply", up="y"),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_stands_upright_and_shows_its_recorded_colours_whatever_the_light(tmp_path, layout: str) -> None:
    LAYOUTS[layout](tmp_path)
    scene = only(tmp_path)
    np.testing.assert_allclose(scene.bounds, [[-2, 0, -1.5], [2, 2.5, 1.5]], atol=1e-5)
    for direction, colour in look(scene).items():
        expected = COLOURS[SEEN[direction]].astype(int)
        assert np.abs(colour - expected).max() <= (12 if "PLY" not in layout else 1), direction  # JPEG, at 64 × 8


@pytest.mark.parametrize("layout", ["HM3D", "Replica", "Matterport3D", "Gibson"])
def test_instances_and_categories_are_those_of_the_files(tmp_path: Path, layout: str) -> None:
    LAYOUTS[layout](tmp_path)
    scene = only(tmp_path)
    seen = categories_seen(scene)
    expected = {direction: PARTS[part] for direction, part in SEEN.items()}
    if layout == "HM3D":
        expected["ceiling"] = "scan"  # is in no row of the table
    assert seen == expected
    ids = {direction: int(number) for direction, number in look(scene, "instance").items()}
    labelled = {direction: part + 1 for direction, part in SEEN.items() if expected[direction] != "scan"}
    assert {direction: ids[direction] for direction in labelled} == labelled
    assert sum(one.category == "table" for one in scene.instances) == 1


@pytest.mark.parametrize("textured", [True, False])
def test_hm3d_labels_may_be_vertex_colours_and_turned_another_way(tmp_path: Path, textured: bool) -> None:
    write_hm3d(tmp_path / "00800-TEEsavR23oF", textured=textured, up="y")
    assert categories_seen(only(tmp_path))["west"] == "wall"


def test_labels_reach_a_mesh_that_is_cut_into_other_triangles(tmp_path: Path) -> None:
    mesh = write_hm3d(tmp_path / "00800-TEEsavR23oF")
    write_glb(mesh, pieces=60)
    scene = only(tmp_path)
    faces = {part: sum(len(m.faces) for m in scene.meshes if m.instance == part + 1) for part in range(7)}
    assert faces[0] == pytest.approx(7200, rel=0.1)  # of the floor's 7200, those under a wall's nearest go astray
    assert categories_seen(scene)["floor"] == "floor"


def test_category_ids_are_the_same_in_all_scans_of_a_catalogue(tmp_path: Path) -> None:
    write_replica(tmp_path / "room_0")
    write_replica(tmp_path / "office_1")
    table = tmp_path / "office_1" / "habitat" / "info_semantic.json"
    table.write_text(table.read_text().replace("wall", "a wall"))
    scans = ScanCatalogue(tmp_path)
    assert scans.categories == ("scan", "a wall", "ceiling", "floor", "table", "wall")
    ids = set()
    for split in ("train", "val", "test"):
        for entry in scans._entries[split]:
            ids |= {(one.category, one.category_id) for one in entry.load().instances}
    assert ids == {("a wall", 2), ("ceiling", 3), ("floor", 4), ("table", 5), ("wall", 6)}


def test_without_semantics_a_scan_is_one_instance_and_asking_for_them_is_an_error(tmp_path: Path) -> None:
    write_glb(tmp_path / "flat.glb", up="y")
    assert [one.category for one in only(tmp_path).instances] == ["scan"]
    with pytest.raises(UserError, match=r"flat\.glb: carries no semantics, and 1 of 1 scans do not"):
        ScanCatalogue(tmp_path, semantics=True)
    write_hm3d(tmp_path / "hm3d" / "00800-TEEsavR23oF")
    assert [one.category for one in only(tmp_path / "hm3d", semantics=False).instances] == ["scan"]


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("semantic.txt", r"semantic\.glb: the table that names its instances is not beside it"),
        ("semantic.glb", r"semantic\.txt: the mesh that carries its instances is not beside it"),
    ],
)
def test_half_of_the_semantics_is_an_error_that_names_the_other_half(tmp_path, missing: str, message: str) -> None:
    write_hm3d(tmp_path / "00800-TEEsavR23oF")
    (tmp_path / "00800-TEEsavR23oF" / f"TEEsavR23oF.{missing}").unlink()
    with pytest.raises(UserError, match=message):
        only(tmp_path)
    assert len(only(tmp_path, semantics=False).instances) == 1


def test_labels_of_another_scan_are_refused(tmp_path: Path) -> None:
    write_replica(tmp_path / "room_0")
    mesh = tmp_path / "room_0" / "mesh.ply"
    write_ply(mesh)
    scene = write_hm3d(tmp_path / "hm3d" / "00800-TEEsavR23oF")
    table = scene.with_name("TEEsavR23oF.semantic.txt")
    table.write_text(table.read_text().replace("FF00", "00AB"))
    with pytest.raises(UserError, match="none of its colours is in the table"):
        only(tmp_path / "hm3d")
    moved = tmp_path / "room_0" / "habitat" / "mesh_semantic.ply"
    data = bytearray(moved.read_bytes())
    start = data.index(b"end_header\n") + len(b"end_header\n")
    corner = np.frombuffer(data, [("xyz", "<f4", 3), ("rgb", "u1", 3)], offset=start, count=9 * 49).copy()
    corner["xyz"] += 3
    data[start : start + corner.nbytes] = corner.tobytes()
    moved.write_bytes(data)
    with pytest.raises(UserError, match=r"mesh_semantic\.ply: does not lie where the scan does"):
        only(tmp_path / "room_0")


def test_faces_without_ids_and_damaged_tables_are_one_line_errors(tmp_path: Path) -> None:
    write_replica(tmp_path / "room_0")
    write_ply(tmp_path / "room_0" / "habitat" / "mesh_semantic.ply")
    with pytest.raises(UserError, match="its faces have no object_id or segment_id"):
        only(tmp_path)
    for name, layout, write, damage in [
        ("semantic.txt", "HM3D", write_hm3d, "not a table"),
        ("house", "Matterport3D", write_matterport, "ASCII 1.1\nO 1 2\n"),
        ("scn", "Gibson", write_gibson, "{"),
    ]:
        path = write(tmp_path / layout)
        path.with_suffix(f".{name}").write_text(damage)
        with pytest.raises(UserError, match=rf"not a readable {layout} table \(.*\): download it again"):
            only(tmp_path / layout)


def test_layouts_classes_and_splits_are_read_off_the_folders(tmp_path: Path) -> None:
    def put(path: str) -> None:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"")

    for path in [
        "hm3d/train/00001-aa/aa.basis.glb",
        "hm3d/train/00001-aa/aa.glb",
        "hm3d/train/00001-aa/aa.semantic.glb",
        "hm3d/train/00001-aa/aa.semantic.txt",
        "hm3d/val/00800-bb/bb.basis.glb",
        "hm3d/minival/00800-bb/bb.basis.glb",
        "mp3d/cc/cc.glb",
        "mp3d/cc/cc.house",
        "mp3d/cc/cc_semantic.ply",
        "gibson/Dd.glb",
        "gibson/Dd.navmesh",
        "replica/frl_apartment_2/mesh.ply",
        "replica/frl_apartment_2/habitat/mesh_semantic.ply",
        "mine/kitchen/test/ee.ply",
        "mine/kitchen/train/ff.glb",
        "mine/kitchen/train/notes.json",
        "mine/.hidden/gg.ply",
    ]:
        put(path)
    found = {scan.mesh: (scan.layout, scan.up, scan.split) for scan in find_scans(tmp_path)}
    assert found == {
        "hm3d/train/00001-aa/aa.glb": ("HM3D", "z", "train"),
        "hm3d/val/00800-bb/bb.basis.glb": ("HM3D", "z", "val"),
        "mp3d/cc/cc.glb": ("Matterport3D", "z", None),
        "gibson/Dd.glb": ("Gibson", "z", None),
        "replica/frl_apartment_2/mesh.ply": ("Replica", "z", None),
        "mine/kitchen/test/ee.ply": ("plain", "y", "test"),
        "mine/kitchen/train/ff.glb": ("plain", "y", "train"),
    }
    assert {scan.mesh: scan.label for scan in find_scans(tmp_path / "mine")} == {
        "kitchen/test/ee.ply": "kitchen",
        "kitchen/train/ff.glb": "kitchen",
    }
    assert {scan.label for scan in find_scans(tmp_path / "replica")} == {"frl_apartment"}
    assert {scan.label for scan in find_scans(tmp_path / "hm3d")} == {"scan"}


def test_the_up_axis_can_be_said(tmp_path: Path) -> None:
    write_glb(tmp_path / "one.glb", up="z")
    np.testing.assert_allclose(only(tmp_path, up="z").bounds[1], [2, 2.5, 1.5], atol=1e-5)
    with pytest.raises(UserError, match="unknown up axis 'w'"):
        ScanCatalogue(tmp_path, up="w")


def test_a_capture_takes_its_instances_from_the_boxes_round_things(tmp_path: Path) -> None:
    write_capture(tmp_path / "den.json")
    scene = only(tmp_path)
    np.testing.assert_allclose(scene.bounds, [[-2, 0, -1.5], [2, 2.5, 1.5]], atol=1e-5)
    assert categories_seen(scene)["floor"] == "floor"
    assert categories_seen(scene)["north"] == "scan"
    table = next(one.id for one in scene.instances if one.category == "table")
    points = np.concatenate([m.vertices[m.faces].mean(1) for m in scene.meshes if m.instance == table])
    assert points.min(0) == pytest.approx([1, 0.2, -1.5], abs=0.15)
    assert points.max(0) == pytest.approx([2, 1, -0.5], abs=0.15)
    broken = json.loads((tmp_path / "den.json").read_text())
    broken["spatialEntities"][0]["triangleMesh_META"]["vertices"] = "AAAA"
    (tmp_path / "den.json").write_text(json.dumps(broken))
    with pytest.raises(UserError, match=r"den\.json: not a readable room capture"):
        only(tmp_path)


def test_one_stands_at_eye_height_where_there_is_most_room(tmp_path: Path) -> None:
    write_replica(tmp_path / "room_0")
    station = only(tmp_path).station
    assert station is not None
    assert station[1] == pytest.approx(1.5, abs=0.03)
    assert -1.3 < station[0] < 0.3  # away from the table, which fills the east end of the south wall
    assert abs(station[2]) < 0.8


def test_a_scan_is_parsed_once_and_comes_out_of_the_cache_the_same(tmp_path: Path, monkeypatch) -> None:
    write_hm3d(tmp_path / "00800-TEEsavR23oF")
    first = only(tmp_path)
    monkeypatch.setattr(catalogue, "_parsed", None)
    again = only(tmp_path)
    assert again.content_hash == first.content_hash
    assert again.station == first.station
    monkeypatch.undo()
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path / "cache"))
    (held,) = (tmp_path / "cache" / "scans").glob("*.npz")
    held.write_bytes(held.read_bytes()[:1000])
    assert only(tmp_path).content_hash == first.content_hash


def test_keys_follow_the_files_and_the_options(tmp_path: Path) -> None:
    write_hm3d(tmp_path / "00800-TEEsavR23oF")

    def key(**options) -> str:
        return next(e for s in ("train", "val", "test") for e in ScanCatalogue(tmp_path, **options)._entries[s]).key

    keys = [key(), key(up="y"), key(semantics=False), key(texture_size=64)]
    assert key() == keys[0]
    table = tmp_path / "00800-TEEsavR23oF" / "TEEsavR23oF.semantic.txt"
    table.write_text(table.read_text().replace("table", "bench"))
    keys.append(key())
    write_glb(tmp_path / "00800-TEEsavR23oF" / "TEEsavR23oF.glb", COLOURS[::-1])
    assert len({*keys, key()}) == 6


def test_instances_of_one_texture_share_it_and_entries_can_be_sent_to_other_processes(tmp_path: Path) -> None:
    write_hm3d(tmp_path / "00800-TEEsavR23oF")
    scans = ScanCatalogue(tmp_path)
    (entry,) = (e for s in ("train", "val", "test") for e in scans._entries[s])
    scene = pickle.loads(pickle.dumps(entry)).load()
    textures = [mesh.material.texture for mesh in scene.meshes]
    assert len(textures) == 7
    assert all(texture is textures[0] for texture in textures)


def glb_with_extension(name: str) -> bytes:
    tree = json.dumps({"asset": {"version": "2.0"}, "extensionsRequired": [name]}).encode()
    tree += b" " * (-len(tree) % 4)
    return b"glTF" + struct.pack("<IIII", 2, 20 + len(tree), len(tree), 0x4E4F534A) + tree


def test_what_cannot_be_read_is_named_with_the_remedy_and_left_out(tmp_path: Path, capsys, monkeypatch) -> None:
    monkeypatch.setattr(catalogue.check_container.__globals__["importlib"].util, "find_spec", lambda name: None)
    whole = write_glb(tmp_path / "whole.glb", up="y")
    (tmp_path / "torn.glb").write_bytes(whole.read_bytes()[:-500])
    (tmp_path / "text.glb").write_text("not a mesh, though long enough")
    (tmp_path / "damaged.glb").write_bytes(whole.read_bytes()[:20] + b"?" * 10 + whole.read_bytes()[30:])
    (tmp_path / "00800-TEEsavR23oF").mkdir()
    basis = tmp_path / "00800-TEEsavR23oF" / "TEEsavR23oF.basis.glb"
    basis.write_bytes(glb_with_extension("KHR_texture_basisu"))
    (tmp_path / "draco.glb").write_bytes(glb_with_extension("KHR_draco_mesh_compression"))
    (tmp_path / "meshopt.glb").write_bytes(glb_with_extension("EXT_meshopt_compression"))
    scans = ScanCatalogue(tmp_path)
    assert [e.id for s in ("train", "val", "test") for e in scans._entries[s]] == ["whole.glb"]
    lines = capsys.readouterr().err.splitlines()
    for name, reason in {
        "torn.glb": "cut short at",
        "text.glb": "does not begin as GLB files do",
        "damaged.glb": "its JSON part is damaged",
        "TEEsavR23oF.basis.glb": "ktxdecompress IN.glb OUT.glb",
        "draco.glb": "pip install DracoPy",
        "meshopt.glb": "export it without compression",
    }.items():
        assert len([line for line in lines if name in line and reason in line and "Left out." in line]) == 1, name


def test_files_damaged_further_in_are_one_line_errors_when_they_are_loaded(tmp_path: Path) -> None:
    torn = write_ply(tmp_path / "ply" / "torn.ply", up="y")
    torn.write_bytes(torn.read_bytes()[:-300])
    with pytest.raises(UserError, match=r"torn\.ply: not a readable PLY file \(.*\): download or export it again"):
        only(tmp_path / "ply")
    tree = json.dumps({"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [3]}], "nodes": []}).encode()
    tree += b" " * (-len(tree) % 4)
    (tmp_path / "glb").mkdir()
    data = b"glTF" + struct.pack("<IIII", 2, 20 + len(tree), len(tree), 0x4E4F534A) + tree
    (tmp_path / "glb" / "bad.glb").write_bytes(data)
    with pytest.raises(UserError, match=r"bad\.glb: (not a readable GLB file|holds no triangles)"):
        only(tmp_path / "glb")
    points = tmp_path / "points" / "cloud.ply"
    points.parent.mkdir()
    points.write_text("ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\n"
                      "end_header\n0 0 0\n")  # fmt: skip
    with pytest.raises(UserError, match=r"cloud\.ply: holds no triangles"):
        only(tmp_path / "points")


def test_nothing_usable_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no folder .*: check the path"):
        ScanCatalogue(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"no scans in .*: it must hold \*\.glb or \*\.ply"):
        ScanCatalogue(tmp_path)
    (tmp_path / "text.glb").write_text("no")
    with pytest.raises(UserError, match="none of the 1 scans"):
        ScanCatalogue(tmp_path)


def test_what_a_scan_costs_is_measured(tmp_path: Path) -> None:
    write_replica(tmp_path / "room_0")
    (entry,) = (e for s in ("train", "val", "test") for e in ScanCatalogue(tmp_path)._entries[s])
    simulator = functools.partial(EmbreeSimulator, threads=1)
    speed = measure_scene(entry, sizes=((8, 8), (16, 24)), seconds=0.0, simulator=simulator)
    assert (speed.triangles, speed.instances) == (9 * 72, len(PARTS))
    assert set(speed.frames_per_s) == {(8, 8), (16, 24)}
    assert min(*speed.frames_per_s.values(), speed.load_s, speed.compile_s) > 0
    assert speed.memory_mb >= 0
    assert len(LABELS) == len(COLOURS) == len(PARTS)
