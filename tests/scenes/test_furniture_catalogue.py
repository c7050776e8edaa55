"""The reviewed table keeps its promises, and the catalogue gives what the table says."""

from __future__ import annotations

import os
import pickle
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from furniture_samples import write_library

from activevision.errors import UserError
from activevision.scenes.catalogue import SPLITS
from activevision.scenes.furniture import FurnitureCatalogue, catalogue, fetch_furniture, furniture_available
from activevision.scenes.furniture.catalogue import CLASSES, Row, class_table
from activevision.scenes.furniture.library import Library
from activevision.scenes.furniture.store import stored_libraries

_USERS_CACHE = os.environ.get("ACTIVEVISION_CACHE")  # before the other tests' own one takes its place


def test_every_class_of_the_table_has_25_distinct_shapes() -> None:
    shapes = {label: {row.geometry for row in class_table() if row.label == label} for label in CLASSES}
    assert all(len(found) >= 25 for found in shapes.values()), {k: len(v) for k, v in shapes.items()}
    assert len({(row.library, row.id) for row in class_table()}) == len(class_table())
    assert {row.label for row in class_table()} == set(CLASSES)


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
    ]:
        assert groups[one] == groups[other]


def test_each_class_is_split_about_60_15_25() -> None:
    for label in CLASSES:
        counts = Counter(row.split for row in class_table() if row.label == label)
        total = sum(counts.values())
        assert set(counts) == set(SPLITS)
        assert 0.55 <= counts["train"] / total <= 0.65
        assert 0.10 <= counts["val"] / total <= 0.20
        assert 0.22 <= counts["test"] / total <= 0.32
    assert Counter(row.split for row in class_table()) == {"train": 184, "val": 48, "test": 87}  # published: fixed


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with one fetched library, "Scopia", and a table of its two models and one that it lacks."""
    monkeypatch.setenv("ACTIVEVISION_CACHE", str(tmp_path / "cache"))
    rows = [
        Row("Scopia", "box", "chair", 10, "a", "Scopia/box", "train", True),
        Row("Scopia", "nested", "table", 10, "b", "Scopia/nested", "test", True),
        Row("Scopia", "gone", "bed", 10, "c", "Scopia/gone", "test", True),
    ]
    monkeypatch.setattr(catalogue, "class_table", lambda: tuple(rows))
    return write_library(tmp_path / "any.sh3f", "Scopia")


def test_without_the_furniture_the_command_that_fetches_it_is_named(sample: Path) -> None:
    assert not furniture_available()
    with pytest.raises(UserError, match="activevision scenes fetch furniture"):
        FurnitureCatalogue()


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


@pytest.mark.skipif(not furniture_available(), reason="the furniture is not in the cache; tests never download")
def test_the_real_models_are_those_of_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ACTIVEVISION_CACHE", raising=False)
    if _USERS_CACHE is not None:
        monkeypatch.setenv("ACTIVEVISION_CACHE", _USERS_CACHE)
    small = [row for row in class_table() if row.triangles < 3000]
    entries = {entry.id: entry for split in SPLITS for entry in FurnitureCatalogue().scenes(split)}
    assert len(entries) == len(class_table())
    for row in small[:: max(1, len(small) // 20)]:
        scene = entries[f"{row.library}/{row.id}"].load()
        assert scene.triangles == row.triangles, scene.id
        size = Library(stored_libraries()[row.library]).models[row.id].size
        assert (np.ptp(scene.bounds, axis=0) <= np.array(size) * 1.001 + 1e-4).all(), scene.id
        assert scene.bounds[0, 1] >= -1e-4
