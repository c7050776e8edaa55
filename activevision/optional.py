"""Packages that only some uses need: imported when they are, or an error with the line that installs them."""

from __future__ import annotations

import importlib
from typing import Any

from activevision.errors import UserError


def require(package: str, extra: str) -> Any:
    """Import a package of one of our extras. UserError with the exact install line where it is missing."""
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != package.partition(".")[0]:
            raise
        raise UserError(f"this needs {package}: pip install 'activevision[{extra}]'") from None
