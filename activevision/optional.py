"""Packages that only some uses need."""

from __future__ import annotations

import importlib
from types import ModuleType

from activevision.errors import UserError


def require(package: str, extra: str) -> ModuleType:
    """Import ``package`` (a module's dotted name); UserError with the line that installs it where it is missing.

    extra: the extra of this distribution that brings it. A package that is there but fails to import says so itself.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        missing = error.name or package
        if missing.split(".")[0] != package.split(".")[0]:
            raise
        raise UserError(
            f"the package {missing!r} is not installed: pip install 'activevision[{extra}]' brings it."
        ) from None
