"""The ``furniture`` catalogue: real models of Sweet Home 3D's libraries, as Debian packages them."""

from activevision.scenes.furniture.catalogue import FurnitureCatalogue, furniture_available
from activevision.scenes.furniture.fetch import fetch_furniture

__all__ = ["FurnitureCatalogue", "fetch_furniture", "furniture_available"]
