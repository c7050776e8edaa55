import json

import numpy as np
import pytest

from activevision.errors import UserError
from activevision.geometry import egomotion, invert, log_se3
from activevision.protocol import LOOK_AHEAD, LOOK_AROUND, PROTOCOLS, Protocol, get_protocol


def test_published_presets():
    assert LOOK_AROUND.grid_shape == (7, 12)
    assert LOOK_AROUND.views == 4
    assert LOOK_AHEAD.grid_shape == (12, 12)
    assert LOOK_AHEAD.views == 5
    assert len(LOOK_AROUND.motions) == len(LOOK_AHEAD.motions) == 25


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_staying_stays_and_azimuth_wraps(protocol):
    viewpoints = np.stack(np.meshgrid(*map(np.arange, protocol.grid_shape), indexing="ij"), -1).reshape(-1, 2)
    np.testing.assert_array_equal(protocol.move(viewpoints, np.full(len(viewpoints), protocol.stay)), viewpoints)
    right = int(np.flatnonzero((protocol.motions == [0, 1]).all(axis=1))[0])
    np.testing.assert_array_equal(protocol.move([[3, protocol.azimuths - 1]], [right]), [[3, 0]])


def test_the_poles_stop_or_wrap_as_the_protocol_says():
    up = int(np.flatnonzero((LOOK_AROUND.motions == [2, 0]).all(axis=1))[0])
    np.testing.assert_array_equal(LOOK_AROUND.move([[6, 5]], [up]), [[6, 5]])
    np.testing.assert_array_equal(LOOK_AHEAD.move([[11, 5]], [up]), [[1, 5]])


@pytest.mark.parametrize("protocol", PROTOCOLS.values(), ids=PROTOCOLS)
def test_the_egomotion_table_is_the_egomotion_of_the_poses(protocol):
    generator = np.random.default_rng(0)
    a, b = (generator.integers(protocol.grid_shape, size=(200, 2)) for _ in range(2))
    poses = protocol.poses
    expected = egomotion(poses[a[:, 0], a[:, 1]], poses[b[:, 0], b[:, 1]])
    index = protocol.motion_index(a, b)
    np.testing.assert_allclose(protocol.egomotions[index], expected, atol=1e-12)
    half_turn = np.linalg.norm(log_se3(expected)[:, 3:], axis=1) > np.pi - 1e-6  # the axis of half a turn has two signs
    np.testing.assert_allclose(protocol.twists[index][~half_turn], log_se3(expected)[~half_turn], atol=1e-5)


def test_a_unit_ball_fills_the_view_and_no_more():
    camera_from_world = invert(LOOK_AROUND.poses[3, 0])
    directions = np.random.default_rng(0).normal(size=(20000, 3))
    surface = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    points = surface @ camera_from_world[:3, :3].T + camera_from_world[:3, 3]
    pixels, _ = LOOK_AROUND.camera.project(points)
    assert pixels.min() >= 0
    assert pixels.max() <= 64
    assert pixels.max() > 63


def test_json_round_trip():
    for protocol in PROTOCOLS.values():
        assert Protocol.from_json(json.loads(json.dumps(protocol.to_json()))) == protocol


def test_bad_protocols_are_refused_with_the_remedy():
    with pytest.raises(UserError, match="T between 1 and 84"):
        get_protocol("look-around", views=85)
    with pytest.raises(UserError, match="did you mean 'look-around'"):
        get_protocol("look-aruond")
    with pytest.raises(UserError, match="odd"):
        get_protocol("look-around", neighbourhood=(4, 5))
    with pytest.raises(UserError, match="did you mean 'elevation'"):
        get_protocol("look-around", proprioception=("elevaton",))
