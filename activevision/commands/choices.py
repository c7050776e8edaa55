"""Settings that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from activevision.scenes import Catalogue

AMBIGUITIES = {"easy": 0.0, "mixed": 0.5, "hard": 1.0}
"""Names for how far procedural classes look alike."""


@dataclass(frozen=True)
class SceneChoice:
    """Which scenes."""

    scenes: str = ""
    """A catalogue (`activevision scenes list` names them), or the path of a folder class/* of meshes or panoramas,
    also as meshes:PATH, panoramas:PATH, scans:PATH. Not given: what the command is about."""
    ambiguity: float | Literal["easy", "mixed", "hard"] | None = None
    """Of procedural objects: 0 (easy) tells classes apart from everywhere, 1 (hard) only from some views."""
    per_class: int | None = None
    """Procedural objects or rooms a class, over all splits."""
    scene_seed: int | None = None
    """Seed of the procedural objects or rooms."""
    up: str | None = None
    """Up axis of a folder's meshes or scans: x, y or z."""
    fold: str | None = None
    """Divide the scenes anew, as in 2/4: the second of four parts is the test split, and training and validation share
    the rest. All parts together test every scene once."""

    @property
    def options(self) -> dict[str, Any]:
        """What ``get_catalogue`` is to be given beside the name."""
        from activevision.scenes.registry import FOLD

        named = {
            "ambiguity": AMBIGUITIES[self.ambiguity] if isinstance(self.ambiguity, str) else self.ambiguity,
            "per_class": self.per_class,
            "seed": self.scene_seed,
            "up": self.up,
            FOLD: self.fold,
        }
        return {name: value for name, value in named.items() if value is not None}

    def catalogue(self) -> Catalogue:
        """UserError for a name that is none, or an option that this catalogue does not have."""
        from activevision.errors import UserError
        from activevision.scenes import get_catalogue
        from activevision.scenes.registry import CATALOGUES, FOLD, FOLDERS, folder_of

        allowed = CATALOGUES[self.scenes] if self.scenes in CATALOGUES else FOLDERS[folder_of(self.scenes)[0]]
        for name in self.options:
            if name not in (*allowed, FOLD):
                flag = {"seed": "scene-seed", "per_class": "per-class"}.get(name, name)
                raise UserError(f"--{flag} does not apply to --scenes {self.scenes}: leave it out.")
        return get_catalogue(self.scenes, **self.options)
