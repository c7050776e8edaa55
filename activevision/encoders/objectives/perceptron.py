"""The small network that stands on top of features where an objective classifies or regresses."""

from __future__ import annotations

from torch import nn


def perceptron(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """(..., inputs) to (..., outputs) through one rectified layer."""
    return nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, outputs))
