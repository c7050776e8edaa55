"""Views as few numbers, so that training never touches a pixel."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from activevision.agents.small_frames import SIDE

PIXELS = 3 * SIDE * SIDE
"""Values of a view."""

_MOST = 4096  # views, or grids, that components are found from
_SPARE, _ITERATIONS = 8, 4  # of the randomised decomposition


class ViewCodes(nn.Module):
    """K principal components of views, for each of E elevations on its own.

    A view with values x in [0, 1] has the code c = Bᵀ(x − μ). B has orthonormal columns, so that for any prediction ĉ
    the squared error of the pixels of μ + Bĉ is |c − ĉ|² plus what no code can tell of this view, its ``rest``.

    mean: (E, D). basis: (E, D, K), D = PIXELS.
    """

    mean: torch.Tensor
    basis: torch.Tensor

    def __init__(self, elevations: int, size: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(elevations, PIXELS))
        self.register_buffer("basis", torch.zeros(elevations, PIXELS, size))

    @property
    def size(self) -> int:
        """K."""
        return self.basis.shape[2]

    @classmethod
    def of(cls, frames: NDArray[np.uint8], size: int, generator: np.random.Generator) -> ViewCodes:
        """Of grids (S, E, A, H, W, 3)."""
        codes = cls(frames.shape[1], size)
        for row in range(frames.shape[1]):
            views = frames[:, row].reshape(-1, PIXELS)
            codes.mean[row] = torch.from_numpy(views.mean(axis=0, dtype=np.float64) / 255)
            some = _values(views[chosen(len(views), generator)]) - codes.mean[row]
            axes, _ = components(some, size, generator)
            codes.basis[row, :, : len(axes)] = axes.T
        return codes

    def encode(self, frames: torch.Tensor, row: int) -> torch.Tensor:
        """Codes (N, K) of uint8 views (N, H, W, 3) of one elevation."""
        return (_values(frames) - self.mean[row]) @ self.basis[row]

    def encode_grids(self, frames: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Codes (S, E, A, K) and rest (S, E, A) of grids (S, E, A, H, W, 3), uint8 or values in [0, 1]."""
        codes, rest = [], []
        for row in range(len(self.mean)):
            apart = _values(frames[:, row]) - self.mean[row]
            code = apart @ self.basis[row]
            left = apart.square().sum(1) - code.square().sum(1)
            codes.append(code.reshape(len(frames), -1, self.size))
            rest.append(left.clamp(min=0).reshape(len(frames), -1))
        return torch.stack(codes, dim=1), torch.stack(rest, dim=1)

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Values (N, E, A, H, W, 3) in [0, 1] of codes (N, E, A, K)."""
        values = torch.einsum("neak,edk->nead", codes, self.basis) + self.mean[:, None]
        return values.clamp(0, 1).reshape(*codes.shape[:3], SIDE, SIDE, 3)


def chosen(count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """All of so many, or as many of them at random as are enough for components."""
    return np.arange(count) if count <= _MOST else generator.choice(count, _MOST, replace=False)


def components(rows: torch.Tensor, size: int, generator: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Principal axes (size, D) of rows (N, D) whose mean is zero, orthonormal, and the standard deviations (size,)
    along them; fewer where there are fewer rows."""
    with torch.random.fork_rng():
        torch.manual_seed(int(generator.integers(2**31)))
        _, length, axes = torch.svd_lowrank(rows, min(size + _SPARE, *rows.shape), _ITERATIONS)
    return axes[:, :size].T, length[:size] / len(rows) ** 0.5


def _values(frames: NDArray[np.uint8] | torch.Tensor) -> torch.Tensor:
    """(N, D) in [0, 1]."""
    frames = torch.from_numpy(np.ascontiguousarray(frames)) if isinstance(frames, np.ndarray) else frames
    values = frames.reshape(-1, PIXELS)
    return values.float() / 255 if values.dtype == torch.uint8 else values
