"""Classes by name: ours by a short one, a user's own by "package.module:Class"."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from activevision.errors import UserError, unknown


def named_class(kind: str, name: str, known: Mapping[str, str]) -> type[Any]:
    """The class of a name among ``known``, which maps to "module:Class", or of one that is "module:Class" itself.

    A user's module is looked for in the working directory as well. UserError names what cannot be found.
    """
    if name not in known and ":" not in name:
        raise unknown(kind, name, known)
    place = known.get(name, name)
    module, _, attribute = place.partition(":")
    if name not in known and "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not (module == error.name or module.startswith(f"{error.name}.")):
            raise  # the module is there, and what it imports is not
        raise UserError(f"{kind} {name!r}: there is no module {module!r}; check its name and folder.") from None
    if not isinstance(getattr(found, attribute, None), type):
        raise UserError(f"{kind} {name!r}: module {module!r} has no class {attribute!r}.")
    return getattr(found, attribute)


def is_own(name: str) -> bool:
    """Whether a name is that of a user's class."""
    return ":" in name
