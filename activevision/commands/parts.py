"""An agent's fusions and policies, trained one after the other or beside one another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from activevision.agents.config import JOINT, AgentConfig
from activevision.commands.world import World

if TYPE_CHECKING:
    from gymnasium.vector import VectorEnv

    from activevision.agents.agent import Agent
    from activevision.agents.lessons import GridLessons, Lessons
    from activevision.agents.train import Part

_PAYS = 4  # parts from which on it pays to start processes


def train_parts(
    agent: Agent, world: World, config: AgentConfig, envs: tuple[VectorEnv, VectorEnv], workers: int | None
) -> None:
    """What is open of an agent's parts: in this process, each with a bar of its own, or in several."""
    from activevision.agents.train import grid_lessons, open_parts
    from activevision.machine import cores, one_thread
    from activevision.progress import progress
    from activevision.workers import check_workers, in_processes

    check_workers(workers)
    workers = workers or cores()
    for stage in open_parts(agent, config):
        if workers == 1 or len(stage) < _PAYS:
            lessons = grid_lessons(agent, *envs)
            with one_thread():
                for part in stage:
                    train_watched(agent, lessons, part, config)
            continue
        with progress(f"Training {stage[0].kind} parts", len(stage), "parts") as advance:
            for _ in in_processes(_train_one, stage, workers, advance, _enter, (agent.folder, world, config)):
                pass


_entered: tuple[Agent, GridLessons, AgentConfig]


def _enter(folder: Path, world: World, config: AgentConfig) -> None:
    """Make a worker process ready."""
    from activevision.agents.agent import Agent
    from activevision.agents.train import grid_lessons

    global _entered
    agent = Agent.load(folder, world.protocol)
    train_env, val_env = (world.make(split, config.environments) for split in ("train", "val"))
    _entered = agent, grid_lessons(agent, train_env, val_env), config


def _train_one(part: Part, advance: Callable[[int], None]) -> None:
    train_watched(_entered[0], _entered[1], part, _entered[2])
    advance(1)


def train_watched(agent: Agent, lessons: Lessons, part: Part, config: AgentConfig) -> None:
    """One part, of which TensorBoard shows how it gets on."""
    from activevision.agents.lessons import FreeLessons, GridLessons
    from activevision.agents.train import train_part
    from activevision.evaluation.board import open_board
    from activevision.evaluation.validation import Episodes, FusedWalks, Validation

    assert isinstance(lessons, (GridLessons, FreeLessons))
    validation: Validation
    if part.kind == "fusion":
        validation = FusedWalks(lessons)
    else:
        assert isinstance(lessons, GridLessons)
        validation = Episodes(lessons, None if part.name in JOINT else agent.fusion(config.fusion))
    name = f"fusion_{part.name}" if part.kind == "fusion" else f"{part.name}_{part.seed}"
    with open_board(agent.folder / "tensorboard" / name, validation) as board:
        train_part(agent, replace(lessons, watch=board), part, config)
