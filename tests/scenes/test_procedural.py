"""The procedural catalogue: distinct, deterministic, split by geometry, sound meshes, honest errors."""

from __future__ import annotations

import pickle
import re
from collections import Counter

import numpy as np
import pytest

from activevision.errors import UserError
from activevision.scenes import SPLITS, Scene, get_catalogue
from activevision.scenes.procedural import CLASSES, GROUPS, ProceduralCatalogue, Recipe
from activevision.scenes.procedural import textures as texture_makers

HEIGHTS = {  # metres, of a natural instance
    "chair": (0.7, 1.2),
    "sofa": (0.6, 1.15),
    "bed": (0.6, 2.1),
    "table": (0.3, 0.8),
    "desk": (0.68, 1.4),
    "shelf": (0.65, 2.1),
    "cabinet": (0.65, 2.1),
    "dresser": (0.65, 1.3),
    "lamp": (0.3, 2.1),
    "fan": (0.3, 1.6),
    "monitor": (0.15, 1.0),
    "panel": (0.5, 1.8),
    "picture": (0.15, 2.4),
    "mug": (0.07, 0.14),
    "cup": (0.05, 0.16),
    "planter": (0.15, 1.6),
    "toilet": (0.6, 1.7),
    "bathtub": (0.5, 1.2),
}
SAMPLES = [(label, ambiguous, index) for label in CLASSES for ambiguous in (False, True) for index in range(2)]


@pytest.fixture(scope="module")
def samples() -> dict[tuple[str, bool, int], Scene]:
    return {(label, ambiguous, index): Recipe(label, 1, 7, index, ambiguous)() for label, ambiguous, index in SAMPLES}


@pytest.fixture(scope="module")
def natural() -> dict[str, list[Scene]]:
    catalogue = ProceduralCatalogue(per_class=7)
    return {split: [entry.load() for entry in catalogue.scenes(split)] for split in SPLITS}


def test_every_class_is_in_exactly_one_group_of_at_least_two() -> None:
    members = Counter(label for group in GROUPS for label in group.classes)
    assert members == Counter(list(CLASSES))
    assert len(CLASSES) >= 14
    assert min(len(group.classes) for group in GROUPS) >= 2


def test_no_two_instances_share_their_geometry_and_so_splits_are_disjoint(natural: dict[str, list[Scene]]) -> None:
    hashes = [scene.geometry_hash for scenes in natural.values() for scene in scenes]
    assert len(set(hashes)) == len(hashes) == 7 * len(CLASSES)


def test_ambiguous_instances_are_distinct_too(samples: dict[tuple[str, bool, int], Scene]) -> None:
    assert len({scene.geometry_hash for scene in samples.values()}) == len(samples)


def test_same_seed_same_bytes_and_another_seed_other_bytes() -> None:
    for label in CLASSES:
        for ambiguous in (False, True):
            first, again = (Recipe(label, 1, 3, 5, ambiguous)() for _ in range(2))
            assert first.content_hash == again.content_hash
        other = Recipe(label, 1, 4, 5, ambiguous)()
        assert first.geometry_hash != other.geometry_hash


def test_keys_are_unique_survive_pickling_and_change_with_what_changes_the_scene() -> None:
    entries = [entry for split in SPLITS for entry in ProceduralCatalogue(per_class=8).scenes(split)]
    assert len({entry.key for entry in entries}) == len({entry.id for entry in entries}) == len(entries)
    again = pickle.loads(pickle.dumps(entries[0]))
    assert again.key == entries[0].key
    assert again.load().content_hash == entries[0].load().content_hash
    base = Recipe("mug", 1, 0, 0, False)
    others = [Recipe("cup", 1, 0, 0, False), Recipe("mug", 2, 0, 0, False), Recipe("mug", 1, 1, 0, False)]
    others += [Recipe("mug", 1, 0, 1, False), Recipe("mug", 1, 0, 0, True)]
    assert len({recipe.key for recipe in (base, *others)}) == 6


def test_ambiguity_shares_the_keys_of_what_it_leaves_alone() -> None:
    keys = [{entry.key for entry in ProceduralCatalogue(a, 24).scenes("train")} for a in (0.0, 0.5, 1.0)]
    assert not keys[0] & keys[2]
    assert keys[1] < keys[0] | keys[2]


def test_splits_follow_their_shares_and_growing_a_class_moves_no_instance() -> None:
    small, large = ProceduralCatalogue(per_class=20), ProceduralCatalogue(per_class=200)
    for split, share in {"train": 0.6, "val": 0.15, "test": 0.25}.items():
        few, many = small.scenes(split), large.scenes(split)
        assert len(many) == round(share * 200) * len(CLASSES)
        assert {entry.id for entry in few} < {entry.id for entry in many}


def test_half_ambiguity_draws_about_half_and_whole_groups_at_a_time() -> None:
    entries = ProceduralCatalogue(ambiguity=0.5, per_class=400).scenes("train")
    drawn = {(entry.label, entry.load.index) for entry in entries if entry.load.ambiguous}
    assert len(drawn) / len(entries) == pytest.approx(0.5, abs=0.05)
    for group in GROUPS:
        assert len({frozenset(i for label, i in drawn if label == member) for member in group.classes}) == 1


