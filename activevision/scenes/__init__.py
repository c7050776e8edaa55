"""What there is to see: scenes, and the catalogues they come from."""

from activevision.scenes.catalogue import SPLITS, Catalogue, Entry
from activevision.scenes.registry import CATALOGUES, get_catalogue
from activevision.scenes.scene import Instance, Lamp, Material, Mesh, Scene

__all__ = [
    "CATALOGUES",
    "SPLITS",
    "Catalogue",
    "Entry",
    "Instance",
    "Lamp",
    "Material",
    "Mesh",
    "Scene",
    "get_catalogue",
]
