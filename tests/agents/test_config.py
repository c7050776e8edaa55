"""Claims of the settings of an agent's training: what no run could use is refused before one begins."""

from __future__ import annotations

from typing import Any

import pytest

from activevision.agents.config import (
    AgentConfig,
    DQNConfig,
    LookAheadConfig,
    LookAroundConfig,
    PixelPPOConfig,
    PPOConfig,
    RecogniserConfig,
    RecurrentPPOConfig,
    TransformerConfig,
)
from activevision.errors import UserError


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        (RecogniserConfig, {"shift": -1}),
        (RecogniserConfig, {"jitter": -0.1}),
        (RecogniserConfig, {"weight_decay": -0.1}),
        (RecogniserConfig, {"label_smoothing": 1.5}),
        (RecogniserConfig, {"batch_size": 1}),
        (PPOConfig, {"gamma": 1.5}),
        (PPOConfig, {"gae_lambda": -0.5}),
        (PPOConfig, {"entropy": -0.01}),
        (RecurrentPPOConfig, {"gamma": 1.5}),
        (PixelPPOConfig, {"channels": (32, 0)}),
        (DQNConfig, {"exploration": 1.5}),
        (DQNConfig, {"gamma": -0.1}),
        (LookAheadConfig, {"dropout": 1.5}),
        (LookAheadConfig, {"feature_dropout": -0.1}),
        (LookAroundConfig, {"rollouts": 1}),
        (TransformerConfig, {"width": 6}),
        (AgentConfig, {"view_price": -0.1}),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(kind: type[Any], setting: dict[str, Any]) -> None:
    (name,) = setting
    with pytest.raises(UserError, match=rf"\b{name}=") as error:
        kind(**setting)
    assert "\n" not in str(error.value)


def test_the_ends_of_a_share_are_in_it() -> None:
    PPOConfig(gamma=1.0, gae_lambda=0.0)
    LookAheadConfig(dropout=0.0, feature_dropout=1.0)
    DQNConfig(exploration=1.0)
