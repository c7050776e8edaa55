"""Real room scans: the layouts of the public collections, or any folder of ``*.glb`` and ``*.ply``."""

from activevision.scenes.scans.catalogue import ScanCatalogue, load_scan
from activevision.scenes.scans.layouts import ScanFiles, find_scans

__all__ = ["ScanCatalogue", "ScanFiles", "find_scans", "load_scan"]
