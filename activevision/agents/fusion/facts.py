"""The few numbers that a closed-form fusion keeps, as a JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from activevision.errors import UserError
from activevision.files import read_json


def read_facts(path: Path, *names: str) -> dict[str, Any]:
    """The numbers ``names`` of a file; UserError if it is missing, damaged or lacks one."""
    if not path.exists():
        raise UserError(f"no fusion {path}: give a folder that `activevision train` wrote.")
    facts = read_json(path)
    if not isinstance(facts, dict) or not all(isinstance(facts.get(name), (int, float)) for name in names):
        raise UserError(f"fusion {path} is damaged (it lacks {' or '.join(names)}): delete it and train again.")
    return facts
