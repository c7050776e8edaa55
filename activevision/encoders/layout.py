"""The layout of a stored file, with the version that wrote it: noted in it, and told of where it is another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from activevision.errors import UserError
from activevision.version import __version__


def noted(schema: int) -> dict[str, Any]:
    """What a file of that layout notes of itself."""
    return {"schema": schema, "version": __version__}


def writer(facts: Mapping[str, Any]) -> str:
    """Who wrote a file with such notes, in words."""
    return f"activevision {facts['version']}" if "version" in facts else "an earlier version"


def check_layout(what: str, facts: Mapping[str, Any], schema: int, otherwise: str) -> None:
    """UserError unless the layout of ``what`` is ``schema``. otherwise: what can be done with this version instead."""
    if facts.get("schema") != schema:
        raise UserError(
            f"{what} has schema {facts.get('schema')!r} of {writer(facts)}, this is {__version__} and reads {schema}: "
            f"use the version that wrote it, or {otherwise}."
        )
