"""The processes that ``torchrun`` has started to train together, or this one alone."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, cast

import torch
from torch import distributed, nn

from activevision.errors import UserError

Made = TypeVar("Made")


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

    def agree(self, well: bool) -> bool:
        """Whether all is well in every process."""
        if self.count == 1:
            return well
        ill = torch.tensor(0.0 if well else 1.0, device=self.device)
        distributed.all_reduce(ill)
        return not ill.item()

    def from_first(self, make: Callable[[], Made]) -> Made:
        """What ``make`` gives in the first process, or a UserError that it raises there, in all of them: files are the
        first one's, and other machines may not see them."""
        if self.count == 1:
            return make()
        told: list[Made | UserError | None] = [None]
        if self.rank == 0:
            try:
                told[0] = make()
            except UserError as error:
                told[0] = error
        distributed.broadcast_object_list(told, 0)
        if isinstance(told[0], UserError):
            raise told[0]
        return cast(Made, told[0])

    def share(self, module: nn.Module) -> None:
        """Give all processes the state of the first; running statistics are of what each has seen."""
        if self.count > 1:
            for tensor in module.state_dict().values():
                distributed.broadcast(tensor, 0)


def is_first() -> bool:
    """Whether this process is alone or the first of those that ``torchrun`` started: the one that writes and prints."""
    return os.environ.get("RANK", "0") == "0"


def joined(device: str) -> Processes:
    """Join the processes that ``torchrun`` started, by NCCL on GPUs and Gloo on CPUs; without it this one is alone.

    They stay joined until they end: torch cannot leave a group and join it again.
    device: "auto" is the GPU where there is one. UserError for a GPU that is not there.
    """
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("device 'cuda' is not available here: choose 'cpu' or 'auto'.")
    gpu = device != "cpu" and torch.cuda.is_available()
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes(0, 1, torch.device("cuda" if gpu else "cpu"))
    here = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0"))) if gpu else torch.device("cpu")
    if gpu:
        torch.cuda.set_device(here)  # where NCCL computes
    if not distributed.is_initialized():
        distributed.init_process_group("nccl" if gpu else "gloo")
        atexit.register(distributed.destroy_process_group)
    return Processes(distributed.get_rank(), count, here)
