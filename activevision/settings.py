"""Checks that the settings of every run share."""

from __future__ import annotations

from activevision.errors import UserError


def require_positive(settings: object, *names: str) -> None:
    """UserError for the first of these settings that is not above 0."""
    for name in names:
        if not getattr(settings, name) > 0:
            raise UserError(f"{type(settings).__name__} with {name}={getattr(settings, name)}: it must be positive.")


def require_not_negative(settings: object, *names: str) -> None:
    """UserError for the first of these settings that is below 0."""
    for name in names:
        if not getattr(settings, name) >= 0:
            raise UserError(f"{type(settings).__name__} with {name}={getattr(settings, name)}: it must be 0 or more.")
