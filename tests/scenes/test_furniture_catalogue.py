"""The reviewed table keeps its promises, and the catalogue gives what the table says."""

from __future__ import annotations

import os
import pickle
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from furniture_samples import write_library, write_program

from activevision.errors import UserError
from activevision.files import digest
from activevision.scenes import get_catalogue
from activevision.scenes.catalogue import SPLITS
from activevision.scenes.furniture import (
    FURNITURE,
    FURNITURE_ALL,
    SELECTIONS,
    FurnitureCatalogue,
    fetch_furniture,
    furniture_available,
    selection,
)
from activevision.scenes.furniture.library import Library
from activevision.scenes.furniture.selection import Row, Selection, class_table
from activevision.scenes.furniture.sources import MAIN, NON_FREE, SOURCES
from activevision.scenes.furniture.store import stored_libraries

_USERS_CACHE = os.environ.get("ACTIVEVISION_CACHE")  # before the other tests' own one takes its place
_FEWER_SHAPES = {"sink": 23, "armchair": 17}  # all that the libraries hold


@pytest.mark.parametrize("chosen", SELECTIONS.values(), ids=SELECTIONS)
def test_every_class_has_25_distinct_shapes_but_for_two_that_are_known(chosen: Selection) -> None:
    shapes = {label: len({row.geometry for row in chosen.rows if row.label == label}) for label in chosen.classes}
    assert {label: count for label, count in shapes.items() if count < 25} == {
        label: count for label, count in _FEWER_SHAPES.items() if label in chosen.classes
    }


def test_the_table_holds_each_model_once_and_no_class_that_is_in_no_catalogue() -> None:
    assert len({(row.library, row.id) for row in class_table()}) == len(class_table())
    assert FURNITURE_ALL.rows == class_table()
    assert len(FURNITURE_ALL.classes) == 17
    assert {row.library for row in class_table()} <= SOURCES.keys()


def test_furniture_is_its_ten_classes_of_the_free_packages_and_never_changes() -> None:
    """Published figures rest on these rows: a change here is a new catalogue, under a new name."""
    published = [[row.library, row.id, row.label, row.geometry, row.group, row.split] for row in FURNITURE.rows]
    assert len(published) == 319
    assert digest(published) == "f8044e636b9dcf86"
    assert {row.library for row in FURNITURE.rows}.isdisjoint({"Contributions", "LucaPresidente", "Tree"})


def test_no_shape_and_no_group_of_variants_is_in_two_splits() -> None:
    for key in ("geometry", "group"):
        splits = defaultdict(set)
        for row in class_table():
            splits[getattr(row, key)].add(row.split)
        assert {name for name, found in splits.items() if len(found) > 1} == set()
    named = {f"{row.library}/{row.id}": row for row in class_table()}
    assert all(named[row.group].label == row.label for row in class_table())


def test_variants_that_one_can_see_are_grouped() -> None:
    groups = {f"{row.library}/{row.id}": row.group for row in class_table()}
    for one, other in [
        ("Scopia/pine", "Scopia/pineSnow"),  # recoloured
        ("Scopia/wooden_office_pear_table", "Scopia/wooden_office_teak_table"),  # mirrored
        ("sweethome3d/door", "sweethome3d/openDoor"),
        ("sweethome3d/window85x123", "sweethome3d/window85x163"),  # resized
        ("Reallusion/boySitting", "Reallusion/boyStanding"),  # the same boy
        ("Scopia/beige_sofa", "Scopia/beige_sofa_2seats"),
        ("Contributions/TigerFrame", "Contributions/StatueOfLibertyFrame"),  # one frame, other photographs and sizes
        ("LucaPresidente/mobile45160W", "LucaPresidente/mobile9080W"),
        ("Contributions/patioDoor", "Contributions/patioDoorOpened"),
    ]:
        assert groups[one] == groups[other]


@pytest.mark.parametrize("chosen", SELECTIONS.values(), ids=SELECTIONS)
def test_each_class_is_split_about_60_15_25(chosen: Selection) -> None:
    for label in chosen.classes:
        counts = Counter(row.split for row in chosen.rows if row.label == label)
        total = sum(counts.values())
        assert set(counts) == set(SPLITS)
        assert 0.55 <= counts["train"] / total <= 0.65
        assert 0.10 <= counts["val"] / total <= 0.20
        assert 0.22 <= counts["test"] / total <= 0.32


