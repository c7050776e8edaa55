"""Noise has the statistics that its parameters name, and a noisy simulator is still one."""

import numpy as np
import pytest
import trimesh
from solids import solid_scene

from activevision.camera import Camera
from activevision.errors import UserError
from activevision.geometry import look_at
from activevision.scenes.srgb import LINEAR
from activevision.simulators.check import check_simulator
from activevision.simulators.embree_simulator import EmbreeSimulator
from activevision.simulators.noise import (
    GaussianNoise,
    KinectDepthNoise,
    NoisySimulator,
    PoissonNoise,
    RedwoodDepthNoise,
    SaltAndPepperNoise,
    SpeckleNoise,
)

RGB = [GaussianNoise(), SpeckleNoise(), PoissonNoise(), SaltAndPepperNoise(0.1)]
DEPTH = [RedwoodDepthNoise(), KinectDepthNoise()]


def rng():
    return np.random.default_rng(0)


def grey(value, side=200):
    return np.full((1, side, side, 3), value, np.uint8)


def flat(depth, side=200):
    return np.full((1, side, side), depth, np.float32)


@pytest.mark.parametrize("noise", [*RGB, *DEPTH], ids=lambda noise: type(noise).__name__)
def test_the_same_generator_gives_the_same_bytes_and_the_argument_stays(noise):
    generator = rng()
    if noise.sensor == "rgb":
        images = generator.integers(0, 256, (3, 20, 30, 3), np.uint8)
    else:
        images = generator.uniform(0.5, 9, (3, 20, 30)).astype(np.float32)
    before = images.copy()
    one, two = (noise.apply(images, rng()) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(images, before)
    assert (one.shape, one.dtype) == (images.shape, images.dtype)
    assert (one != images).any()
    assert (one != noise.apply(images, np.random.default_rng(1))).any()
    assert (one[0] - images[0] != one[1] - images[1]).any()


def test_gaussian_noise_has_its_deviation_and_offset():
    seen = GaussianNoise(sigma=0.04, mean=0.1).apply(grey(100), rng()) / 255
    assert seen.std() == pytest.approx(0.04, rel=0.02)
    assert seen.mean() == pytest.approx(100 / 255 + 0.1, abs=1e-3)


def test_speckle_is_in_proportion_to_the_value():
    for value in (50, 200):
        seen = SpeckleNoise(0.05).apply(grey(value), rng())
        assert seen.std() == pytest.approx(0.05 * value, rel=0.03)
    assert not SpeckleNoise(0.5).apply(grey(0), rng()).any()


def test_shot_noise_keeps_the_mean_light_and_its_variance_is_the_light():
    for value in (90, 160, 220):
        light = LINEAR[PoissonNoise(200.0).apply(grey(value), rng())]
        assert light.mean() == pytest.approx(LINEAR[value], rel=0.01)
        assert light.var() == pytest.approx(LINEAR[value] / 200, rel=0.04)


def test_salt_and_pepper_hit_whole_pixels_half_each():
    seen = SaltAndPepperNoise(0.2).apply(grey(90), rng())[0]
    salt, pepper = (seen == 255).all(-1), (seen == 0).all(-1)
    assert salt.mean() == pytest.approx(0.1, abs=0.01)
    assert pepper.mean() == pytest.approx(0.1, abs=0.01)
    assert (seen[~salt & ~pepper] == 90).all()


@pytest.mark.parametrize("depth", [1.0, 2.0, 4.0])
def test_redwood_depth_is_rounded_disparity_whose_error_grows_with_the_square(depth):
    seen = RedwoodDepthNoise().apply(flat(depth), rng())
    steps = 35.13 / seen * 8
    np.testing.assert_allclose(steps, np.rint(steps), atol=2e-3)
    sigma = np.hypot(1 / 36, 1 / 8 / np.sqrt(12)) * depth**2 / 35.13
    error = np.sqrt(np.mean((seen - depth) ** 2))
    assert 0.4 * sigma < error < 1.8 * sigma  # rounding's own error depends on where between two steps depth lies
    tenfold = RedwoodDepthNoise(strength=10.0, jitter=0).apply(flat(depth), rng())
    assert tenfold.std() == pytest.approx(np.hypot(10 / 36, 1 / 8 / np.sqrt(12)) * depth**2 / 35.13, rel=0.05)


def test_redwood_without_strength_only_rounds():
    noise = RedwoodDepthNoise(strength=0.0, block=1)
    ramp = np.linspace(0.5, 9.9, 10000, dtype=np.float32).reshape(1, 100, 100)
    seen = noise.apply(ramp, rng())
    assert np.abs(35.13 / seen - 35.13 / ramp).max() <= 1 / 16 + 1e-4
    blocks = RedwoodDepthNoise(strength=0.0).apply(ramp, rng())
    np.testing.assert_array_equal(blocks[:, 1::2, 1::2], blocks[:, ::2, ::2])


def test_the_kinect_errs_as_measured():
    for depth in (0.8, 3.0):
        seen = KinectDepthNoise().apply(flat(depth), rng())
        assert seen.std() == pytest.approx(0.0012 + 0.0019 * (depth - 0.4) ** 2, rel=0.03)
        assert seen.mean() == pytest.approx(depth, abs=1e-3)


@pytest.mark.parametrize("noise", DEPTH, ids=lambda noise: type(noise).__name__)
def test_where_nothing_is_hit_nothing_is_measured_and_edges_fray(noise):
    depth = flat(2.0)
    depth[:, :, :100] = 0
    depth[:, 60:140, 140:180] = 1.0
    noise = type(noise)(strength=3.0)
    seen = noise.apply(depth, rng())
    assert not seen[depth == 0].any()
    assert not noise.apply(np.zeros_like(depth), rng()).any()
    frayed = np.abs(seen - depth) > 0.5
    assert frayed[:, :, 100:103].any()
    assert frayed[:, 60:140, 138:142].any()
    assert not frayed[:, :, 110:130].any()


def test_beyond_its_reach_redwood_measures_nothing():
    assert not RedwoodDepthNoise().apply(flat(10.5), rng()).any()
    assert RedwoodDepthNoise(far=20.0).apply(flat(10.5), rng()).all()


def noisy(scenes, seed=0, **changes):
    noise = {"rgb": [PoissonNoise(500.0), GaussianNoise(0.02)], "depth": RedwoodDepthNoise(block=1), **changes}
    return NoisySimulator(EmbreeSimulator(scenes, threads=1), noise, seed)


def test_a_noisy_simulator_keeps_the_promises_of_a_simulator():
    check_simulator(noisy, depth_tolerance=0.05, wrong_pixels=0.02)


def box_and_ball():
    return [solid_scene(trimesh.creation.box((1, 1, 1))), solid_scene(trimesh.creation.icosphere(3, 0.6))]


def test_the_noise_of_a_view_is_its_own():
    scenes, camera = box_and_ball(), Camera(32, 32, 50.0)
    poses = look_at([[0, 0, 3.0], [0, 0, 3.0], [0, 0.01, 3.0]], [0, 0, 0])
    ids = [0, 1, 0]
    clean = EmbreeSimulator(scenes, threads=1).render(ids, poses, camera)["rgb"].astype(int)
    simulator = noisy(scenes)
    noise = simulator.render(ids, poses, camera)["rgb"] - clean
    corner = noise[:, :6, :6]  # background in all three
    assert not (clean[0, :6, :6] != clean[1, :6, :6]).any()
    assert (corner[0] != corner[1]).any()
    assert (corner[0] != corner[2]).any()
    again = noisy(scenes[::-1]).render([1], poses[:1], camera)["rgb"] - clean[0]
    np.testing.assert_array_equal(again[0], noise[0])  # wherever the scene is in the list
    other = noisy(scenes, seed=1).render(ids, poses, camera)["rgb"] - clean
    assert (other[0] != noise[0]).any()


def test_other_sensors_stay_and_settings_tell_noises_apart():
    scenes, camera = box_and_ball(), Camera(32, 32, 50.0)
    pose = look_at([0, 0, 3.0], [0, 0, 0])[None]
    clean = EmbreeSimulator(scenes, threads=1).render([0], pose, camera, ("instance", "normal"))
    seen = noisy(scenes).render([0], pose, camera, ("instance", "normal"))
    for sensor in clean:
        np.testing.assert_array_equal(seen[sensor], clean[sensor])
    settings = [
        EmbreeSimulator([]).settings,
        noisy([]).settings,
        noisy([], seed=1).settings,
        noisy([], rgb=GaussianNoise(0.03)).settings,
        noisy([], rgb=SpeckleNoise(0.03)).settings,
    ]
    assert len({repr(one) for one in settings}) == len(settings)


def test_wrong_settings_are_named():
    with pytest.raises(UserError, match="GaussianNoise with sigma=-1"):
        GaussianNoise(-1)
    with pytest.raises(UserError, match=r"share=1\.5"):
        SaltAndPepperNoise(1.5)
    with pytest.raises(UserError, match="photons=0"):
        PoissonNoise(0)
    with pytest.raises(UserError, match="did you mean 'depth'"):
        noisy([], dept=KinectDepthNoise())
    with pytest.raises(UserError, match="KinectDepthNoise on rgb: it is noise of depth"):
        noisy([], rgb=KinectDepthNoise())
