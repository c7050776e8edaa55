"""The ``rooms`` catalogues: furnished, lit and walkable rooms of labelled classes, as many as asked for."""

from activevision.scenes.rooms.catalogue import RoomRecipe, RoomsCatalogue
from activevision.scenes.rooms.classes import CLASSES, RoomClass
from activevision.scenes.rooms.roles import CATEGORIES

__all__ = ["CATEGORIES", "CLASSES", "RoomClass", "RoomRecipe", "RoomsCatalogue"]
