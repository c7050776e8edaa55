"""k-fold cross-validation over objects: every one tested once, never trained on in its fold."""

import pytest

from activevision.errors import UserError
from activevision.scenes import SPLITS, get_catalogue

PARTS = 4


@pytest.fixture(scope="module")
def folds():
    return [get_catalogue("procedural", ambiguity=0.5, per_class=8, fold=f"{part}/{PARTS}") for part in range(1, 5)]


def test_every_object_is_tested_in_exactly_one_part(folds):
    whole = get_catalogue("procedural", ambiguity=0.5, per_class=8)
    tested = [entry.id for fold in folds for entry in fold.scenes("test")]
    assert sorted(tested) == sorted(entry.id for split in SPLITS for entry in whole.scenes(split))


def test_the_splits_of_a_part_share_neither_objects_nor_variants_of_them(folds):
    for fold in folds:
        things = [{entry.group or entry.id for entry in fold.scenes(split)} for split in SPLITS]
        assert not things[0] & things[1]
        assert not things[0] & things[2]
        assert not things[1] & things[2]
        assert sum(len(fold.scenes(split)) for split in SPLITS) == 18 * 8


def test_every_class_is_in_every_part(folds):
    for fold in folds:
        for split in ("train", "test"):
            assert {entry.label for entry in fold.scenes(split)} == set(fold.classes)


def test_parts_are_the_same_every_time():
    once, again = (get_catalogue("procedural", per_class=8, fold="3/4").scenes("test") for _ in range(2))
    assert [entry.key for entry in once] == [entry.key for entry in again]


@pytest.mark.parametrize(
    ("name", "fold", "said"),
    [
        ("procedural", "5/4", "fold 5/4"),
        ("procedural", "1/1", "fold 1/1"),
        ("procedural", "first", "as in 1/4"),
        ("procedural", "1/9", "has 8 things, too few for 9"),
        ("rooms-procedural", "1/4", "ask for more rooms"),
    ],
)
def test_what_cannot_be_divided_is_refused(name, fold, said):
    with pytest.raises(UserError, match=said):
        get_catalogue(name, per_class=8, fold=fold)
