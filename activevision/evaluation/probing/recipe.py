"""How every network here is trained: one recipe, the same for every encoder."""

from __future__ import annotations

import copy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

BATCH, EPOCHS, PATIENCE, RATE, DECAY = 256, 40, 5, 1e-3, 0.3


def fit(
    network: nn.Module,
    inputs: tuple[NDArray[np.float32], ...],
    targets: NDArray[np.float32],
    held_out: NDArray[np.bool_],
    seed: int,
) -> nn.Module:
    """Train ``network`` to give ``targets`` (N, …) for ``inputs`` (N, …) in the mean squared sense.

    AdamW whose rate falls by a cosine over 40 epochs, batches of 256, stopped once the error on the members of
    ``held_out`` (N,) has not fallen for 5 epochs; the weights of the lowest error are returned. Those before training
    count as well, so that a network which starts from a sensible guess never ends with a worse one on held-out scenes.
    """
    tensors = [torch.from_numpy(np.ascontiguousarray(a)) for a in (*inputs, targets)]
    outside = torch.from_numpy(held_out)
    *fitted, fitted_to = (t[~outside] for t in tensors)
    *chosen, chosen_on = (t[outside] for t in tensors)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    generator = torch.Generator().manual_seed(seed)

    def error() -> float:
        with torch.no_grad():
            return float(nn.functional.mse_loss(network(*chosen), chosen_on))

    best, least, since = copy.deepcopy(network.state_dict()), error(), 0
    for epoch in range(EPOCHS):
        for group in optimiser.param_groups:
            group["lr"] = RATE * 0.5 * (1 + np.cos(np.pi * epoch / EPOCHS))
        for rows in torch.randperm(len(fitted_to), generator=generator).split(BATCH):
            optimiser.zero_grad()
            nn.functional.mse_loss(network(*(t[rows] for t in fitted)), fitted_to[rows]).backward()
            optimiser.step()
        if (now := error()) < least:
            best, least, since = copy.deepcopy(network.state_dict()), now, 0
        elif (since := since + 1) == PATIENCE:
            break
    network.load_state_dict(best)
    return network
