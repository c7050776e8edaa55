"""The environments' ids."""

from __future__ import annotations

import gymnasium

ACTIVE_OBJECT = "activevision/ActiveObject-v0"


def register_environments() -> None:
    """Tell Gymnasium the ids. Entry points are strings, so nothing is imported before ``gym.make``."""
    gymnasium.register(
        id=ACTIVE_OBJECT,
        entry_point="activevision.envs.active_object:ActiveObjectEnv",
        vector_entry_point="activevision.envs.active_object:ActiveObjectVectorEnv",
    )
