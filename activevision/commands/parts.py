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
    from activevision.agents.lessons import GridLessons
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
                    _train(agent, lessons, part, config)
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
    _train(_entered[0], _entered[1], part, _entered[2])
    advance(1)


def _train(agent: Agent, lessons: GridLessons, part: Part, config: AgentConfig) -> None:
    """One part; of a policy TensorBoard shows how it gets on."""
    from activevision.agents.train import train_part
    from activevision.evaluation.board import open_board

    if part.kind == "fusion":
        train_part(agent, lessons, part, config)
        return
    folder = agent.folder / "tensorboard" / f"{part.name}_{part.seed}"
    with open_board(folder, lessons, None if part.name in JOINT else agent.fusion(config.fusion)) as board:
        train_part(agent, replace(lessons, watch=board), part, config)
