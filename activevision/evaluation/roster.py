"""``Roster``: the agents of an evaluation, one log each, and which of them stand for their policies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from activevision.errors import UserError, unknown
from activevision.evaluation.keys import Key
from activevision.evaluation.ladder import CEILING, kind, rank
from activevision.evaluation.log import TrajectoryLog, concatenate
from activevision.evaluation.log_columns import OWN
from activevision.evaluation.panel import Panel


@dataclass(frozen=True, eq=False)
class Roster:
    """Agents up the ladder, and those of a policy with the main fusion and recogniser first.

    keys: L of them. panel: their logs in that order. fusion, recogniser: the main ones.
    main: for every policy the agent that stands for it in comparisons: with the fusion that it was trained with as one,
    which bears its name, else with the main one, else with its first; by the main recogniser, else its first.
    """

    keys: tuple[Key, ...]
    panel: Panel
    fusion: str
    recogniser: str
    main: dict[str, Key]

    @classmethod
    def of(cls, logs: Sequence[TrajectoryLog], fusion: str | None = None) -> Roster:
        """Logs of the same agent are joined. fusion: the main one; unless given that of most policies that are no
        ceilings, and of those the first. Raises UserError for logs of different protocols, catalogues or episodes."""
        _check_alike(logs)
        groups: dict[Key, list[TrajectoryLog]] = {}
        for log in logs:
            groups.setdefault(Key.of(log), []).append(log)
        fusions = Counter(key.fusion for key in groups)
        if fusion is not None and fusion not in fusions:
            raise unknown("fusion", fusion, fusions)
        played = Counter(key.fusion for key in groups if kind(key.policy) != CEILING) or fusions
        fusion = fusion or max(played, key=played.__getitem__)
        recognisers = dict.fromkeys(key.recogniser for key in groups)
        recogniser = OWN if OWN in recognisers else next(iter(recognisers))
        keys = sorted(
            groups, key=lambda key: (rank(key.policy), key.recogniser != recogniser, key.fusion != fusion)
        )  # sorting keeps the given order of what is level
        keys = [key for policy in dict.fromkeys(key.policy for key in keys) for key in keys if key.policy == policy]
        main: dict[str, Key] = {}
        for key in keys:
            stands = main.setdefault(key.policy, key)
            if key.fusion == key.policy and key.recogniser == stands.recogniser:
                main[key.policy] = key
        return cls(tuple(keys), Panel.of([concatenate(groups[key]) for key in keys]), fusion, recogniser, main)

    def index(self, key: Key) -> int:
        return self.keys.index(key)

    def find(self, name: str) -> Key:
        """The agent called "policy", "policy/fusion" or "policy/fusion/recogniser"; UserError where there is none."""
        if name in self.main:
            return self.main[name]
        for key in self.keys:
            if name in (str(key), f"{key.policy}/{key.fusion}"):
                return key
        raise unknown("agent", name, [*self.main, *(f"{key.policy}/{key.fusion}" for key in self.keys)])


def _check_alike(logs: Sequence[TrajectoryLog]) -> None:
    if not logs:
        raise UserError("no trajectory logs to score: give at least one.")
    first = logs[0]
    for log in logs[1:]:
        for word in ("protocol", "catalogue", "classes", "views"):
            ours, theirs = getattr(first, word), getattr(log, word)
            if ours != theirs:
                parts = ""
                if isinstance(ours, dict):
                    names = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
                    parts = f" ({', '.join(names)})"
                raise UserError(
                    f"trajectory logs of {first.policy!r} and {log.policy!r} differ in {word}{parts}: "
                    "their figures cannot be compared, evaluate both alike."
                )
