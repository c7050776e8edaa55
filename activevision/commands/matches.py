"""Every policy with its fusions from the same starts; logs that are there are not made again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from activevision.agents.policies import UNFAIR
from activevision.commands.world import World
from activevision.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from gymnasium.vector import VectorEnv
    from numpy.typing import NDArray

    from activevision.agents.agent import Agent
    from activevision.agents.belief_env import BeliefVectorEnv
    from activevision.agents.evidence import Evidence, EvidenceTable, Recogniser
    from activevision.agents.fusion import Fusion
    from activevision.agents.policies.policy import Policy
    from activevision.evaluation.log import TrajectoryLog
    from activevision.protocol import Protocol

STARTS = {True: 12, False: 3}
"""Of every scene and seed, on a view grid and where every view has to be rendered."""

OWN, TRUTH = "own", "truth"
"""Recognisers beside a user's: the agent's, and what an ideal one could say (on a view grid)."""

_PAYS = 40  # pairings from which on it pays to start processes
_NOTE = "made_from.json"

Advance = Callable[[int], None]
Kept = TypeVar("Kept")


@dataclass(frozen=True)
class Match:
    """A policy of a seed, with a recogniser's evidence and one fusion after the other."""

    policy: str
    fusions: tuple[str, ...]
    recogniser: str
    seed: int

    def file(self, fusion: str) -> str:
        """Name of the log."""
        return "-".join([self.policy, fusion, self.recogniser, str(self.seed)]).replace(":", ".") + ".parquet"


@dataclass(frozen=True, eq=False)
class Venue:
    """Where matches are played: an agent's parts, a split of a world, so many starts of every scene. Picklable.

    facts: what logs say of the catalogue. logs: folder that they are written to.
    """

    agent: Path
    world: World
    split: str
    episodes: int
    facts: Mapping[str, Any]
    logs: Path

    def table_file(self, recogniser: str) -> Path:
        return self.logs / "evidence" / f"{recogniser.replace(':', '.')}.npz"

    @property
    def saliency_file(self) -> Path:
        return self.logs / "evidence" / "saliency.npy"


def matches(pairings: Mapping[str, tuple[str, ...]], recognisers: Sequence[str], seeds: Sequence[int]) -> list[Match]:
    """All of them, each policy with each recogniser and seed."""
    return [
        Match(policy, fusions, recogniser, seed)
        for seed in seeds
        for recogniser in recognisers
        for policy, fusions in pairings.items()
    ]


def play_all(venue: Venue, wanted: Sequence[Match], workers: int | None = None) -> list[TrajectoryLog]:
    """The logs of all matches, in order. Those that an earlier call finished with the same ingredients are not played
    again.

    workers: processes; as many as there are cores unless given, and none but this where there is little to do.
    """
    from activevision.evaluation.log import TrajectoryLog
    from activevision.files import read_object, write_json
    from activevision.machine import cores
    from activevision.progress import progress
    from activevision.workers import check_workers, in_processes

    check_workers(workers)
    note = venue.logs / _NOTE
    found: dict[str, str] = read_object(note) if note.exists() else {}
    keys = _keys(venue, wanted)
    logs: dict[str, TrajectoryLog] = {}
    for file, key in keys.items():
        log = _intact(TrajectoryLog.load, venue.logs / file) if key and found.get(file) == key else None
        if log is not None:
            logs[file] = log
    open_ = [
        Match(match.policy, missing, match.recogniser, match.seed)
        for match in wanted
        if (missing := tuple(fusion for fusion in match.fusions if match.file(fusion) not in logs))
    ]
    plays = sum(len(match.fusions) for match in open_)
    if workers is None:
        workers = cores() if plays >= _PAYS else 1
    if open_:
        found |= _look(venue, open_, found)
        write_json(note, found)
        with progress("Evaluating", plays * venue.world.protocol.views, "views") as advance:
            for files in (
                _alone(venue, open_, advance)
                if workers == 1
                else in_processes(_played, open_, workers, advance, _enter, (venue,))
            ):
                found |= {file: keys[file] for file in files if keys[file]}
                write_json(note, found)
    files = [match.file(fusion) for match in wanted for fusion in match.fusions]
    return [logs[file] if file in logs else TrajectoryLog.load(venue.logs / file) for file in files]


