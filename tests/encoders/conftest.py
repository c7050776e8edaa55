"""The windows that the tests of encoders share."""

from __future__ import annotations

import pytest
import torch
from turning_windows import turning

from activevision.rollouts.dataset import WindowDataset

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def windows() -> WindowDataset:
    return turning()
