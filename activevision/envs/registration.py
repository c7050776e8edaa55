"""The environments' ids."""

from __future__ import annotations

import gymnasium

ACTIVE_OBJECT = "activevision/ActiveObject-v0"
ACTIVE_SCENE = "activevision/ActiveScene-v0"
LOOK_AROUND = "activevision/LookAround-v0"
EXPLORE = "activevision/Explore-v0"

_ENTRY_POINTS = {
    ACTIVE_OBJECT: "activevision.envs.active_object:ActiveObject",
    ACTIVE_SCENE: "activevision.envs.active_scene:ActiveScene",
    LOOK_AROUND: "activevision.envs.look_around:LookAround",
    EXPLORE: "activevision.envs.explore:Explore",
}


def register_environments() -> None:
    """Tell Gymnasium the ids. Entry points are strings, so nothing is imported before ``gym.make``."""
    for id, name in _ENTRY_POINTS.items():
        gymnasium.register(id=id, entry_point=f"{name}Env", vector_entry_point=f"{name}VectorEnv")
