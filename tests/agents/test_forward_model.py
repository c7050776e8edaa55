"""Maps between grid views, which are recovered where features carry a representation of rotations."""

import numpy as np
import pytest
from scipy.linalg import block_diag
from scipy.spatial.transform import Rotation

from activevision.agents.forward_model import ForwardModel
from activevision.errors import UserError

ROWS, COLUMNS, SIZE = 3, 8, 5


def turn(columns):
    """How a turn by so many columns acts on features: once round, and twice round, and what stays."""
    once, twice = (Rotation.from_rotvec([0, 0, k * 2 * np.pi * columns / COLUMNS]).as_matrix()[:2, :2] for k in (1, 2))
    return block_diag(once, twice, [[1.0]])


def tilt(row):
    """How a row acts on them: some rotation of all five numbers."""
    q, _ = np.linalg.qr(np.random.default_rng(row).normal(size=(SIZE, SIZE)))
    return q


def equivariant_features(scenes, seed):
    """(S, E, A, D): what is in a scene, acted upon by where the camera is."""
    content = np.random.default_rng(seed).normal(size=(scenes, SIZE))
    acts = np.array([[tilt(row) @ turn(column) for column in range(COLUMNS)] for row in range(ROWS)])
    return np.einsum("eadk,sk->sead", acts, content)


def test_maps_of_equivariant_features_are_the_representation():
    model = ForwardModel.fit(equivariant_features(200, 0), 16)
    assert model.maps.shape == (ROWS, ROWS, COLUMNS, SIZE, SIZE + 1)
    for row, after, on in [(0, 0, 0), (0, 2, 1), (2, 1, 5), (1, 0, 3)]:
        found = model.decode.T @ model.maps[row, after, on, :, :-1] @ model.encode.T
        np.testing.assert_allclose(found, tilt(after) @ turn(on) @ tilt(row).T, atol=0.02)


def test_views_of_new_scenes_are_forecast():
    model, fresh = ForwardModel.fit(equivariant_features(200, 0), 16), equivariant_features(10, 1).astype(np.float32)
    scene, row, column = np.arange(10), np.arange(10) % ROWS, np.arange(10) % COLUMNS
    ahead = model.feature(model.forecast(model.code(fresh[scene, row, column]), row))
    on = (column[:, None] + np.arange(COLUMNS)) % COLUMNS
    np.testing.assert_allclose(ahead, np.moveaxis(fresh[scene[:, None], :, on], 1, 2), atol=0.03)


def test_directions_that_do_not_vary_are_left_out_and_few_are_the_strongest():
    features = np.concatenate([equivariant_features(50, 2), np.full((50, ROWS, COLUMNS, 1), 7.0)], axis=-1)
    features[..., 0] = features[..., 1]
    model = ForwardModel.fit(features, 16)
    assert model.encode.shape == (SIZE + 1, SIZE - 1)
    assert np.isfinite(model.maps).all()
    np.testing.assert_allclose(model.feature(model.code(np.float32(features))), features, atol=1e-4)
    # the doubled number is the strongest direction by far
    first = ForwardModel.fit(features, 1).encode[:, 0]
    assert set(np.argsort(-np.abs(first))[:2]) == {0, 1}


def test_features_of_another_encoder_are_refused():
    with pytest.raises(UserError, match="features of 3 numbers, and the forward model was fitted to 5"):
        ForwardModel.fit(equivariant_features(5, 0), 4).code(np.zeros((2, 3), np.float32))
