"""Small view grids and observation models whose tables are given, so that what follows can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from activevision.agents.codebook import Codebook
from activevision.agents.evidence import Evidence
from activevision.agents.observation_model import ObservationModel
from activevision.protocol import LOOK_AROUND

TWO_BY_THREE = replace(LOOK_AROUND, elevations_deg=(0.0, 30.0), azimuths=3, neighbourhood=(3, 3), views=3)


def model_of(probability, protocol=TWO_BY_THREE):
    """A model with p(word | class, row, column) (C, E, A, K) as it is given; the word of a view is its one feature."""
    probability = np.asarray(probability, np.float64)
    classes, words = len(probability), probability.shape[-1]
    centres = np.zeros((words, classes + 1), np.float32)
    centres[:, -1] = np.arange(words)
    scale = np.zeros(classes + 1, np.float32)
    scale[-1] = 1
    codebook = Codebook(centres, np.zeros(classes + 1, np.float32), scale)
    names = tuple("abcdefgh"[:classes])
    with np.errstate(divide="ignore"):
        return ObservationModel(protocol, names, codebook, np.log(probability).astype(np.float32))


def random_model(protocol, classes=3, words=4, seed=0):
    generator = np.random.default_rng(seed)
    return model_of(generator.dirichlet(np.ones(words), (classes, *protocol.grid_shape)), protocol)


def say(words, log_likelihood):
    """Evidence of views with codewords (N,) and recogniser's scores (N, C)."""
    return Evidence(np.asarray(log_likelihood, np.float32), np.asarray(words, np.float32)[:, None])


def twists_along(protocol, path):
    """(T, 6) along viewpoints (T, 2); zeros at the first."""
    path = np.asarray(path)
    moved = protocol.twists[protocol.motion_index(path[:-1], path[1:])]
    return np.concatenate([np.zeros((1, 6), np.float32), moved])
