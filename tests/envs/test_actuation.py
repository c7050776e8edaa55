"""Realised motions err as the models say, and never without a command."""

import numpy as np
import pytest

from activevision.envs.actuation import LOCOBOT, ProportionalNoise, RobotNoise, StepError
from activevision.errors import UserError
from activevision.geometry import exp_se3, log_se3
from activevision.simulators.simulator import check_poses

FORWARD = exp_se3([0, 0, -0.25, 0, 0, 0])
BACKWARD = exp_se3([0, 0, 0.25, 0, 0, 0])
LEFT = exp_se3([0, 0, 0, 0, np.radians(15), 0])
RIGHT = exp_se3([0, 0, 0, 0, -np.radians(15), 0])
MODELS = [ProportionalNoise(), ProportionalNoise(planar=True), LOCOBOT]


def many(motion, count=20000):
    return np.tile(motion, (count, 1, 1))


def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("noise", MODELS)
def test_who_is_told_to_stay_stays(noise):
    np.testing.assert_allclose(noise.realise(many(np.eye(4), 50), rng()), many(np.eye(4), 50), atol=1e-12)


@pytest.mark.parametrize("noise", MODELS)
def test_realised_motions_are_rigid_repeatable_and_of_the_command_s_shape(noise):
    commanded = exp_se3(rng().normal(0, 0.3, (3, 5, 6)))
    before = commanded.copy()
    realised = noise.realise(commanded, rng())
    assert realised.shape == (3, 5, 4, 4)
    check_poses(realised.reshape(-1, 4, 4), 1e-9)
    np.testing.assert_array_equal(realised, noise.realise(commanded, rng()))
    np.testing.assert_array_equal(commanded, before)
    assert np.abs(realised - commanded).max((-1, -2)).min() > 1e-4
    assert noise.realise(FORWARD, rng()).shape == (4, 4)


def test_proportional_errors_have_the_deviations_that_their_parameters_name():
    noise = ProportionalNoise(0.04, 0.02, 0.03, 0.05)
    twist = np.array([0.3, 0.0, -0.4, 0.0, 0.6, 0.0])
    error = log_se3(noise.realise(many(exp_se3(twist)), rng())) - twist
    distance, angle = 0.5, 0.6
    np.testing.assert_allclose(error.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(error[:, :3].std(0), np.hypot(0.04 * distance, 0.02 * angle), rtol=0.03)
    np.testing.assert_allclose(error[:, 3:].std(0), np.hypot(0.03 * angle, 0.05 * distance), rtol=0.03)


def test_planar_errors_stay_on_the_floor():
    realised = ProportionalNoise(planar=True).realise(many(FORWARD, 100), rng())
    np.testing.assert_allclose(realised[:, 1, 3], 0, atol=1e-12)
    np.testing.assert_allclose(realised[:, :3, 1], [[0, 1, 0]] * 100, atol=1e-12)
    assert realised[:, 0, 3].std() > 1e-3


@pytest.mark.parametrize(("motion", "sign"), [(FORWARD, 1), (BACKWARD, -1)])
def test_a_robot_s_steps_err_by_the_published_figures(motion, sign):
    step = RobotNoise(StepError((0.014, 0.01), (0.009, 0.02), (0.008, 0.03)), LOCOBOT.turn)
    realised = step.realise(many(motion), rng())
    forward = -(realised - motion)[:, 2, 3]
    right = (realised - motion)[:, 0, 3]
    yaw = log_se3(realised)[:, 4]
    for error, mean, sigma in ((sign * forward, 0.014, 0.01), (sign * right, 0.009, 0.02), (yaw, 0.008, 0.03)):
        assert error.mean() == pytest.approx(mean, abs=0.001)
        assert error.std() == pytest.approx(sigma * 0.987, rel=0.03)  # of a normal cut off at 3 deviations
        assert np.abs(error - mean).max() <= 3 * sigma + 1e-9


@pytest.mark.parametrize(("motion", "sign"), [(LEFT, 1), (RIGHT, -1)])
def test_a_robot_s_turns_overshoot_in_their_own_direction_and_never_turn_back(motion, sign):
    yaw = sign * log_se3(LOCOBOT.realise(many(motion), rng()))[:, 4]
    assert yaw.mean() > np.radians(15) + 0.02
    assert yaw.min() >= 0.05 * np.radians(15) - 1e-9


def test_a_robot_s_step_never_goes_back():
    forward = -LOCOBOT.realise(many(FORWARD), rng())[:, 2, 3]
    assert 0.05 * 0.25 - 1e-9 <= forward.min() < 0.1
    strong = RobotNoise(LOCOBOT.move, LOCOBOT.turn, strength=5.0)
    assert -strong.realise(many(FORWARD), rng())[:, 2, 3].max() >= 0.05 * 0.25 - 1e-9


def test_without_strength_commands_are_obeyed():
    for noise in (RobotNoise(LOCOBOT.move, LOCOBOT.turn, strength=0.0), ProportionalNoise(0, 0, 0, 0)):
        for motion in (FORWARD, LEFT):
            np.testing.assert_allclose(noise.realise(motion, rng()), motion, atol=1e-12)


def test_negative_settings_are_named():
    with pytest.raises(UserError, match="rotation_per_metre=-1"):
        ProportionalNoise(rotation_per_metre=-1)
    with pytest.raises(UserError, match="strength=-1"):
        RobotNoise(LOCOBOT.move, LOCOBOT.turn, -1)
