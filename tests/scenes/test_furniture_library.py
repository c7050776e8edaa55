"""Furniture libraries give models in metres, turned to the front, from whatever archive layout they come in."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from furniture_samples import BOX, write_library, write_program

from activevision.errors import UserError
from activevision.scenes.furniture.library import Library, parse_properties


@pytest.mark.parametrize("model", ["box", "nested"])
def test_a_model_has_the_catalogues_size_stands_on_the_floor_and_faces_z(model: str, tmp_path: Path) -> None:
    meshes = Library(write_library(tmp_path / "a.sh3f")).meshes(model)
    vertices = np.concatenate([mesh.vertices for mesh in meshes])
    assert vertices.min(0) == pytest.approx([-0.25, 0.0, -0.4], abs=1e-6)
    assert vertices.max(0) == pytest.approx([0.25, 0.3, 0.4], abs=1e-6)
    front = next(mesh for mesh in meshes if mesh.material.texture is None)
    assert front.material.colour == (1.0, 0.0, 0.0)
    assert front.vertices[:, 2] == pytest.approx(0.4)
    wood = next(mesh for mesh in meshes if mesh.material.texture is not None)
    assert wood.material.texture is not None  # found beside the mesh, though the file names its maker's disk
    assert wood.material.texture.max() == 120


def test_faces_stay_outside_out_through_rotation_and_uneven_scaling(tmp_path: Path) -> None:
    meshes = Library(write_library(tmp_path / "a.sh3f")).meshes("box")
    triangles = np.concatenate([mesh.vertices[mesh.faces] for mesh in meshes]).astype(float)
    volume = np.einsum("fi,fi->f", triangles[:, 0], np.cross(triangles[:, 1], triangles[:, 2])).sum() / 6
    assert volume == pytest.approx(0.5 * 0.3 * 0.8, rel=1e-5)


def test_the_catalogue_is_read_with_escapes_and_continued_lines(tmp_path: Path) -> None:
    library = Library(write_library(tmp_path / "a.sh3f"))
    assert library.name == "Sample"
    assert library.licence == "CC0 by the test"
    assert library.models["box"].name == "Café box"
    assert library.models["box"].size == (0.5, 0.3, 0.8)
    assert library.models["box"].creator == "Someone"
    assert parse_properties("a = b=c\n! no\n k:v\\\r\n  w\nt#1=x\\:y\\\\z\n") == {
        "a": "b=c",
        "k": "vw",
        "t#1": "x:y\\z",
    }


def test_a_models_key_follows_its_files_and_needs_none_of_them_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Library(write_library(tmp_path / "a.sh3f"))
    same = Library(write_library(tmp_path / "b.sh3f"))
    other = Library(write_library(tmp_path / "c.sh3f", shade=121))
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("a key reads no file"))
    for model in ("box", "nested"):
        assert first.key(model) == same.key(model)
        assert first.key(model) != other.key(model)
    assert first.fingerprint() == same.fingerprint() != other.fingerprint()


def test_models_of_the_programs_jar_get_the_materials_and_panes_of_its_code(tmp_path: Path) -> None:
    library = Library(write_program(tmp_path / "program.jar"))
    assert library.name == "sweethome3d"
    (frame,) = library.meshes("w")  # the pane is left out
    assert frame.material.colour == pytest.approx((0.2, 0.4, 0.6), abs=0.003)
    assert len(frame.faces) == 10
    assert np.ptp(frame.vertices, axis=0) == pytest.approx([0.5, 0.3, 0.8])


def test_other_libraries_take_undeclared_materials_from_the_program(tmp_path: Path) -> None:
    program = write_program(tmp_path / "program.jar")
    path = tmp_path / "other.sh3f"
    properties = "\n".join(
        f"id#{number}=a#{name}\nmodel#{number}=/flat/{name}.obj\nwidth#{number}=50\nheight#{number}=30\ndepth#{number}=80"
        for number, name in enumerate(("undeclared", "declared"), start=1)
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("PluginFurnitureCatalog.properties", properties)
        archive.writestr("flat/undeclared.obj", BOX.replace("mtllib box.mtl\n", ""))
        archive.writestr("flat/declared.obj", BOX)
        archive.writestr("flat/box.mtl", "newmtl wood\nKd 1 1 0\nnewmtl front\nKd 1 0 0\n")
    with_program, alone = Library(path, program), Library(path)

    def colours(library: Library, model: str) -> list[tuple[float, float, float]]:
        return [mesh.material.colour for mesh in library.meshes(model)]

    assert any(colour == pytest.approx((0.2, 0.4, 0.6), abs=0.003) for colour in colours(with_program, "undeclared"))
    assert all(red == green == blue for red, green, blue in colours(alone, "undeclared"))
    assert with_program.key("undeclared") != alone.key("undeclared")
    assert colours(with_program, "declared") == colours(alone, "declared")


def test_damage_is_named_and_never_read_as_whole(tmp_path: Path) -> None:
    whole = write_library(tmp_path / "a.sh3f").read_bytes()
    (tmp_path / "short.sh3f").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"short\.sh3f is not a readable furniture library"):
        Library(tmp_path / "short.sh3f")
    position = whole.index(b"usemtl wood")
    (tmp_path / "flipped.sh3f").write_bytes(whole[:position] + b"X" + whole[position + 1 :])
    library = Library(tmp_path / "flipped.sh3f")
    with pytest.raises(UserError, match=r"damaged at sample/box/box\.obj"):
        library.check()
    with pytest.raises(UserError, match=r"model 'box'.*damaged"):
        library.meshes("box")
    with zipfile.ZipFile(tmp_path / "other.sh3f", "w") as archive:
        archive.writestr("readme.txt", "no furniture")
    with pytest.raises(UserError, match="not a furniture library"):
        Library(tmp_path / "other.sh3f")
    with pytest.raises(UserError, match="did you mean 'box'"):
        Library(tmp_path / "a.sh3f").meshes("bax")