def test_category_ids_follow_the_selection_of_classes() -> None:
    catalogue = get_catalogue("procedural", classes=("mug", "chair"), per_class=3)
    for entry in catalogue.scenes("train"):
        scene = entry.load()
        (instance,) = scene.instances
        assert scene.label == instance.category == entry.label == catalogue.classes[instance.category_id - 1]


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_meshes_are_sound(sample: tuple[str, bool, int], samples: dict[tuple[str, bool, int], Scene]) -> None:
    scene = samples[sample]
    assert 100 <= scene.triangles <= 20_000
    for mesh in scene.meshes:
        assert (mesh.uv is not None) == (mesh.material.texture is not None)
        assert np.isfinite(mesh.vertices).all()
        np.testing.assert_allclose(np.linalg.norm(mesh.normals, axis=1), 1, atol=1e-5)
        if mesh.material.texture is not None:
            assert mesh.material.texture.dtype == np.uint8
            assert max(mesh.material.texture.shape) <= 128
        a, b, c = np.moveaxis(mesh.vertices[mesh.faces].astype(np.float64), 1, 0)
        facing = np.cross(b - a, c - a)
        assert np.einsum("fk,fk->", a, np.cross(b, c)) > 0
        against = np.einsum("fk,fk->f", facing, mesh.normals[mesh.faces].mean(1)) < 0
        assert np.linalg.norm(facing[against], axis=1).sum() < 0.01 * np.linalg.norm(facing, axis=1).sum()


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_meshes_are_closed(sample: tuple[str, bool, int], samples: dict[tuple[str, bool, int], Scene]) -> None:
    for mesh in samples[sample].meshes:
        _, index = np.unique(mesh.vertices, axis=0, return_inverse=True)
        faces = index.reshape(-1)[mesh.faces].astype(np.int64)
        edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
        balance: Counter[tuple[int, int]] = Counter()
        for start, end in edges[edges[:, 0] != edges[:, 1]].tolist():
            balance[min(start, end), max(start, end)] += 1 if start < end else -1
        unmatched = sum(abs(count) for count in balance.values())
        assert unmatched <= 0.01 * len(edges)  # float32 can split a few shared corners


def test_objects_stand_on_the_ground_and_have_real_sizes(natural: dict[str, list[Scene]]) -> None:
    for scene in (scene for scenes in natural.values() for scene in scenes):
        lower, upper = scene.bounds
        assert lower[1] == pytest.approx(0, abs=1e-6)
        low, high = HEIGHTS[scene.label]
        assert low <= upper[1] <= high, (scene.id, upper[1])


def test_colour_does_not_tell_the_class(natural: dict[str, list[Scene]]) -> None:
    """A nearest-neighbour guess from an object's mean colour is far from what its shape gives."""
    colours, labels = [], []
    for scene in (scene for scenes in natural.values() for scene in scenes):
        area, total = 0.0, np.zeros(3)
        for mesh in scene.meshes:
            a, b, c = np.moveaxis(mesh.vertices[mesh.faces].astype(np.float64), 1, 0)
            weight = np.linalg.norm(np.cross(b - a, c - a), axis=1).sum()
            texture = mesh.material.texture
            shade = np.ones(3) if texture is None else texture.reshape(-1, 3).mean(0) / 255
            area, total = area + weight, total + weight * shade * mesh.material.colour
        colours.append(total / area)
        labels.append(scene.label)
    distance = np.linalg.norm(np.array(colours)[:, None] - np.array(colours)[None], axis=-1)
    np.fill_diagonal(distance, np.inf)
    hits = np.mean([labels[i] == labels[j] for i, j in enumerate(distance.argmin(1))])
    assert hits < 0.3


@pytest.mark.parametrize(
    "maker", ["wood", "weave", "stripes", "checks", "dots", "marble", "speckle", "brushed", "tiles"]
)
def test_textures_repeat_without_a_seam(maker: str) -> None:
    rng = np.random.default_rng(0)
    image = getattr(texture_makers, maker)(rng, np.array([0.9, 0.8, 0.7]), np.array([0.2, 0.1, 0.3])).astype(int)
    for axis in (0, 1):
        seam = np.abs(np.take(image, 0, axis) - np.take(image, -1, axis)).mean()
        inside = np.abs(np.diff(image, axis=axis)).mean(axis=(1 - axis, 2)).max()
        assert seam <= 1.25 * inside + 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"classes": ("chiar",)}, "did you mean 'chair'"),
        ({"classes": ()}, "empty selection"),
        ({"classes": ("mug", "mug")}, "once"),
        ({"ambiguity": -0.1}, "ambiguity -0.1"),
        ({"ambiguity": 1.5}, "0 to 1"),
        ({"ambiguity": float("nan")}, "0 to 1"),
        ({"per_class": 0}, "per_class 0"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_wrong_options_are_one_line_errors(options: dict, says: str) -> None:
    with pytest.raises(UserError, match=re.escape(says)) as error:
        ProceduralCatalogue(**options)
    assert "\n" not in str(error.value)


def test_wrong_and_empty_splits_are_errors() -> None:
    with pytest.raises(UserError, match="did you mean 'train'"):
        ProceduralCatalogue().scenes("trian")
    with pytest.raises(UserError, match=r"'val'.*is empty"):
        ProceduralCatalogue(per_class=1).scenes("val")
