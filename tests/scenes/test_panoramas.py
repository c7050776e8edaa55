"""A folder of panoramas becomes a catalogue; what is no panorama is named, and no picture is in two splits."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from activevision.errors import UserError
from activevision.scenes import panorama_files, panoramas
from activevision.scenes.panorama_files import read_picture, tone_mapped
from activevision.scenes.panoramas import Panorama, PanoramaFolderCatalogue


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path / "cache"))


def picture(seed: int, height: int = 16, width: int = 32) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def write(path: Path, pixels: NDArray) -> Path:
    """The picture as ``path``'s suffix says; float pixels are linear light."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ok, data = cv2.imencode(path.suffix, np.ascontiguousarray(pixels[..., ::-1]))
    assert ok
    path.write_bytes(data.tobytes())
    return path


def ids(catalogue: PanoramaFolderCatalogue) -> dict[str, set[str]]:
    found = {}
    for split in ("train", "val", "test"):
        try:
            found[split] = {entry.id for entry in catalogue.scenes(split)}
        except UserError:
            found[split] = set()
    return found


def test_unsplit_classes_are_divided_60_15_25_with_copies_of_a_picture_together(tmp_path: Path) -> None:
    root = tmp_path / "data"
    for number in range(20):
        write(root / "beach" / f"{number}.png", picture(number))
        write(root / "beach" / f"copy of {number}.png", picture(number))
        write(root / "street" / f"{number}.jpg", picture(100 + number))
    catalogue = PanoramaFolderCatalogue(root)
    assert catalogue.classes == ("beach", "street")
    found = ids(catalogue)
    assert {split: len(names) for split, names in found.items()} == {"train": 36, "val": 9, "test": 15}
    for names in found.values():
        assert all((f"beach/copy of {n}.png" in names) == (f"beach/{n}.png" in names) for n in range(20))


def test_the_division_follows_the_pictures_and_not_their_names(tmp_path: Path) -> None:
    for number in range(12):
        write(tmp_path / "a" / "x" / f"{number}.png", picture(number))
        write(tmp_path / "b" / "x" / f"{11 - number}.png", picture(number))
    first, second = ids(PanoramaFolderCatalogue(tmp_path / "a")), ids(PanoramaFolderCatalogue(tmp_path / "b"))
    for split in first:
        assert {f"x/{11 - int(Path(name).stem)}.png" for name in first[split]} == second[split]


@pytest.mark.parametrize("layout", ["{label}/{split}/{name}", "{split}/{label}/{name}"])
def test_the_users_own_splits_stand_and_a_repeated_picture_stays_in_the_last(tmp_path, capsys, layout: str) -> None:
    def put(label: str, split: str, name: str, seed: int) -> str:
        path = layout.format(label=label, split=split, name=name)
        write(tmp_path / path, picture(seed))
        return path

    train = [put("beach", "train", f"{n}.png", n) for n in range(4)]
    val, test = put("beach", "val", "v.png", 10), put("beach", "test", "t.png", 11)
    repeated = put("beach", "train", "again.png", 11)
    catalogue = PanoramaFolderCatalogue(tmp_path)
    assert catalogue.classes == ("beach",)
    assert ids(catalogue) == {"train": set(train), "val": {val}, "test": {test}}
    assert f"{repeated}: the same picture as {test}, dropped from train." in capsys.readouterr().err


def test_class_folders_may_lie_deeper_as_sun360_has_them(tmp_path: Path) -> None:
    for label in ("indoor/bedroom", "outdoor/others", "indoor/others"):
        for number in range(3):
            write(tmp_path / label / f"{number}.jpg", picture(hash(label) % 1000 + number))
    assert PanoramaFolderCatalogue(tmp_path).classes == ("indoor-bedroom", "indoor-others", "outdoor-others")


def test_what_is_no_panorama_is_named_with_the_reason_and_left_out(tmp_path: Path, capsys) -> None:
    for number in range(3):
        write(tmp_path / "hall" / f"{number}.png", picture(number))
    write(tmp_path / "hall" / "almost.png", picture(7, 100, 201))
    write(tmp_path / "hall" / "photo.png", picture(8, 24, 32))
    whole = write(tmp_path / "hall" / "torn.jpg", picture(9, 128, 256))
    whole.write_bytes(whole.read_bytes()[:-2000])
    (tmp_path / "hall" / "empty.png").write_bytes(b"")
    (tmp_path / "hall" / "text.hdr").write_bytes(b"not a picture")
    write(tmp_path / "top.png", picture(9))
    found = set().union(*ids(PanoramaFolderCatalogue(tmp_path)).values())
    assert found == {"hall/0.png", "hall/1.png", "hall/2.png", "hall/almost.png"}
    lines = capsys.readouterr().err.splitlines()
    for name, reason in {
        "hall/photo.png": "is 32×24, but an equirectangular panorama",
        "hall/torn.jpg": "not a readable JPG picture",
        "hall/empty.png": "not a readable PNG picture (of no known picture format)",
        "hall/text.hdr": "not a readable HDR picture",
        "top.png": "is in no class folder, left out.",
    }.items():
        assert len([line for line in lines if name in line and reason in line]) == 1, (name, lines)


