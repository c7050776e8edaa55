"""A user's folder becomes a catalogue whose splits share no shape, whatever is broken or doubled in it."""

from __future__ import annotations

import os
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import trimesh

from activevision.errors import UserError
from activevision.scenes import get_catalogue, mesh_facts
from activevision.scenes.meshes import MeshFolderCatalogue


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path / "cache"))


def write_box(path: Path, height: float, scale: float = 1.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    box = trimesh.creation.box(extents=(1.0, height, 1.3))
    box.apply_scale(scale)
    box.export(path)


def ids(catalogue: MeshFolderCatalogue) -> dict[str, list[str]]:
    found = {}
    for split in ("train", "val", "test"):
        try:
            found[split] = [entry.id for entry in catalogue.scenes(split)]
        except UserError:
            found[split] = []
    return found


def shapes(catalogue: MeshFolderCatalogue) -> dict[str, set[str]]:
    return {
        split: {entry.load().geometry_hash for entry in catalogue.scenes(split)} for split in ("train", "val", "test")
    }


def test_unsplit_classes_are_divided_by_shape_at_any_scale_and_under_any_name(tmp_path: Path) -> None:
    root = tmp_path / "data"
    for number in range(10):
        write_box(root / "short" / f"{number}.off", 1 + 0.1 * number)
        write_box(root / "short" / f"copy{number}.stl", 1 + 0.1 * number, scale=100.0)
        write_box(root / "tall" / f"{number}.ply", 3 + 0.1 * number)
    catalogue = MeshFolderCatalogue(root)
    assert catalogue.classes == ("short", "tall")
    assert {split: len(found) for split, found in ids(catalogue).items()} == {"train": 18, "val": 6, "test": 6}
    found = shapes(catalogue)
    assert not found["train"] & found["test"]
    assert not found["train"] & found["val"]
    assert not found["val"] & found["test"]
    for number in range(10):
        (root / "tall" / f"{number}.ply").rename(root / "tall" / f"{9 - number}_.ply")
    assert shapes(MeshFolderCatalogue(root)) == found


@pytest.mark.parametrize(("count", "expected"), [(1, (1, 0, 0)), (2, (1, 0, 1)), (3, (1, 1, 1)), (4, (2, 1, 1))])
def test_three_shapes_are_enough_for_one_in_every_split(
    count: int, expected: tuple[int, int, int], tmp_path: Path
) -> None:
    for number in range(count):
        write_box(tmp_path / "data" / "box" / f"{number}.off", 1 + number)
    found = ids(MeshFolderCatalogue(tmp_path / "data"))
    assert tuple(len(found[split]) for split in ("train", "val", "test")) == expected


def test_given_splits_are_kept_and_val_is_carved_out_of_train_alone(tmp_path: Path) -> None:
    root = tmp_path / "ModelNet"
    for number in range(10):
        write_box(root / "box" / "train" / f"box_{number}.off", 1 + 0.1 * number)
        write_box(root / "box" / "test" / f"box_{10 + number}.off", 3 + 0.1 * number)
    found = ids(MeshFolderCatalogue(root))
    assert (len(found["train"]), len(found["val"])) == (8, 2)
    assert found["test"] == [f"box/test/box_{10 + number}.off" for number in range(10)]
    assert all(name.startswith("box/train/") for name in found["train"] + found["val"])
    write_box(root / "box" / "val" / "v.off", 9.0)
    found = ids(MeshFolderCatalogue(root))
    assert (len(found["train"]), found["val"]) == (10, ["box/val/v.off"])


def test_a_train_shape_that_is_in_test_too_is_reported_and_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "data"
    for number in range(5):
        write_box(root / "box" / "train" / f"{number}.off", 1 + 0.1 * number)
    write_box(root / "box" / "val" / "v.off", 5.0)
    write_box(root / "crate" / "test" / "t.stl", 1.2, scale=7.0)
    catalogue = MeshFolderCatalogue(root)
    assert ids(catalogue)["train"] == [f"box/train/{number}.off" for number in (0, 1, 3, 4)]
    assert "box/train/2.off: the same shape as crate/test/t.stl, dropped from train." in capsys.readouterr().err


def test_val_is_carved_out_of_what_test_does_not_have(tmp_path: Path) -> None:
    root = tmp_path / "data"
    for number in range(20):
        write_box(root / "box" / "train" / f"{number}.off", 1 + 0.1 * number)
    for number in range(10):
        write_box(root / "box" / "test" / f"{number}.off", 1 + 0.1 * number)
    found = ids(MeshFolderCatalogue(root))
    assert {split: len(names) for split, names in found.items()} == {"train": 8, "val": 2, "test": 10}


def test_a_broken_file_is_named_with_the_reason_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "data"
    for number in range(3):
        write_box(root / "box" / f"{number}.off", 1 + number)
    (root / "box" / "broken.glb").write_bytes(b"glTF rubbish")
    (root / "box" / "notes.txt").write_text("no mesh")
    (root / "box" / "points.obj").write_text("v 0 0 0\n")
    for _ in range(2):  # the second time from the cache
        catalogue = MeshFolderCatalogue(root)
        assert sum(map(len, ids(catalogue).values())) == 3
        said = capsys.readouterr().err
        assert "broken.glb: not a readable GLB file" in said
        assert "points.obj: holds no triangles" in said
        assert "notes.txt" not in said


def test_a_folder_with_nothing_usable_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty" / "class").mkdir(parents=True)
    with pytest.raises(UserError, match="no meshes in"):
        MeshFolderCatalogue(tmp_path / "empty")
    (tmp_path / "empty" / "class" / "a.off").write_text("rubbish")
    with pytest.raises(UserError, match="can be read"):
        MeshFolderCatalogue(tmp_path / "empty")
    with pytest.raises(UserError, match="no folder"):
        MeshFolderCatalogue(tmp_path / "gone")
    with pytest.raises(UserError, match="up axis"):
        MeshFolderCatalogue(tmp_path / "empty", up="up")


def test_files_are_read_once_and_again_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "data"
    for number in range(4):
        write_box(root / "box" / f"{number}.off", 1 + number)
    keys = {entry.id: entry.key for entry in MeshFolderCatalogue(root).scenes("train")}
    read: list[Path] = []
    really = mesh_facts.read_meshes
    monkeypatch.setattr(mesh_facts, "read_meshes", lambda path, up: (read.append(path), really(path, up))[1])
    assert {entry.id: entry.key for entry in MeshFolderCatalogue(root).scenes("train")} == keys
    assert read == []
    changed = root / next(iter(keys))
    write_box(changed, 1 + int(changed.stem), scale=2.0)
    os.utime(changed, ns=(1, 1))
    again = {entry.id: entry.key for entry in MeshFolderCatalogue(root).scenes("train")}
    assert read == [changed]
    assert {name for name in keys if again[name] != keys[name]} == {f"box/{changed.name}"}
    (cached,) = (tmp_path / "cache" / "meshes").iterdir()
    cached.write_text(cached.read_text()[:40])
    MeshFolderCatalogue(root)
    assert len(read) == 5


def test_a_new_material_gives_a_new_key(tmp_path: Path) -> None:
    root = tmp_path / "data" / "box"
    root.mkdir(parents=True)
    for colour in ("1 0 0", "0 1 0"):
        (root / "m.mtl").write_text(f"newmtl a\nKd {colour}\n# {len(colour) * 'x'}{colour[0]}\n")
        os.utime(root / "m.mtl", ns=(int(colour[0]), int(colour[0])))
        (root / "m.obj").write_text("mtllib m.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl a\nf 1 2 3\n")
        os.utime(root / "m.obj", ns=(5, 5))
        (entry,) = MeshFolderCatalogue(root.parent).scenes("train")
        assert entry.load().meshes[0].material.colour == tuple(float(c) for c in colour.split())
        if colour == "1 0 0":
            red = entry.key
    assert entry.key != red


def test_it_is_found_by_path_loads_elsewhere_and_turns_the_files_up_axis(tmp_path: Path) -> None:
    write_box(tmp_path / "data" / "box" / "a.off", 5.0)
    catalogue = get_catalogue(str(tmp_path / "data"), up="x")
    assert catalogue.licence == "unknown (user's own files)"
    (entry,) = catalogue.scenes("train")
    scene = pickle.loads(pickle.dumps(entry)).load()
    assert np.ptp(scene.bounds, axis=0) == pytest.approx([5.0, 1.0, 1.3])
    assert (scene.label, scene.instances[0].category_id) == ("box", 1)
    (tmp_path / "data" / "LICENSE").write_text("\nCC0 1.0\nmore\n")
    assert get_catalogue(str(tmp_path / "data")).licence.startswith("CC0 1.0")
    shutil.rmtree(tmp_path / "data" / "box")
    with pytest.raises(UserError, match=r"a\.off"):
        entry.load()
