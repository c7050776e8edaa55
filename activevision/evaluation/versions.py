"""Which software a figure came from."""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = (
    "activevision", "numpy", "scipy", "torch", "gymnasium", "stable-baselines3", "sb3-contrib", "embreex", "numba",
    "trimesh", "opencv-python-headless", "pyarrow",
)  # fmt: skip


def installed_versions() -> dict[str, str]:
    """Versions of Python, the platform and those of PACKAGES that are installed, without importing any of them."""
    versions = {"python": platform.python_version(), "platform": f"{platform.system()} {platform.machine()}"}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions
