"""Small grids of coloured patches, of which everything is known."""

from dataclasses import replace

import numpy as np

from activevision.agents.config import LookAroundConfig
from activevision.agents.look_around.grids import Grids
from activevision.agents.look_around.material import Material
from activevision.agents.small_frames import SIDE
from activevision.protocol import LOOK_AROUND_SCENES

SMALL = replace(
    LOOK_AROUND_SCENES, name="small", elevations_deg=(-45.0, 0.0, 45.0), azimuths=4, neighbourhood=(3, 3), views=4
)
CONFIG = LookAroundConfig(
    codes=8, components=24, hidden=32, tints=1, one_view_steps=30, one_view_batch=32, steps=40, batch_size=32
)


def of_colours(colours):
    """Grids whose views have one colour each, with a darker left half; colours: (S, E, A, 3) in [0, 1]."""
    frames = np.broadcast_to(colours[:, :, :, None, None], (*colours.shape[:3], SIDE, SIDE, 3)).copy()
    frames[..., : SIDE // 2, :] *= 0.8
    scenes = len(colours)
    return Grids(np.rint(255 * frames).astype(np.uint8), np.zeros(scenes, np.int64), np.arange(scenes).astype(str))


def motley(scenes=12, seed=0, protocol=SMALL):
    """Every view has a colour of its own."""
    return of_colours(np.random.default_rng(seed).uniform(0.2, 0.8, (scenes, *protocol.grid_shape, 3)))


def noisy(scenes=6, seed=0, protocol=SMALL):
    """Every pixel has a colour of its own, which few components cannot tell."""
    shape = (scenes, *protocol.grid_shape, SIDE, SIDE, 3)
    return replace_frames(motley(scenes, seed, protocol), np.random.default_rng(seed).integers(0, 256, shape, np.uint8))


def replace_frames(grids, frames):
    return Grids(frames, grids.labels, grids.scenes)


def material(grids=None, config=CONFIG, seed=0, protocol=SMALL):
    return Material.of(motley(protocol=protocol) if grids is None else grids, protocol, config, seed)
