"""One seed of ``activevision benchmark completion``: all of its policies, trained and played in a worker process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activevision.commands.suites import CompletionSuite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from activevision.agents.look_around.choosers import Chooser
    from activevision.agents.look_around.grids import Grids
    from activevision.agents.look_around.lesson import Lesson
    from activevision.agents.look_around.material import Material
    from activevision.agents.look_around.network import CompletionNetwork
    from activevision.commands.world import World

ONE_VIEW, RANDOM, LEARNED = "one_view", "random", "learned"
POLICIES = (ONE_VIEW, RANDOM, "large_action", "peek_saliency", LEARNED, "learned_scores", "learned_coverage")
"""Those of the paper's table, and learned ones with each of the two sidekicks."""

_COPIES = 60  # of the environment in an evaluation


def errors_file(out: Path, seed: int) -> Path:
    return out / f"errors_{seed}.npz"


def read_errors(out: Path, seed: int) -> dict[str, NDArray]:
    """What ``train_and_play`` wrote: scenes of the starts, and every policy's errors; UserError if it is damaged."""
    import numpy as np

    from activevision.errors import UserError
    from activevision.files import NO_ARRAYS

    path = errors_file(out, seed)
    try:
        with np.load(path) as arrays:
            return {name: arrays[name] for name in ("scene", *POLICIES)}
    except NO_ARRAYS as error:
        raise UserError(
            f"errors {path} are damaged ({error}): delete the file and run the same command again."
        ) from None


def agent_file(out: Path, policy: str, seed: int) -> Path:
    return out / "agents" / f"{policy}_{seed}.pt"


@dataclass(frozen=True)
class _Workplace:
    """What a worker process learns from and is tested on."""

    suite: CompletionSuite
    out: Path
    world: World
    train: Grids
    val: Grids
    test: Grids


_here: _Workplace


def enter(suite: CompletionSuite, out: Path) -> None:
    """Make a worker process ready. Of classes that are to be unseen, nothing is there but test scenes."""
    import numpy as np

    from activevision.agents.look_around.grids import Grids

    global _here
    world, grids = suite.world.any_world(), []
    unseen = [world.catalogue.classes.index(name) for name in suite.unseen]
    for split in ("train", "val", "test"):
        env = world.make(split, _COPIES)
        found = Grids.gather(env)
        env.close()
        grids.append(found if split == "test" else found.take(~np.isin(found.labels, unseen)))
    _here = _Workplace(suite, out, world, *grids)


def train_and_play(seed: int, advance: Callable[[int], None]) -> None:
    """All policies of a seed; their errors go into a file."""
    import numpy as np

    from activevision.agents.look_around.agent import LookAround
    from activevision.agents.look_around.material import Material
    from activevision.agents.look_around.training import train_looking_around, train_one_view
    from activevision.evaluation.completion.playing import complete
    from activevision.evaluation.play import Starts
    from activevision.files import atomic_write

    world, config = _here.world, _here.suite.look_around
    protocol: Any = world.protocol
    material = Material.of(_here.train, protocol, config, seed)
    starts = Starts.on_grid(len(_here.test), protocol.grid_shape, _here.suite.starts, seed)
    assert starts.viewpoint is not None
    env = world.make("test", _COPIES)
    errors: dict[str, NDArray] = {"scene": _here.test.scenes[starts.scene]}
    begun = train_one_view(material, config, seed)
    nets: dict[str, CompletionNetwork] = {}
    for policy in POLICIES:
        lesson, chooser = _lesson_and_chooser(policy, material, begun, nets)
        views = 1 if policy == ONE_VIEW else protocol.views
        nets[policy] = train_looking_around(begun, material, lesson, config, seed, policy, views=views)
        agent = LookAround(nets[policy], material.codes, protocol)
        agent.save(agent_file(_here.out, policy, seed))
        errors[policy] = complete(env, agent, chooser, starts.scene, starts.viewpoint, seed)
        advance(1)
    env.close()
    with atomic_write(errors_file(_here.out, seed)) as file:
        np.savez(file, **errors)  # type: ignore[arg-type]


def _lesson_and_chooser(
    policy: str, material: Material, begun: CompletionNetwork, nets: dict[str, CompletionNetwork]
) -> tuple[Lesson, Chooser]:
    """How a policy is learned, and how it moves when it is tested. begun: what all begin from. nets: of the policies
    before it."""
    import torch

    from activevision.agents.look_around.choosers import AnyMotion, Likeliest, PeekSaliency, SameMotion
    from activevision.agents.look_around.grids import mirrored
    from activevision.agents.look_around.lesson import CoverageSidekick, Given, Learned, ScoreSidekick
    from activevision.agents.saliency import saliency

    config, grid = _here.suite.look_around, material.grid
    if policy in (ONE_VIEW, RANDOM):  # nobody asks what a network of one view says after further ones
        chooser: Chooser = AnyMotion(len(material.protocol.motions))
        return Given(chooser), chooser
    if policy == "large_action":
        chooser = SameMotion(_best_large_motion(nets[RANDOM], material, _here.val))
        return Given(chooser), chooser
    if policy == "peek_saliency":
        both = [torch.from_numpy(saliency(frames)) for frames in (_here.train.frames, mirrored(_here.train.frames))]
        known = torch.cat(both).repeat(1 + config.tints, 1)
        return Given(PeekSaliency(known, grid)), PeekSaliency(torch.from_numpy(saliency(_here.test.frames)), grid)
    if policy == "learned_scores":
        return ScoreSidekick(begun, material, config), Likeliest()
    if policy == "learned_coverage":
        return CoverageSidekick(begun, material, config), Likeliest()
    return Learned(), Likeliest()


def _best_large_motion(net: CompletionNetwork, material: Material, val: Grids) -> int:
    """Of the motions at the border of the neighbourhood the one that, made again and again, does best on validation
    scenes with a network that knows motions of all kinds."""
    import numpy as np
    import torch

    from activevision.agents.look_around.choosers import SameMotion
    from activevision.agents.look_around.episodes import play
    from activevision.agents.look_around.table import CodeTable

    protocol, table = material.protocol, CodeTable.of(val, material.codes)
    steps = np.abs(protocol.motions)
    large = np.flatnonzero((steps == steps.max(axis=0)).any(axis=1)).tolist()
    generator = torch.Generator().manual_seed(0)
    scene = torch.arange(len(table)).repeat(4)
    start = torch.randint(material.grid.size, scene.shape, generator=generator)

    @torch.no_grad()
    def error(motion: int) -> float:
        motions = SameMotion(motion)
        played = play(net, table, material.grid, motions, scene, start, protocol.views, generator)
        return float(played.error[:, -1].mean())

    return min(large, key=error)