def test_the_published_counts_stay() -> None:
    assert Counter(row.split for row in FURNITURE.rows) == {"train": 184, "val": 48, "test": 87}
    assert Counter(row.split for row in FURNITURE_ALL.rows) == {"train": 413, "val": 103, "test": 179}


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with one fetched library, "Scopia", and a table of its two models and one that it lacks."""
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path / "cache"))
    rows = [
        Row("Scopia", "box", "chair", 10, "a", "Scopia/box", "train", MAIN),
        Row("Scopia", "nested", "table", 10, "b", "Scopia/nested", "test", MAIN),
        Row("Scopia", "gone", "bed", 10, "c", "Scopia/gone", "test", MAIN),
        Row("Tree", "box", "chair", 10, "d", "Tree/box", "train", NON_FREE),
        Row("Scopia", "box", "desk", 10, "e", "Scopia/box", "test", MAIN),
    ]
    monkeypatch.setattr(selection, "class_table", lambda: tuple(rows))
    return write_library(tmp_path / "any.sh3f", "Scopia")


def test_without_the_furniture_the_command_that_fetches_it_is_named(sample: Path) -> None:
    assert not furniture_available()
    for chosen in SELECTIONS.values():
        with pytest.raises(UserError, match=f"activevision scenes fetch {chosen.name}`"):
            FurnitureCatalogue(chosen)


def test_entries_load_in_other_processes_with_licence_and_credit(sample: Path) -> None:
    fetch_furniture(sample)
    assert furniture_available()
    furniture = FurnitureCatalogue()
    (entry,) = furniture.scenes("train")
    scene = pickle.loads(pickle.dumps(entry)).load()
    assert (entry.id, entry.label, scene.id, scene.label) == ("Scopia/box", "chair", "Scopia/box", "chair")
    assert scene.bounds == pytest.approx(np.array([[-0.25, 0, -0.4], [0.25, 0.3, 0.4]]), abs=1e-6)
    assert [(one.category, one.category_id) for one in scene.instances] == [("chair", 1)]
    assert scene.licence == "CC-BY-3.0"
    assert "Someone" in scene.credit
    assert "Scopia" in scene.credit
    assert "CC-BY-3.0" in furniture.licence
    assert "Scopia" in furniture.credit


def test_furniture_is_the_same_with_and_without_the_other_libraries(sample: Path, tmp_path: Path) -> None:
    def entries() -> list[tuple[str, str, str, str]]:
        found = [(split, entry) for split in ("train", "test") for entry in get_catalogue("furniture").scenes(split)]
        return [(split, entry.id, entry.key, entry.label) for split, entry in found]

    fetch_furniture(sample)
    alone = entries()
    fetch_furniture(write_library(tmp_path / "tree.sh3f", "Tree"))
    assert entries() == alone
    whole = get_catalogue("furniture-all")
    assert {entry.id for entry in whole.scenes("train")} == {"Scopia/box", "Tree/box"}
    shared = {entry.key for split in ("train", "test") for entry in whole.scenes(split)}
    assert {key for _, _, key, _ in alone} < shared  # so that rendered views are shared too
    assert whole.classes == ("chair", "table", "desk")
    assert "Free-Art-1.3 (Tree)" in whole.licence
    assert "Wolfram Diestel" in whole.credit


def test_a_library_that_needs_the_programs_materials_is_missing_without_the_program(
    sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = (
        Row("Scopia", "box", "chair", 10, "a", "Scopia/box", "train", MAIN),
        Row("Contributions", "box", "desk", 10, "b", "Contributions/box", "train", NON_FREE),
    )
    monkeypatch.setattr(selection, "class_table", lambda: rows)
    fetch_furniture(sample)
    fetch_furniture(write_library(tmp_path / "contributions.sh3f", "Contributions"))
    assert [entry.id for entry in FurnitureCatalogue(FURNITURE_ALL).scenes("train")] == ["Scopia/box"]
    assert "1 of 2 models are missing (libraries: Contributions)" in capsys.readouterr().err
    fetch_furniture(write_program(tmp_path / "program.jar"))
    entries = {entry.id: entry for entry in FurnitureCatalogue(FURNITURE_ALL).scenes("train")}
    files = stored_libraries()
    coloured = Library(files["Contributions"], files["sweethome3d"])
    assert entries["Contributions/box"].key == digest(
        "furniture", "Contributions", "box", "desk", 11, coloured.key("box")
    )
    assert entries["Contributions/box"].load().label == "desk"


def test_missing_models_are_counted_and_their_classes_left_out(
    sample: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fetch_furniture(sample)
    furniture = FurnitureCatalogue()
    assert furniture.classes == ("chair", "table")
    assert "1 of 3 models are missing" in capsys.readouterr().err
    with pytest.raises(UserError, match=r"split 'val'.*empty"):
        furniture.scenes("val")
    with pytest.raises(UserError, match="did you mean 'train'"):
        furniture.scenes("trian")


def test_keys_change_with_the_model_alone(sample: Path, tmp_path: Path) -> None:
    fetch_furniture(sample)
    first = {entry.id: entry.key for split in ("train", "test") for entry in FurnitureCatalogue().scenes(split)}
    assert len(set(first.values())) == 2
    fetch_furniture(write_library(tmp_path / "other.sh3f", "Scopia", shade=7))
    second = {entry.id: entry.key for split in ("train", "test") for entry in FurnitureCatalogue().scenes(split)}
    assert first.keys() == second.keys()
    assert all(first[name] != second[name] for name in first)


@pytest.mark.parametrize("chosen", SELECTIONS.values(), ids=SELECTIONS)
def test_the_real_models_are_those_of_the_table(chosen: Selection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIVEVISION_CACHE", raising=False)
    if _USERS_CACHE is not None:
        monkeypatch.setenv("ACTIVEVISION_CACHE", _USERS_CACHE)
    if not furniture_available(chosen):
        pytest.skip(f"{chosen.name} is not in the cache; tests never download")
    entries = {entry.id: entry for split in SPLITS for entry in FurnitureCatalogue(chosen).scenes(split)}
    assert len(entries) == len(chosen.rows)
    small = [row for row in chosen.rows if row.triangles < 3000]
    for row in small[:: max(1, len(small) // 20)]:
        scene = entries[f"{row.library}/{row.id}"].load()
        assert scene.triangles == row.triangles, scene.id
        assert scene.geometry_hash == row.geometry, scene.id
        size = Library(stored_libraries()[row.library]).models[row.id].size
        assert (np.ptp(scene.bounds, axis=0) <= np.array(size) * 1.001 + 1e-4).all(), scene.id
        assert scene.bounds[0, 1] >= -1e-4