def test_nothing_usable_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no folder .*: check the path"):
        PanoramaFolderCatalogue(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"no panoramas in .*: put them into a folder for each class"):
        PanoramaFolderCatalogue(tmp_path)
    write(tmp_path / "hall" / "photo.png", picture(8, 24, 32))
    with pytest.raises(UserError, match="none of the 1 panoramas"):
        PanoramaFolderCatalogue(tmp_path)


def test_a_file_is_checked_again_only_when_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    honest = panoramas.check_picture
    monkeypatch.setattr(panoramas, "check_picture", lambda path, data: (checked.append(path.name), honest(path, data)))
    for number in range(4):
        write(tmp_path / "hall" / f"{number}.png", picture(number))
    before = {e.id: e.key for s in ("train", "val", "test") for e in PanoramaFolderCatalogue(tmp_path).scenes(s)}
    write(tmp_path / "hall" / "2.png", picture(50, 18, 36))
    after = {e.id: e.key for s in ("train", "val", "test") for e in PanoramaFolderCatalogue(tmp_path).scenes(s)}
    assert sorted(checked) == ["0.png", "1.png", "2.png", "2.png", "3.png"]
    assert {name for name in before if before[name] != after[name]} == {"hall/2.png"}


def test_entries_load_in_another_process_and_stand_at_their_own_station(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("CC BY 4.0\n")
    for number in range(3):
        write(tmp_path / "hall" / f"{number}.png", picture(number))
    (entry,) = PanoramaFolderCatalogue(tmp_path).scenes("test")
    loaded = pickle.loads(pickle.dumps(entry)).load()
    assert loaded.at_station() is loaded
    assert loaded.licence.startswith("CC BY 4.0")
    np.testing.assert_array_equal(loaded.image, picture(int(Path(entry.id).stem)))
    other = Panorama("other", "", picture(9), "", "", "")
    assert loaded.content_hash == Panorama("x", "", loaded.image.copy(), "", "", "").content_hash != other.content_hash


def test_wide_pictures_are_shrunk_by_mean_light(tmp_path: Path) -> None:
    stripes = np.zeros((64, 128, 3), np.uint8)
    stripes[:, ::2] = 255
    path = write(tmp_path / "p.png", stripes)
    shrunk = read_picture(path, 64)
    assert shrunk.shape == (32, 64, 3)
    assert (shrunk == 188).all()  # half the light of white
    np.testing.assert_array_equal(read_picture(path, 128), stripes)


def test_grey_and_transparent_pictures_come_out_in_three_channels(tmp_path: Path) -> None:
    grey = picture(0)[..., 0]
    assert cv2.imwrite(str(tmp_path / "grey.png"), grey)
    np.testing.assert_array_equal(read_picture(tmp_path / "grey.png", 32), np.repeat(grey[..., None], 3, 2))
    assert cv2.imwrite(str(tmp_path / "alpha.png"), np.dstack([picture(1)[..., ::-1], grey]))
    np.testing.assert_array_equal(read_picture(tmp_path / "alpha.png", 32), picture(1))


def test_high_dynamic_range_is_tone_mapped_whatever_its_exposure(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    light = np.exp(generator.normal(0, 1.5, (32, 64, 1))) * [1.0, 0.6, 0.3]
    dark, bright = tone_mapped(light * 0.01), tone_mapped(light * 100)
    assert np.abs(dark.astype(int) - bright).max() <= 1
    level = np.argsort(light[..., 0], axis=None)
    assert (np.diff(dark[..., 0].reshape(-1)[level].astype(int)) >= 0).all()  # brighter stays brighter
    assert 60 < np.median(dark[..., 1]) < 160
    assert dark[..., 0].max() == 255
    seen = read_picture(write(tmp_path / "room.hdr", light.astype(np.float32)), 64)
    assert np.abs(seen.astype(int) - dark).max() <= 6  # RGBE keeps 8 bits of mantissa
    assert not tone_mapped(np.zeros((2, 4, 3))).any()
    holes = light.copy()
    holes[3, 5], holes[4, 6] = np.nan, np.inf
    assert not tone_mapped(holes)[[3, 4], [5, 6]].any()


def test_exr_is_read_where_its_package_is_there(tmp_path: Path) -> None:
    library = pytest.importorskip("OpenEXR", reason="OpenEXR is not installed")
    light = np.random.default_rng(0).uniform(0, 4, (16, 32, 3)).astype(np.float32)
    path = tmp_path / "room.exr"
    library.File({"compression": library.ZIP_COMPRESSION, "type": library.scanlineimage}, {"RGB": light}).write(
        str(path)
    )
    np.testing.assert_array_equal(read_picture(path, 32), tone_mapped(light))
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="not a readable EXR picture"):
        read_picture(path, 32)


def test_exr_without_its_package_gives_the_install_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "OpenEXR", None)
    with pytest.raises(UserError, match=r"room\.exr: EXR files need the OpenEXR package: pip install OpenEXR$"):
        panorama_files.check_picture(tmp_path / "room.exr", b"")
