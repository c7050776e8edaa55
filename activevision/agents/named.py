"""Classes by name: ours by a short one, a user's own by "package.module:Class"."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activevision.agents.own import watched
from activevision.errors import UserError, unknown

METHODS = {"policy": ("act",), "fusion": ("init", "update"), "recogniser": ("evidence",)}
"""What a user's own class of a kind must be able to do."""


def named_class(kind: str, name: str, known: Mapping[str, str]) -> type[Any]:
    """The class of a name among ``known``, which maps to "module:Class", or of one that is "module:Class" itself.

    A user's module is looked for in the working directory as well, and their class is watched: see ``own``. UserError
    names what cannot be found, and what a user's class lacks of the ``METHODS`` of its kind.
    """
    if name not in known and ":" not in name:
        raise unknown(kind, name, known)
    place = known.get(name, name)
    module, _, attribute = place.partition(":")
    if name not in known and "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = importlib.import_module(module)
    except Exception as error:
        if name in known:
            raise
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        if missing is not None and (module == missing or module.startswith(f"{missing}.")):
            raise UserError(f"{kind} {name!r}: there is no module {module!r}; check its name and folder.") from None
        reason = " ".join(str(error).split())
        raise UserError(
            f"{kind} {name!r}: module {module!r} is there but importing it raised {type(error).__name__} ({reason}): "
            "mend it, or install what it lacks."
        ) from error
    if not isinstance(getattr(found, attribute, None), type):
        raise UserError(f"{kind} {name!r}: module {module!r} has no class {attribute!r}.")
    chosen: type[Any] = getattr(found, attribute)
    if name in known:
        return chosen
    methods = METHODS.get(kind, ())
    for method in methods:
        if not hasattr(chosen, method):
            raise UserError(
                f"{kind} {name!r}: class {attribute!r} has no method {method!r}; examples/own_policy.py and the "
                f"docstrings of activevision.agents say what a {kind} needs."
            )
    return watched(kind, name, chosen, methods)


def is_own(name: str) -> bool:
    """Whether a name is that of a user's class."""
    return ":" in name
