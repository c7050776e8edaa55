"""Windows from a turning camera: rings of colour seen through a window, where a turn shifts the image."""

from __future__ import annotations

import numpy as np

from activevision.rollouts.dataset import WindowDataset


def turning(episodes: int = 48, views: int = 4, size: int = 16, seed: int = 0, classes: int = 2) -> WindowDataset:
    """A camera that yaws by −60°, 0° or 60° inside smooth panoramas, whose class decides how fine they are.

    In every frame another light falls in from the side, which no motion predicts.
    """
    generator = np.random.default_rng(seed)
    steps = generator.integers(-1, 2, (episodes, views - 1))
    labels = generator.integers(0, classes, episodes)
    azimuth = generator.uniform(0, 2 * np.pi, (episodes, 1)) + np.radians(60) * np.pad(steps, ((0, 0), (1, 0))).cumsum(
        1
    )
    column = azimuth[:, :, None, None, None] + np.linspace(-0.5, 0.5, size)[None, None, None, :, None]
    row = np.linspace(0, 2, size)[None, None, :, None, None]
    phase = generator.uniform(0, 0.5, (episodes, 1, 1, 1, 3)) + np.arange(3) * 2.1
    waves = (1 + labels)[:, None, None, None, None]
    light = 30 * generator.uniform(-1, 1, (episodes, views, 1, 1, 3)) * np.linspace(-1, 1, size)[:, None]
    light = light + 15 * generator.uniform(-1, 1, (episodes, views, 1, 1, 3))
    frames = np.round(127.5 + 80 * np.cos(waves * column + phase) * np.cos(waves * row) + light).astype(np.uint8)
    twists = np.zeros((episodes, views - 1, 6), np.float32)
    twists[..., 4] = np.radians(60) * steps
    names = tuple(f"class {i}" for i in range(classes))
    return WindowDataset.of_episodes(
        frames, twists, labels, np.array([f"panorama-{i}" for i in range(episodes)]), names
    )
