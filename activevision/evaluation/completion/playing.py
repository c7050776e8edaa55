"""Let an agent complete views in LookAround-v0, which knows what is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from activevision.agents.look_around.agent import LookAround
from activevision.agents.look_around.choosers import Chooser, Moment

Watch = Callable[[VectorEnv], None]


def complete(
    env: VectorEnv,
    agent: LookAround,
    chooser: Chooser,
    scene: NDArray[np.int64],
    start: NDArray[np.int64],
    seed: int,
    watch: Watch = lambda env: None,
) -> NDArray[np.float64]:
    """Errors (N, T), mean squared error of all pixels times 1000, after every view of scenes (N,) from viewpoints
    (N, 2).

    env: LookAround-v0 in autoreset mode DISABLED; its copies are played again until all episodes were. The agent is
    given observations and nothing else, and answers with what it predicts, the views that it has had put in. chooser:
    of motions; only those that are called unfair look at more. seed: of their draws. watch: is shown the environment
    after every answer.
    """
    views = env.unwrapped.protocol.views  # type: ignore[attr-defined]
    errors = np.zeros((len(scene), views))
    generator = torch.Generator().manual_seed(seed)
    for first in range(0, len(scene), env.num_envs):
        # the last batch repeats its last episode to be full
        index = np.minimum(np.arange(first, first + env.num_envs), len(scene) - 1)
        errors[index] = _batch(env, agent, chooser, scene[index], start[index], generator, watch)
    return errors


def _batch(
    env: VectorEnv,
    agent: LookAround,
    chooser: Chooser,
    scene: NDArray[np.int64],
    start: NDArray[np.int64],
    generator: torch.Generator,
    watch: Watch,
) -> NDArray[np.float64]:
    protocol: Any = env.unwrapped.protocol  # type: ignore[attr-defined]
    observation, _ = env.reset(options={"scene": scene, "viewpoint": start})
    gaze, episode, known = agent.gaze(), np.arange(len(scene)), observation["rgb"].shape[1:]
    seen = np.zeros((len(scene), protocol.grid_size), bool)
    remembered = np.zeros((len(scene), protocol.grid_size, *known), np.uint8)
    errors = []
    for time in range(protocol.views):
        gaze.observe(observation, np.full(len(scene), time == 0))
        viewpoint = gaze.viewpoint.numpy()
        seen[episode, viewpoint] = True
        remembered[episode, viewpoint] = observation["rgb"]
        prediction = gaze.completed().reshape(remembered.shape)
        prediction[seen] = remembered[seen]
        motion = np.full(len(scene), protocol.stay)  # that of the last answer leads nowhere
        if time < protocol.views - 1:
            moment = Moment(
                time, gaze.logits, gaze.viewpoint, torch.from_numpy(seen), torch.from_numpy(scene),
                torch.from_numpy(start[:, 1]),
            )  # fmt: skip
            motion = chooser.choose(moment, generator).motion.numpy()
        answer = prediction.reshape(len(scene), *protocol.grid_shape, *known)
        observation, _, _, _, info = env.step({"motion": motion, "prediction": answer})
        errors.append(info["error"])
        watch(env)
    return np.stack(errors, axis=1)
