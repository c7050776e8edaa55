"""Settings that several commands share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from activevision.scenes import Catalogue


@dataclass(frozen=True)
class SceneChoice:
    """Which scenes."""

    scenes: str = ""
    """A catalogue (`activevision scenes list` names them), or the path of a folder class/* of meshes or panoramas,
    also as meshes:PATH, panoramas:PATH, scans:PATH. Not given: what the command is about."""
    ambiguity: float | None = None
    """Of procedural objects: 0 tells classes apart from everywhere, 1 only from some views."""
    per_class: int | None = None
    """Procedural objects or rooms a class, over all splits."""
    scene_seed: int | None = None
    """Seed of the procedural objects or rooms."""
    up: str | None = None
    """Up axis of a folder's meshes or scans: x, y or z."""

    @property
    def options(self) -> dict[str, Any]:
        """What ``get_catalogue`` is to be given beside the name."""
        named = {"ambiguity": self.ambiguity, "per_class": self.per_class, "seed": self.scene_seed, "up": self.up}
        return {name: value for name, value in named.items() if value is not None}

    def catalogue(self) -> Catalogue:
        """UserError for a name that is none, or an option that this catalogue does not have."""
        from activevision.errors import UserError
        from activevision.scenes import get_catalogue
        from activevision.scenes.registry import CATALOGUES, FOLDERS, folder_of

        allowed = CATALOGUES[self.scenes] if self.scenes in CATALOGUES else FOLDERS[folder_of(self.scenes)[0]]
        for name in self.options:
            if name not in allowed:
                flag = {"seed": "scene-seed", "per_class": "per-class"}.get(name, name)
                raise UserError(f"--{flag} does not apply to --scenes {self.scenes}: leave it out.")
        return get_catalogue(self.scenes, **self.options)
