"""The processes that ``torchrun`` has started to train together, or this one alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import distributed

from activevision.errors import UserError


@dataclass(frozen=True)
class Processes:
    """rank: of this process among ``count``. device: what it computes on. Only the process of rank 0 writes files."""

    rank: int
    count: int
    device: torch.device

    @property
    def writes(self) -> bool:
        return self.rank == 0

    def wait(self) -> None:
        """Until all processes are here."""
        if self.count > 1:
            distributed.barrier()


@contextlib.contextmanager
def joined(device: str) -> Iterator[Processes]:
    """Join the processes that ``torchrun`` started, by NCCL on GPUs and Gloo on CPUs; without it this one is alone.

    device: "auto" is the GPU where there is one. UserError for a GPU that is not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("device 'cuda' is not available here: choose 'cpu' or 'auto'.")
    gpu = device != "cpu" and torch.cuda.is_available()
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield Processes(0, 1, torch.device("cuda" if gpu else "cpu"))
        return
    here = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else torch.device("cpu")
    distributed.init_process_group("nccl" if gpu else "gloo")
    try:
        yield Processes(distributed.get_rank(), count, here)
    finally:
        distributed.destroy_process_group()
