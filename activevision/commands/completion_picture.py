"""The picture of ``activevision benchmark completion``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from activevision.commands.completion_seed import LEARNED, agent_file
from activevision.commands.world import World

_SHOWN = 2  # scenes, side by side


def draw_completions(world: World, out: Path) -> Path:
    """What the first learned agent predicts after each view of a few test scenes, beside what is there: completion.png.

    The scenes are evenly spread over the split, whatever became of them, and begun level.
    """
    import gymnasium
    import numpy as np
    from PIL import Image

    from activevision.agents.look_around.agent import LookAround
    from activevision.agents.look_around.choosers import Likeliest
    from activevision.evaluation.completion.playing import complete

    protocol: Any = world.protocol
    agent = LookAround.load(agent_file(out, LEARNED, 0), protocol)
    env = gymnasium.make_vec(
        world.env,
        num_envs=_SHOWN,
        vectorization_mode="vector_entry_point",
        catalogue=world.catalogue,
        split="test",
        protocol=protocol,
        simulator=world.simulator,
        autoreset_mode="Disabled",
        render_mode="rgb_array",
    )
    scenes = np.linspace(0, len(world.catalogue.scenes("test")), _SHOWN, endpoint=False).astype(np.int64)
    start = np.full((_SHOWN, 2), (protocol.grid_shape[0] // 2, 0))
    moments: list[Any] = []
    complete(env, agent, Likeliest(), scenes, start, 0, watch=lambda env: moments.append(env.render()))
    env.close()
    columns = [np.concatenate([pictures[index] for pictures in moments]) for index in range(_SHOWN)]
    path = out / "completion.png"
    Image.fromarray(np.concatenate(columns, axis=1)).save(path)
    return path
