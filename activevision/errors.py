"""What a user did wrong, said in one line: the thing, the reason, the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake the user can mend. The command line prints its message alone and exits with code 2."""


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist: gives the nearest one, or all of them."""
    options = sorted(known)
    near = difflib.get_close_matches(name, options, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(options)}."
    return UserError(f"unknown {kind} {name!r}: {hint}")
