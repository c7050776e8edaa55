import numpy as np
import pytest
from observation_models import TWO_BY_THREE, model_of, random_model, say

from activevision.agents.codebook import Codebook
from activevision.agents.config import ObservationConfig
from activevision.agents.evidence import Evidence, EvidenceTable
from activevision.agents.lessons import GridLessons
from activevision.agents.observation_model import ObservationModel
from activevision.errors import UserError


def spoken_table(words, label, classes=2):
    """A table whose views (S, E, A) have given words as their one feature and say nothing of the class."""
    words, label = np.asarray(words, np.float32), np.asarray(label)
    scores = np.full((*words.shape, classes), -np.log(classes), np.float32)
    return EvidenceTable(tuple("abcdefgh"[:classes]), scores, words[..., None], label)


def test_counts_are_drawn_towards_the_row_and_the_class_by_hand():
    """Two scenes of class a, one of b; words 0 and 1; strength 2."""
    words = np.zeros((3, 2, 3))
    words[0, 0, 0] = words[1, 0, 0] = words[1, 0, 1] = 1
    words[2, 1] = 1
    table = spoken_table(words, [0, 0, 1])
    codebook = model_of(np.full((2, 2, 3, 2), 0.5)).codebook
    model = ObservationModel.count(table, TWO_BY_THREE, codebook, 2.0)
    p = np.exp(model.table[..., 1].astype(float))
    anything = (6 + 1) / (18 + 2)  # 3 + 3 of 18 views have word 1
    a, b = (3 + 2 * anything) / (12 + 2), (3 + 2 * anything) / (6 + 2)
    a_low, a_high = (3 + 2 * a) / (6 + 2), (0 + 2 * a) / (6 + 2)
    b_high = (3 + 2 * b) / (3 + 2)
    np.testing.assert_allclose(p[0, 0], [(2 + 2 * a_low) / 4, (1 + 2 * a_low) / 4, 2 * a_low / 4], rtol=1e-5)
    np.testing.assert_allclose(p[0, 1], 2 * a_high / 4, rtol=1e-5)
    np.testing.assert_allclose(p[1, 1], (1 + 2 * b_high) / 3, rtol=1e-5)


def test_every_distribution_adds_up_to_one_with_no_zero_in_it():
    generator = np.random.default_rng(0)
    scores = generator.normal(size=(10, 2, 3, 2)).astype(np.float32)
    table = EvidenceTable(
        ("a", "b"), scores, generator.normal(size=(10, 2, 3, 5)).astype(np.float32), np.arange(10) % 2
    )
    codebook = Codebook.fit(Evidence(scores.reshape(-1, 2), table.feature.reshape(-1, 5)), 7, 0)
    model = ObservationModel.count(table, TWO_BY_THREE, codebook, 0.5)
    assert model.table.shape == (2, 2, 3, 7)
    assert np.isfinite(model.table).all()
    np.testing.assert_allclose(np.exp(model.table).sum(axis=-1), 1, rtol=1e-5)


def test_objects_that_face_anywhere_leave_the_columns_alike():
    """The word tells the side that is seen, but every object is turned by its own angle: an azimuth tells nothing."""
    generator = np.random.default_rng(0)
    facing = generator.integers(3, size=3000)
    words = np.broadcast_to(((np.arange(3) - facing[:, None]) % 3)[:, None], (3000, 2, 3))
    codebook = model_of(np.full((1, 2, 3, 3), 1 / 3)).codebook
    model = ObservationModel.count(spoken_table(words, np.zeros(3000, int), 1), TWO_BY_THREE, codebook, 10.0)
    assert np.abs(np.exp(model.table) - 1 / 3).max() < 0.03
    facing_front = ObservationModel.count(
        spoken_table(np.broadcast_to(np.arange(3), (3000, 2, 3)), np.zeros(3000, int), 1), TWO_BY_THREE, codebook, 10.0
    )
    assert np.exp(facing_front.table[0, 0, 1, 1]) > 0.99


def test_a_views_likelihood_is_the_recognisers_when_nobody_knows_from_where():
    model = random_model(TWO_BY_THREE, classes=3, words=4)
    scores = np.random.default_rng(1).normal(size=(5, 3))
    likelihood = np.exp(model.log_likelihood(say([0, 1, 2, 3, 1], scores)))
    recognised = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(likelihood.mean(axis=2), recognised, rtol=1e-5)


