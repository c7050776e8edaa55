"""A user's own class, watched: what goes wrong in it is told in one line that names it."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from activevision.errors import UserError


def watched(kind: str, name: str, theirs: type[Any], methods: Sequence[str]) -> type[Any]:
    """A class that does the same as ``theirs``, whose errors are UserErrors that say where they arose.

    methods: those that are watched, beside the making of an instance. UserError also for an instance of a policy or
    fusion without a name, and for what ``methods`` return that nobody could go on with.
    """

    class Watched(theirs):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            with_what = functools.partial(super().__init__, *arguments, **options)
            told(kind, name, theirs.__module__, with_what)
            if kind in ("policy", "fusion") and not isinstance(getattr(self, "name", None), str):
                raise UserError(f"{kind} {name!r} has no name to stand in tables: give it one, as in name = 'mine'.")
            self._made_with = arguments

        def __getattribute__(self, attribute: str) -> Any:
            found = super().__getattribute__(attribute)
            if attribute not in methods:
                return found

            def call(*arguments: Any, **options: Any) -> Any:
                answer = told(kind, name, theirs.__module__, functools.partial(found, *arguments, **options))
                if kind == "fusion":
                    rows = arguments[0] if attribute == "init" else len(arguments[1].log_likelihood)
                    _check_belief(name, answer, rows, self._made_with[0])
                elif kind == "recogniser" and not hasattr(answer, "log_likelihood"):
                    raise UserError(f"recogniser {name!r} returned {type(answer).__name__}: return an Evidence.")
                return answer

            return call

    Watched.__name__, Watched.__qualname__, Watched.__module__ = theirs.__name__, theirs.__qualname__, theirs.__module__
    return Watched


def told(kind: str, name: str, module: str, call: Callable[[], Any]) -> Any:
    """What ``call`` gives; what it raises becomes a UserError with the latest line of ``module`` on its way."""
    try:
        return call()
    except UserError:
        raise
    except Exception as error:
        file = getattr(sys.modules.get(module), "__file__", None)
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        remedy = (
            f"mend it in {file}, line {lines[-1].lineno}."
            if lines
            else f"examples/own_policy.py and the docstrings of activevision.agents say what a {kind} is given."
        )
        reason = " ".join(str(error).split())
        raise UserError(f"{kind} {name!r} raised {type(error).__name__} ({reason}): {remedy}") from error


def _check_belief(name: str, belief: Any, rows: int, classes: int) -> None:
    from activevision.agents.fusion import Belief

    if not isinstance(belief, Belief):
        raise UserError(f"fusion {name!r} returned {type(belief).__name__}: return a Belief.")
    log_probs, state = np.asarray(belief.log_probs), np.asarray(belief.state)
    if log_probs.shape != (rows, classes) or state.ndim != 2 or len(state) != rows:
        raise UserError(
            f"fusion {name!r} returned log_probs of shape {log_probs.shape} and a state of shape {state.shape}: return "
            f"({rows}, {classes}) and ({rows}, any number), a row for each episode."
        )
    with np.errstate(over="ignore"):
        total = np.exp(log_probs.astype(np.float64)).sum(axis=1)
    if not (np.abs(total - 1) < 1e-3).all():  # nor where it is NaN
        raise UserError(
            f"fusion {name!r} returned log_probs of probabilities that sum to {total[np.abs(total - 1).argmax()]:.3g}: "
            "return the logarithms of probabilities that sum to 1, without NaN."
        )
