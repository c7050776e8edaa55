"""``results.json`` on disk."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from activevision.errors import UserError
from activevision.evaluation.schema import check_results
from activevision.files import atomic_write, read_json


def write_results(results: dict[str, Any], path: Path) -> None:
    """Write JSON with one line per list of numbers; UserError if it does not follow the schema."""
    check_results(results)
    text = json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False)
    flat = re.compile(r"[\[][^\[\]{}]*[\]]")  # a line break in JSON text is never inside a string, so it may go
    with atomic_write(path) as file:
        file.write((flat.sub(lambda match: re.sub(r"\n\s*", " ", match[0]), text) + "\n").encode())


def read_results(path: Path) -> dict[str, Any]:
    """Read and check what ``write_results`` wrote; UserError if it is missing, damaged or something else."""
    results = read_json(path)
    try:
        check_results(results)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    return results


def plain(value: Any, digits: int = 6) -> Any:
    """JSON types only: arrays as lists, numbers rounded, NaN as null."""
    if isinstance(value, dict):
        return {str(key): plain(item, digits) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item, digits) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if isinstance(value, np.generic):
        return plain(value.item(), digits)
    if isinstance(value, float):
        rounded = round(value, digits) if math.isfinite(value) else None
        return 0 if rounded == 0 else rounded
    return value