def _intact(load: Callable[[Path], Kept], path: Path) -> Kept | None:
    """What a file holds; None where it is missing or damaged, so that it is made again."""
    try:
        return load(path)
    except UserError:
        return None


def _keys(venue: Venue, wanted: Sequence[Match]) -> dict[str, str]:
    """Of every log, a digest of all that decides it; empty where a user's own class does, which may change any time."""
    from activevision.agents.agent import RECOGNISER, Agent
    from activevision.agents.config import FUSIONS, JOINT, TRAINED
    from activevision.agents.named import is_own
    from activevision.files import as_json, digest

    agent = Agent.load(venue.agent, venue.world.protocol)
    common = [
        (venue.agent / RECOGNISER).read_bytes(), as_json(venue.world.protocol.to_json()), venue.split, venue.episodes,
        as_json(dict(venue.facts)), [entry.key for entry in venue.world.catalogue.scenes(venue.split)],
    ]  # fmt: skip

    def part(path: Path) -> str:
        return digest(path.read_bytes()) if path.exists() else ""

    found = {}
    for match in wanted:
        for fusion in match.fusions:
            file = match.file(fusion)
            if any(is_own(name) for name in (match.policy, fusion, match.recogniser)):
                found[file] = ""
                continue
            learnt = [part(agent.fusion_file(fusion))] if fusion in FUSIONS else []
            learnt += [
                part(agent.policy_file(name, match.seed))
                for name in (match.policy, fusion)
                if name in (*TRAINED, *JOINT)
            ]
            found[file] = digest(*common, match.policy, fusion, match.recogniser, match.seed, *learnt)
    return found


def _alone(venue: Venue, wanted: Sequence[Match], advance: Advance) -> Iterator[list[str]]:
    with closing(_stage(venue)) as stage:
        for match in wanted:
            yield stage.play(match, advance)


_entered: _OnGrid | _Free


def _enter(venue: Venue) -> None:
    """Make a worker process ready."""
    global _entered
    _entered = _stage(venue)


def _played(match: Match, advance: Advance) -> list[str]:
    return _entered.play(match, advance)


def _stage(venue: Venue) -> _OnGrid | _Free:
    return (_OnGrid if venue.world.on_grid else _Free)(venue)


def _look(venue: Venue, wanted: Sequence[Match], found: Mapping[str, str]) -> dict[str, str]:
    """On a view grid, look at every view of the split for what the matches need and what an earlier call has not left,
    as ``found`` tells by digests of what the files were made from. Returns the same of what was written."""
    from activevision.agents.agent import RECOGNISER
    from activevision.agents.evidence import EvidenceTable
    from activevision.agents.named import is_own
    from activevision.files import as_json, digest

    if not venue.world.on_grid:
        return {}
    views = [
        as_json(venue.world.protocol.to_json()),
        [entry.key for entry in venue.world.catalogue.scenes(venue.split)],
    ]
    key, written = digest((venue.agent / RECOGNISER).read_bytes(), *views), {}
    open_ = []
    for name in sorted({match.recogniser for match in wanted}):
        path = venue.table_file(name)
        if is_own(name):
            open_.append(name)
        elif found.get(path.name) != key or _intact(EvidenceTable.load, path) is None:
            open_.append(name)
            written[path.name] = key
    if open_:
        _show_all_views(venue, open_)
    if any(match.policy in UNFAIR for match in wanted):
        key, path = digest(*views), venue.saliency_file
        if found.get(path.name) != key or _intact(_saliency, path) is None:
            _peek(venue)
            written[path.name] = key
    return written


