"""The ap_gym form of recognition: agents written for the active perception gym run on our scenes unchanged.

ap_gym (https://github.com/TimSchneider42/active-perception-gym, 0.7) has agents predict with every action and pays them
the base reward less a differentiable loss of the prediction. Importing this module registers the ids of ``IDS`` for
``ap_gym.make`` and ``ap_gym.make_vec``, each with ap_gym's own log wrapper as its environments have, and a ``-sparse``
variant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from gymnasium.wrappers import OrderEnforcing, PassiveEnvChecker
from numpy.typing import NDArray
from scipy.special import softmax

from activevision.envs.answering import AnsweringTask
from activevision.envs.registration import ACTIVE_OBJECT, ACTIVE_SCENE, EXPLORE
from activevision.envs.single import TaskEnv
from activevision.envs.task import Task
from activevision.envs.vector import TaskVectorEnv
from activevision.errors import UserError
from activevision.explore_protocol import ExploreProtocol
from activevision.simulators.simulator import SENSORS

try:
    import ap_gym
except ImportError:
    raise UserError("the ap_gym form needs ap_gym and what it imports: pip install 'activevision[ap-gym]'") from None

IDS = {f"activevision-ap/{id.partition('/')[2]}": id for id in (ACTIVE_OBJECT, ACTIVE_SCENE, EXPLORE)}
"""Ids for ``ap_gym.make``, and the environments that they give the ap_gym form. Explore is given its task "room"."""

_TRANSPARENT = (PassiveEnvChecker, OrderEnforcing)  # what gymnasium.make puts round an environment


class RecognitionEnv(ap_gym.ActiveClassificationEnv):
    """A recognition environment (ActiveObject, ActiveScene, Explore's task "room") in the ap_gym form.

    Actions are {"action": motion, "prediction": logits (C,)}. The prediction made after each view is scored, the last
    one too, so an episode of T views has T actions; the motion of the last has no effect. The loss is ap_gym's own:
    cross-entropy over that of a blind guess, ln C. The reward is the environment's own less the loss.

    Observations are what ap_gym's agents expect: colours are ``ImageSpace`` in [0, 1], depth has a channel axis,
    and ``time_step`` runs from −1 to 1 in place of ``steps_left``. ``info["prediction"]`` has target, loss and
    metrics (quality: the probability given to the true class); the rest of ``info`` is the environment's.
    ``render`` draws the predictions.

    env: as ``gymnasium.make`` gives it. UserError for one in which nothing is to be recognised, and for one in other
    wrappers: those go round this one.
    """

    metadata = TaskEnv.metadata

    def __init__(self, env: gymnasium.Env):
        while isinstance(env, _TRANSPARENT):
            env = env.env
        if not isinstance(env, TaskEnv):
            raise _not_ours(env)
        _check_recognition(env.task)
        super().__init__(len(env.classes), env.action_space)
        self._env = TaskEnv(AnsweringTask(env.task), env.render_mode)
        self.observation_space, self._steps = _observation_space(self._env.observation_space)
        self.render_mode = env.render_mode
        self._info: dict[str, Any] = {}

    @property
    def classes(self) -> tuple[str, ...]:
        return self._env.classes

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray], dict[str, Any]]:
        super().reset(seed=seed)
        observation, self._info = self._env.reset(seed=seed, options=options)
        return _observed(observation, self._steps), {**self._info, "prediction": {"target": self._info["label"]}}

    def step(self, action: dict[str, Any]) -> tuple[dict[str, NDArray], float, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = super().step(action)
        info["prediction"]["metrics"]["quality"] = _quality(action["prediction"], info["prediction"]["target"])
        # ap_gym 0.7 drops what the environment itself says
        return observation, float(reward), terminated, truncated, {**self._info, **info}

    def _step(
        self, action: Any, prediction: NDArray
    ) -> tuple[dict[str, NDArray], float, bool, bool, dict[str, Any], int]:
        _check_prediction(prediction, (len(self.classes),))
        observation, reward, terminated, truncated, self._info = self._env.step(action)
        self._env.show_belief(softmax(prediction))
        return _observed(observation, self._steps), reward, terminated, truncated, self._info, self._info["label"]

    def render(self) -> NDArray[np.uint8] | None:
        return self._env.render()

    def close(self) -> None:
        self._env.close()


class RecognitionVectorEnv(ap_gym.ActiveClassificationVectorEnv):
    """N environments in the ap_gym form; each gives what ``RecognitionEnv`` gives for its seed.

    The step after the end of an episode resets it (``AutoresetMode.NEXT_STEP``, the one that ap_gym knows): its action
    and prediction must be valid but have no effect, and reward and loss are 0.

    env: as ``gymnasium.make_vec`` gives it with ``vectorization_mode="vector_entry_point"``.
    """

    metadata = TaskVectorEnv.metadata

    def __init__(self, env: VectorEnv):
        if not isinstance(env, TaskVectorEnv):
            raise _not_ours(env)
        if env.autoreset_mode != AutoresetMode.NEXT_STEP:
            raise UserError(f"autoreset_mode {env.autoreset_mode.value}: ap_gym knows NextStep alone, leave it out.")
        _check_recognition(env.task)
        super().__init__(env.num_envs, len(env.classes), env.single_action_space)
        self._env = TaskVectorEnv(AnsweringTask(env.task), env.render_mode, AutoresetMode.NEXT_STEP)
        self.single_observation_space, self._steps = _observation_space(self._env.single_observation_space)
        self.observation_space = batch_space(self.single_observation_space, env.num_envs)
        self.render_mode = env.render_mode
        self._target = np.zeros(env.num_envs, np.int64)
        self._ended = np.zeros(env.num_envs, bool)

    @property
    def classes(self) -> tuple[str, ...]:
        return self._env.classes

    def reset(
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray], dict[str, Any]]:
        super().reset(seed=seed if isinstance(seed, int) else None)
        observation, info = self._env.reset(seed=seed, options=options)
        self._target, self._ended = info["label"], np.zeros(self.num_envs, bool)
        return _observed(observation, self._steps), {**info, "prediction": {"target": self._target}}

    def step(self, action: dict[str, Any]) -> tuple[dict[str, NDArray], NDArray, NDArray, NDArray, dict[str, Any]]:
        restarted = self._ended
        observation, reward, terminated, truncated, info = super().step(action)
        self._ended = terminated | truncated
        spoken = info["prediction"]
        spoken["loss"] = np.where(restarted, 0.0, spoken["loss"])
        spoken["metrics"]["quality"] = _quality(action["prediction"], spoken["target"])
        return observation, np.where(restarted, 0.0, reward), terminated, truncated, info

    def _step(
        self, action: Any, prediction: NDArray
    ) -> tuple[dict[str, NDArray], NDArray, NDArray, NDArray, dict[str, Any], NDArray]:
        _check_prediction(prediction, (self.num_envs, len(self.classes)))
        target = self._target
        observation, reward, terminated, truncated, info = self._env.step(action)
        self._env.show_belief(softmax(prediction, axis=-1))
        self._target = info["label"]
        return _observed(observation, self._steps), reward, terminated, truncated, info, target

    def render(self) -> tuple[NDArray[np.uint8], ...] | None:
        return self._env.render()

    def close_extras(self, **options: Any) -> None:
        self._env.close(**options)


def _not_ours(env: Any) -> UserError:
    return UserError(
        f"the ap_gym form is made of an activevision environment, not of a {type(env).__name__}: give it what "
        "gymnasium.make gives (make_vec with vectorization_mode='vector_entry_point'), and wrap the result."
    )


def _check_recognition(task: Task) -> None:
    if len(task.classes) < 2:
        raise UserError(f"catalogue {task.catalogue.name!r} has one class: there is nothing to tell apart.")
    if isinstance(task.action_space, spaces.Dict):
        raise UserError("an environment whose action has a prediction already: give one of recognition.")
    if isinstance(task.protocol, ExploreProtocol) and task.protocol.task != "room":
        raise UserError(f"Explore's task {task.protocol.task!r}: what is recognised is the room, so give task='room'.")


def _check_prediction(prediction: NDArray, shape: tuple[int, ...]) -> None:
    if np.shape(prediction) != shape:
        raise UserError(f"prediction of shape {np.shape(prediction)}: give logits {shape}.")
    if not np.isfinite(prediction).all():
        raise UserError("prediction with logits that are not finite: give numbers.")


def _quality(prediction: NDArray, target: NDArray) -> NDArray:
    """Probability (...) that logits (..., C) give to classes (...)."""
    return np.take_along_axis(softmax(prediction, axis=-1), np.asarray(target)[..., None], axis=-1)[..., 0]


def _observation_space(space: spaces.Space) -> tuple[spaces.Dict, int]:
    """What ``_observed`` makes of observations of this space, and how many steps an episode has."""
    assert isinstance(space, spaces.Dict)
    parts: dict[str, spaces.Space] = {}
    for name, part in space.items():
        assert isinstance(part, spaces.Box)
        if name in SENSORS and SENSORS[name][1] is not np.int32:
            tail, _ = SENSORS[name]
            height, width = part.shape[:2]
            low, high = (0.0, 1.0) if name == "rgb" else (float(part.low.min()), float(part.high.max()))
            parts[name] = ap_gym.ImageSpace(width, height, *(tail or (1,)), low=low, high=high)
        elif name != "steps_left":
            parts[name] = part
        else:
            steps = int(part.high[0])
    parts["time_step"] = spaces.Box(-1.0, 1.0, (), np.float32)
    return spaces.Dict(parts), steps


def _observed(observation: dict[str, NDArray], steps: int) -> dict[str, NDArray]:
    seen = dict(observation)
    seen["time_step"] = np.asarray(1 - 2 * seen.pop("steps_left")[..., 0] / steps, np.float32)
    if "rgb" in seen:
        seen["rgb"] = seen["rgb"].astype(np.float32) / 255
    if "depth" in seen:
        seen["depth"] = seen["depth"][..., None]
    return seen


def _register() -> None:
    def one(id: str, defaults: dict[str, Any]) -> Callable[..., gymnasium.Env]:
        return lambda **options: ap_gym.ActiveClassificationLogWrapper(
            RecognitionEnv(gymnasium.make(id, **{**defaults, **options}))
        )

    def many(id: str, defaults: dict[str, Any]) -> Callable[..., VectorEnv]:
        fixed = {**defaults, "vectorization_mode": "vector_entry_point"}
        return lambda **options: ap_gym.ActiveClassificationVectorLogWrapper(
            RecognitionVectorEnv(gymnasium.make_vec(id, **{**fixed, **options}))
        )

    for name, id in IDS.items():
        defaults = {"task": "room"} if id == EXPLORE else {}
        ap_gym.register(name, entry_point=one(id, defaults), vector_entry_point=many(id, defaults))


_register()
