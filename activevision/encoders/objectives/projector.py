"""Small networks behind an encoder, where the losses of two views are taken."""

from __future__ import annotations

import itertools

from torch import nn


def mlp(*sizes: int) -> nn.Sequential:
    """Linear layers from size to size with batch normalisation and ReLU between: (N, sizes[0]) to (N, sizes[-1])."""
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes[:-1]):
        layers += [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))