def _show_all_views(venue: Venue, recognisers: Sequence[str]) -> None:
    """Write down what the recognisers say of every view: ceilings need it, and the rest is quick with it."""
    from activevision.agents.agent import Agent
    from activevision.agents.evidence import EvidenceTable
    from activevision.agents.truth import true_evidence

    agent = Agent.load(venue.agent, venue.world.protocol)
    with closing(venue.world.make(venue.split, _TOGETHER)) as env:
        own = EvidenceTable.build(agent.recogniser, env, f"Looking at {venue.split} views")
        for name in recognisers:
            if name == OWN:
                table = own
            elif name == TRUTH:
                table = true_evidence(own, env)
            else:
                table = EvidenceTable.build(_described(name, agent), env, f"Looking at {venue.split} views with {name}")
            table.save(venue.table_file(name))


def _peek(venue: Venue) -> None:
    """Write down how salient every view of the split is."""
    import numpy as np

    from activevision.agents.look_around.grids import Grids
    from activevision.agents.saliency import saliency
    from activevision.files import atomic_write

    with closing(venue.world.make(venue.split, _TOGETHER)) as env:
        frames = Grids.gather(env, f"Peeking at {venue.split} views").frames
    with atomic_write(venue.saliency_file) as file:
        np.save(file, saliency(frames))


def _saliency(path: Path) -> NDArray[np.floating]:
    """What ``_peek`` wrote; UserError if it is missing or damaged."""
    import numpy as np

    try:
        return np.load(path)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"saliency {path} is missing or damaged ({error}): run the same command again.") from None


_TOGETHER = 256  # views that a recogniser is shown at once


class _Described:
    """A user's recogniser, whose views the agent's encoder describes, because its policies know no other features.

    It sees what an agent may: the observation. ``info`` has the label, and is kept from it.
    """

    def __init__(self, name: str, recogniser: Recogniser, agent: Agent):
        self._name, self._recogniser, self._agent = name, recogniser, agent
        self.classes, self.feature_size = agent.recogniser.classes, agent.recogniser.feature_size

    def evidence(self, observation: Mapping[str, Any], info: Mapping[str, Any]) -> Evidence:
        import numpy as np

        own = self._agent.recogniser.evidence(observation, info)
        said = np.asarray(self._recogniser.evidence(observation, {}).log_likelihood, np.float32)
        if said.shape != own.log_likelihood.shape or not np.isfinite(said).all():
            raise UserError(
                f"recogniser {self._name!r} gave log-likelihoods of shape {said.shape}"
                f"{'' if np.isfinite(said).all() else ' that are not finite'}: return one finite number for each of "
                f"{len(own.log_likelihood)} views and {len(self.classes)} classes."
            )
        return own._replace(log_likelihood=said)


def _described(name: str, agent: Agent) -> _Described:
    from activevision.agents.named import named_class

    return _Described(name, named_class("recogniser", name, {})(agent.recogniser.classes), agent)