def test_the_likelihood_of_a_place_by_hand():
    # word 1 is seen with probability .8 from column 0 and .2 from the others, .4 on average
    probability = np.zeros((1, 2, 3, 2))
    probability[..., 1] = [0.8, 0.2, 0.2]
    probability[..., 0] = 1 - probability[..., 1]
    likelihood = np.exp(model_of(probability).log_likelihood(say([1], [[0.0]])))
    np.testing.assert_allclose(likelihood[0, 0], [2, 0.5, 0.5, 2, 0.5, 0.5], rtol=1e-5)


def test_codewords_follow_from_the_seed_and_are_no_more_than_there_are_different_views():
    generator = np.random.default_rng(0)
    views = Evidence(generator.normal(size=(200, 3)).astype(np.float32), generator.normal(size=(200, 4)).astype("f"))
    first, second = (Codebook.fit(views, 8, 5) for _ in range(2))
    np.testing.assert_array_equal(first.words(views), second.words(views))
    assert set(first.words(views)) == set(range(8))
    few = Evidence(*(np.repeat(part[:3], 20, axis=0) for part in views))
    assert len(np.unique(Codebook.fit(few, 8, 5).words(few))) == len(Codebook.fit(few, 8, 5).centres) == 3


def test_both_what_a_recogniser_says_and_the_feature_make_codewords():
    scores = np.log(np.repeat([[0.9, 0.1], [0.1, 0.9]], 20, axis=0)).astype(np.float32)
    feature = np.tile(np.repeat([[0.0, 3.0], [5.0, 3.0]], 10, axis=0), (2, 1)).astype(np.float32)  # one never changes
    words = Codebook.fit(Evidence(scores, feature), 4, 0).words(Evidence(scores, feature))
    assert len({tuple(set(words[start : start + 10])) for start in range(0, 40, 10)}) == 4


def test_a_recogniser_without_features_has_codewords_of_what_it_says():
    scores = np.log(np.random.default_rng(0).dirichlet(np.ones(2), (5, 2, 3))).astype(np.float32)
    table = EvidenceTable(("a", "b"), scores, np.zeros((5, 2, 3, 0), np.float32), np.arange(5) % 2)
    lessons = GridLessons(TWO_BY_THREE, table, table)
    model = ObservationModel.fit(lessons, ObservationConfig(words=(4,), strengths=(1.0,)), 0, lambda model: 0.0)
    assert model.table.shape == (2, 2, 3, 4)


def test_features_of_another_encoder_are_an_error():
    model = random_model(TWO_BY_THREE)
    with pytest.raises(UserError, match="features of 2 numbers"):
        model.log_likelihood(Evidence(np.zeros((1, 3), np.float32), np.zeros((1, 2), np.float32)))


def test_the_candidate_of_the_least_loss_is_fitted():
    table = spoken_table(np.random.default_rng(0).integers(4, size=(6, 2, 3)), np.arange(6) % 2)
    lessons = GridLessons(TWO_BY_THREE, table, table)
    config = ObservationConfig(words=(2, 4), strengths=(1.0, 5.0))
    tried = []

    def loss(model):
        tried.append((len(model.codebook.centres), model.table))
        return abs(len(tried) - 3)

    model = ObservationModel.fit(lessons, config, 0, loss)
    assert [words for words, _ in tried] == [2, 2, 4, 4]
    np.testing.assert_array_equal(model.table, tried[2][1])
    for wrong in ({"words": ()}, {"words": (0,)}, {"strengths": (-1.0,)}):
        with pytest.raises(UserError, match=next(iter(wrong))):
            ObservationConfig(**wrong)


def test_a_model_survives_the_disk_and_damage_is_named(tmp_path):
    model, path = random_model(TWO_BY_THREE), tmp_path / "model.npz"
    model.save(path, temperature=1.5)
    loaded, numbers = ObservationModel.load(path, "temperature")
    assert (loaded.protocol, loaded.classes, numbers) == (model.protocol, model.classes, {"temperature": 1.5})
    view = say([2], [[0.1, 0.2, 0.3]])
    np.testing.assert_array_equal(loaded.log_likelihood(view), model.log_likelihood(view))
    with pytest.raises(UserError, match="damaged"):
        ObservationModel.load(path, "another number")
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(UserError, match=r"model\.npz is damaged"):
        ObservationModel.load(path)
    path.write_bytes(b"")
    with pytest.raises(UserError, match="damaged"):
        ObservationModel.load(path)
    with pytest.raises(UserError, match="activevision train"):
        ObservationModel.load(tmp_path / "none.npz")
