"""Household objects made from a seed: the embedded catalogue, and the groups in which its classes look alike."""

from activevision.scenes.procedural.catalogue import ProceduralCatalogue, Recipe
from activevision.scenes.procedural.groups import CLASSES, GROUPS, Group

__all__ = ["CLASSES", "GROUPS", "Group", "ProceduralCatalogue", "Recipe"]
