"""Checks that the settings of every run share."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, TypeVar, get_type_hints

from activevision.errors import UserError, unknown

Settings = TypeVar("Settings")


def require_positive(settings: object, *names: str) -> None:
    """UserError for the first of these settings that is not above 0, or infinite."""
    for name in names:
        if not 0 < getattr(settings, name) < math.inf:
            raise UserError(
                f"{type(settings).__name__} with {name}={getattr(settings, name)}: it must be positive and finite."
            )


def require_not_negative(settings: object, *names: str) -> None:
    """UserError for the first of these settings that is below 0, or infinite."""
    for name in names:
        if not 0 <= getattr(settings, name) < math.inf:
            raise UserError(
                f"{type(settings).__name__} with {name}={getattr(settings, name)}: it must be 0 or more, and finite."
            )


def require_share(settings: object, *names: str) -> None:
    """UserError for the first of these settings that is not from 0 to 1."""
    for name in names:
        if not 0 <= getattr(settings, name) <= 1:
            raise UserError(
                f"{type(settings).__name__} with {name}={getattr(settings, name)}: it must be between 0 and 1."
            )


def parsed(kind: type[Settings], words: Iterable[str], what: str) -> Settings:
    """An instance of the dataclass ``kind`` with some fields from words "name=value", the others as usual.

    Fields are bool, int, float or str. what: such a setting is called in errors. UserError for a name that it lacks,
    and for a value that is not of the field's type.
    """
    return kind(**_values(kind, words, what))


def changed(settings: Settings, words: Iterable[str], what: str) -> Settings:
    """These settings, a dataclass, with some fields from words as in ``parsed``."""
    return replace(settings, **_values(type(settings), words, what))  # type: ignore[type-var]


def _values(kind: type[Any], words: Iterable[str], what: str) -> dict[str, Any]:
    types = {name: of for name, of in get_type_hints(kind).items() if of in _READ}
    values: dict[str, Any] = {}
    for word in words:
        name, _, text = word.partition("=")
        if name not in types:
            raise unknown(what, name, types)
        read, form = _READ[types[name]]
        try:
            values[name] = read(text)
        except (KeyError, ValueError):
            raise UserError(f"{what} {word!r}: give {name}={form}.") from None
    return values


_READ: dict[Any, tuple[Callable[[str], Any], str]] = {
    bool: ({"true": True, "false": False}.__getitem__, "true or false"),
    int: (int, "a whole number"),
    float: (float, "a number"),
    str: (str, "a word"),
}
