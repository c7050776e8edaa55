"""The ``furniture`` catalogues: real models of Sweet Home 3D's libraries, as Debian packages them."""

from activevision.scenes.furniture.catalogue import FurnitureCatalogue, furniture_available
from activevision.scenes.furniture.fetch import fetch_furniture
from activevision.scenes.furniture.selection import FURNITURE, FURNITURE_ALL, SELECTIONS

__all__ = [
    "FURNITURE",
    "FURNITURE_ALL",
    "SELECTIONS",
    "FurnitureCatalogue",
    "fetch_furniture",
    "furniture_available",
]