class _OnGrid:
    """With what the recognisers say of every view."""

    def __init__(self, venue: Venue):
        from activevision.agents.agent import Agent

        self._venue = venue
        self._agent = Agent.load(venue.agent, venue.world.protocol)
        self._scenes = len(venue.world.catalogue.scenes(venue.split))
        self._env: VectorEnv = venue.world.make(venue.split, self._scenes * venue.episodes)
        self._tables: dict[str, EvidenceTable] = {}

    def play(self, match: Match, advance: Advance) -> list[str]:
        for fusion in match.fusions:
            log = self._log(match, self._agent.fusion(fusion, match.seed), advance)
            replace(log, recogniser=match.recogniser).save(self._venue.logs / match.file(fusion))
        return [match.file(fusion) for fusion in match.fusions]

    def _log(self, match: Match, fusion: Fusion, advance: Advance) -> TrajectoryLog:
        from activevision.evaluation.play import Starts, all_views_log, play
        from activevision.protocol import Protocol

        protocol, facts, table = self._venue.world.protocol, dict(self._venue.facts), self._table(match.recogniser)
        assert isinstance(protocol, Protocol)
        starts = Starts.on_grid(self._scenes, protocol.grid_shape, self._venue.episodes, match.seed)
        log = play(self._env, table, fusion, self._policy(match, table, fusion, protocol), starts, facts, advance)
        return all_views_log(log, table, fusion, starts, protocol) if match.policy == "all_views" else log

    def _policy(
        self, match: Match, table: EvidenceTable, fusion: Fusion, protocol: Protocol
    ) -> Callable[[BeliefVectorEnv], Policy]:
        """A policy from the environment that it is played in, into which only those look that know more than an agent
        may."""
        from activevision.agents.policies.ceilings import FullOracle, Oracle
        from activevision.agents.policies.peek_saliency import PeekSaliency

        if match.policy == Oracle.name:
            return lambda env: Oracle(env, table, fusion, protocol)
        if match.policy == FullOracle.name:
            return lambda env: FullOracle(env, table, fusion, protocol)
        if match.policy == PeekSaliency.name:
            saliency = _saliency(self._venue.saliency_file)
            return lambda env: PeekSaliency(env, saliency, protocol)
        policy = self._agent.policy("single" if match.policy == "all_views" else match.policy, match.seed, fusion)
        return lambda env: policy

    def _table(self, recogniser: str) -> EvidenceTable:
        from activevision.agents.evidence import EvidenceTable

        if recogniser not in self._tables:
            self._tables[recogniser] = EvidenceTable.load(self._venue.table_file(recogniser))
        return self._tables[recogniser]

    def close(self) -> None:
        self._env.close()


class _Free:
    """View by view, as they are rendered. None of our policies here looks at the belief, so each walks once for all
    fusions, and "single" is the beginning of any walk; a user's own policy walks with each."""

    def __init__(self, venue: Venue):
        from activevision.agents.agent import Agent

        self._venue = venue
        self._agent = Agent.load(venue.agent, venue.world.protocol)
        self._scenes = len(venue.world.catalogue.scenes(venue.split))
        self._env: VectorEnv = venue.world.make(venue.split, self._scenes * venue.episodes)
        self._walked: dict[tuple[str, str, int], TrajectoryLog] = {}

    def play(self, match: Match, advance: Advance) -> list[str]:
        from activevision.evaluation.play import fused_anew, single_log

        for name in match.fusions:
            fusion = self._agent.fusion(name, match.seed)
            log = self._walk(match, fusion, advance)
            log = single_log(log, self._venue.world.protocol.stay) if match.policy == "single" else log
            log = log if log.fusion == fusion.name else fused_anew(log, fusion)
            replace(log, recogniser=match.recogniser).save(self._venue.logs / match.file(name))
        return [match.file(name) for name in match.fusions]

    def _walk(self, match: Match, fusion: Fusion, advance: Advance) -> TrajectoryLog:
        from activevision.agents.named import is_own
        from activevision.evaluation.play import Starts, play

        walker = "random" if match.policy == "single" else match.policy
        key = walker, match.recogniser, match.seed
        if key in self._walked and not is_own(walker):
            advance(self._venue.world.protocol.views)
            return self._walked[key]
        starts = Starts.anywhere(self._scenes, self._venue.episodes, match.seed)
        policy = self._agent.policy(walker, match.seed, fusion)
        recogniser = self._agent.recogniser if match.recogniser == OWN else _described(match.recogniser, self._agent)
        self._walked[key] = play(
            self._env, recogniser, fusion, lambda _: policy, starts, dict(self._venue.facts), advance
        )
        return self._walked[key]

    def close(self) -> None:
        self._env.close()
