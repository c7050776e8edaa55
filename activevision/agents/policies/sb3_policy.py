"""What the policies share whose network an algorithm of stable-baselines3 trains."""

from __future__ import annotations

import pickle
import random
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import KVWriter, Logger

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.fusion import Belief, Fusion
from activevision.agents.lessons import GridLessons
from activevision.agents.policies.policy_input import policy_input
from activevision.agents.sb3 import Preprocess, Rows, SB3VecEnv
from activevision.agents.watch import Watch
from activevision.errors import UserError
from activevision.files import atomic_write
from activevision.machine import one_thread
from activevision.progress import progress
from activevision.protocol import Protocol

Advance = Callable[[int], None]
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, pickle.UnpicklingError, OSError, ValueError, LookupError, AttributeError,
    TypeError, RuntimeError, EOFError,
)  # fmt: skip
"""What zip, JSON, pickle and torch raise for a file that is none of theirs."""

Trained = TypeVar("Trained", bound="SB3Policy")


class SB3Policy:
    """Takes the motion that a trained network holds for the best. Its file is that of the algorithm.

    algorithm: of stable-baselines3 or sb3-contrib. stops: whether the network has a last action that stops.
    """

    name: ClassVar[str]
    suffix: ClassVar[str] = ".zip"
    algorithm: ClassVar[type[BaseAlgorithm]]
    stops: ClassVar[bool] = False

    def __init__(self, model: Any, protocol: Protocol):
        self._model, self._protocol = model, protocol

    def act(self, observation: Mapping[str, Any], belief: Belief | None) -> NDArray[np.int64]:
        motion, _ = self._model.predict(policy_input(observation), deterministic=True)
        return np.asarray(motion, np.int64)

    def save(self, path: Path) -> None:
        with atomic_write(path) as file:
            self._model.save(file)

    @classmethod
    def load(cls: type[Trained], path: Path, protocol: Protocol, fusion: Fusion) -> Trained:
        try:
            with path.open("rb") as file:
                model = cls.algorithm.load(file, device="cpu")
        except FileNotFoundError:
            raise UserError(f"no policy {path}: give a folder that `activevision train` wrote.") from None
        except _DAMAGE as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(f"policy {path} is damaged ({reason}): delete it and train again.") from None
        if model.action_space.n != len(protocol.motions) + cls.stops:  # type: ignore[attr-defined]
            raise UserError(f"policy {path} does not fit protocol {protocol.name!r}: delete it and train again.")
        return cls(model, protocol)


def belief_env(lessons: GridLessons, fusion: Fusion) -> BeliefVectorEnv:
    """What a policy learns in: training scenes, with the evidence of recognisers that have not seen them."""
    assert lessons.train_env is not None
    return BeliefVectorEnv(lessons.train_env, lessons.train, fusion)


def rows(env: VectorEnv, seed: int, preprocess: Preprocess = policy_input) -> SB3VecEnv:
    """A belief environment as an algorithm sees it, which learns from the belief state unless told otherwise."""
    observation, _ = env.reset(seed=seed)
    return SB3VecEnv(env, preprocess, _space(preprocess(observation)))


def _space(rows: Rows) -> spaces.Space:
    if isinstance(rows, dict):
        return spaces.Dict({name: _space(part) for name, part in rows.items()})
    if rows.dtype == np.uint8:
        return spaces.Box(0, 255, rows.shape[1:], np.uint8)
    return spaces.Box(-np.inf, np.inf, rows.shape[1:], np.float32)


@contextmanager
def training(name: str, seed: int, steps: int) -> Iterator[Advance]:
    """Where an algorithm is made and learns: with a progress bar, of which it gives what is to be told of steps.

    stable-baselines3 seeds Python, NumPy and torch for the whole process, and what others draw must not depend on
    whether a policy was trained before: all go on afterwards as if nothing had been.
    """
    what = f"Training {name} (seed {seed})"
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  # the global one is what is kept
    try:
        with torch.random.fork_rng(), one_thread(), progress(what, steps, "steps") as advance:
            yield advance
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002


def followed(model: BaseAlgorithm, watch: Watch | None, current: Callable[[], SB3Policy], steps: int) -> None:
    """Let a watch follow the training of ``model``, and be told what stable-baselines3 has to say of it."""
    if watch is not None:
        model.set_logger(Logger(None, [_Notes(watch)]))
        watch.follow(current, steps)


class _Notes(KVWriter):
    """Passes figures on: returns and lengths of episodes, losses, entropy of the choices."""

    def __init__(self, watch: Watch):
        self._watch = watch

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0) -> None:
        numbers = {name: value for name, value in key_values.items() if isinstance(value, (int, float, np.number))}
        self._watch.note({name: float(value) for name, value in numbers.items() if not name.startswith("time/")})

    def close(self) -> None:
        """There is nothing to close."""


class Progress(BaseCallback):
    """Tells of every step of every environment."""

    def __init__(self, advance: Advance):
        super().__init__()
        self._advance = advance

    def _on_step(self) -> bool:
        self._advance(self.training_env.num_envs)
        return True
