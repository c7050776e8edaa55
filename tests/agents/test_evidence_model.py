"""What a recogniser is expected to say, against ridge regression and Gaussian conditioning written out."""

import numpy as np
from scipy.linalg import block_diag

from activevision.agents.evidence_model import EvidenceModel, Looks, centred

ROWS, COLUMNS, SIZE, CLASSES = 2, 4, 3, 3
CELLS = ROWS * COLUMNS


def scenes(count, seed, errors=0.5):
    """Codes, centred evidence and labels of a world as the model has it, with errors that reach over the grid."""
    world, generator = np.random.default_rng(99), np.random.default_rng(seed)
    row, slope = world.normal(size=(CLASSES, ROWS, CLASSES)), world.normal(size=(CLASSES, SIZE, CLASSES))
    label = np.arange(count) % CLASSES
    code = generator.normal(size=(count, ROWS, COLUMNS, SIZE)).astype(np.float32)
    wide = generator.normal(size=(count, 1, 1, CLASSES)) + generator.normal(size=(count, ROWS, COLUMNS, CLASSES))
    said = row[label][:, :, None] + np.einsum("seak,skc->seac", code, slope[label]) + errors * wide
    return code, (said - said.mean(-1, keepdims=True)).astype(np.float32), label


def test_means_are_ridge_regression_with_what_is_particular_drawn_to_what_is_common():
    code, said, label = scenes(30, 0)
    model = EvidenceModel.fit((code, said, label), scenes(12, 1))
    where = np.repeat(np.eye(ROWS), COLUMNS, axis=0)
    design = np.concatenate([np.tile(where, (30, 1)), code.reshape(-1, SIZE)], axis=1)
    of_class = np.repeat(np.eye(CLASSES)[label], CELLS, axis=0)
    every = np.concatenate([design, *(design * of_class[:, [one]] for one in range(CLASSES))], axis=1)
    own = np.diag([2.5 * COLUMNS] * ROWS + [12 * CELLS] * SIZE)
    penalty = block_diag(10 * np.eye(ROWS + SIZE), *[own] * CLASSES)
    weight = np.linalg.solve(every.T @ every + penalty, every.T @ said.reshape(-1, CLASSES))
    weight = weight.reshape(CLASSES + 1, ROWS + SIZE, CLASSES)
    np.testing.assert_allclose(model.row, (weight[0] + weight[1:])[:, :ROWS], atol=1e-4)
    np.testing.assert_allclose(model.slope, (weight[0] + weight[1:])[:, ROWS:], atol=1e-4)


def test_errors_are_those_of_scenes_that_were_not_fitted_to():
    train, val = scenes(600, 0), scenes(900, 1)
    model = EvidenceModel.fit(train, val)
    # half of an error is the object's, half the view's; centring takes a third of its variance
    np.testing.assert_allclose(model.spread @ model.spread.T, 0.5 * (np.eye(3) - 1 / 3), atol=0.05)
    between = np.where(np.eye(CELLS), 1.0, 0.5 * 0.9)
    np.testing.assert_allclose(model.field, between, atol=0.07)
    grid = model.field.reshape(ROWS, COLUMNS, ROWS, COLUMNS)
    np.testing.assert_allclose(np.roll(grid, (1, 1), axis=(1, 3)), grid, atol=1e-6)
    surer = EvidenceModel.fit(train, scenes(900, 1, errors=0.1))
    assert np.linalg.norm(surer.spread) < 0.4 * np.linalg.norm(model.spread)


def test_a_class_without_scenes_is_as_all_classes_together():
    code, said, label = scenes(30, 0)
    some = label != 2
    model = EvidenceModel.fit((code[some], said[some], label[some]), scenes(12, 1))
    common = model.row[:2].mean(axis=0)
    assert np.isfinite(model.row).all()
    assert np.abs(model.row[2] - common).max() < np.abs(model.row[0] - model.row[1]).max()


def looks_at(cells, seed=0, had=None):
    generator = np.random.default_rng(seed)
    shape = 1, len(cells)
    code = generator.normal(size=(*shape, SIZE)).astype(np.float32)
    said = generator.normal(size=(*shape, CLASSES))
    said -= said.mean(-1, keepdims=True)
    return Looks(np.array([cells]), code, said.astype(np.float32), np.array([had or [True] * len(cells)]))


def test_imagined_views_are_gaussian_given_the_views_so_far():
    model = EvidenceModel.fit(scenes(60, 0), scenes(60, 1))
    looks, cell = looks_at([0, 5]), np.array([[1, 6, 3]])
    code = np.random.default_rng(4).normal(size=(1, 3, SIZE)).astype(np.float32)
    draws, label = 40_000, 2
    errors = model.errors(draws, np.random.default_rng(5))
    found = centred(model.imagine(looks, cell, code, np.full((1, draws), label), errors))[0]

    def mean(cells, codes):
        return model.row[label, cells // COLUMNS] + codes @ model.slope[label]

    known, asked = looks.cell[0], cell[0]
    weight = model.field[np.ix_(asked, known)] @ np.linalg.inv(model.field[np.ix_(known, known)])
    expected = mean(asked, code[0]) + weight @ (looks.said[0] - mean(known, looks.code[0]))
    left = model.field[np.ix_(asked, asked)] - weight @ model.field[np.ix_(known, asked)]
    covariance = np.kron(left, model.spread @ model.spread.T)
    np.testing.assert_allclose(found.mean(0), expected - expected.mean(-1, keepdims=True), atol=0.01)
    np.testing.assert_allclose(np.cov(found.reshape(draws, -1).T), covariance, atol=0.02)


def test_from_the_same_viewpoint_the_recogniser_says_the_same_whatever_the_class():
    model = EvidenceModel.fit(scenes(60, 0), scenes(60, 1))
    looks, hypothesis = looks_at([6, 2]), np.array([[0, 1, 2, 0, 1, 2]])
    errors = model.errors(6, np.random.default_rng(0))
    again = model.imagine(looks, looks.cell, looks.code, hypothesis, errors)
    np.testing.assert_allclose(centred(again)[0], np.repeat(looks.said, 6, axis=0), atol=0.01)
    np.testing.assert_allclose(np.exp(again).sum(-1), 1, rtol=1e-5)


def test_views_that_were_not_had_do_not_count():
    model = EvidenceModel.fit(scenes(60, 0), scenes(60, 1))
    errors, hypothesis = model.errors(4, np.random.default_rng(0)), np.array([[0, 1, 2, 0]])
    cell, code = np.array([[1, 4]]), np.ones((1, 2, SIZE), np.float32)
    one, two = looks_at([0]), looks_at([0, 1], had=[True, False])
    two.code[:, 0], two.said[:, 0] = one.code[:, 0], one.said[:, 0]
    found = [model.imagine(looks, cell, code, hypothesis, errors) for looks in (one, two)]
    np.testing.assert_allclose(found[0], found[1], atol=1e-4)


def test_errors_are_drawn_in_pairs_of_opposite_sign_and_the_same_for_a_seed():
    model = EvidenceModel.fit(scenes(60, 0), scenes(60, 1))
    drawn = model.errors(7, np.random.default_rng(3))
    assert drawn.shape == (7, CELLS, CLASSES)
    np.testing.assert_array_equal(drawn[0::2][:3], -drawn[1::2])
    np.testing.assert_array_equal(drawn, model.errors(7, np.random.default_rng(3)))
