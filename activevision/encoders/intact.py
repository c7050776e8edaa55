"""What torch wrote, if all of it is still as it was."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import torch


def load_intact(path: Path) -> Any:
    """What ``torch.save`` wrote, on the CPU; torch itself does not look at the checksums that it writes.

    Raises FileNotFoundError, ValueError where a checksum is wrong, and for other damage what zip and pickle readers
    raise.
    """
    with zipfile.ZipFile(path) as parts:
        damaged = parts.testzip()
    if damaged is not None:
        raise ValueError(f"the checksum of {damaged} is wrong")
    return torch.load(path, map_location="cpu", weights_only=True)
