"""Exporters by the name of their form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from activevision.errors import UserError, unknown
from activevision.rollouts.exporters.exporter import Exporter
from activevision.rollouts.exporters.kitti import KittiExporter
from activevision.rollouts.exporters.lerobot import LeRobotExporter
from activevision.rollouts.exporters.minari import MinariExporter
from activevision.rollouts.exporters.tum import TumExporter
from activevision.rollouts.exporters.webdataset import WebDatasetExporter

EXPORTERS: Mapping[str, type[Any]] = {
    exporter.name: exporter
    for exporter in (LeRobotExporter, MinariExporter, WebDatasetExporter, KittiExporter, TumExporter)
}


def get_exporter(name: str, **options: Any) -> Exporter:
    """UserError for a form that there is not, an option it does not have, or a package of it that is missing."""
    if name not in EXPORTERS:
        raise unknown("form to export to", name, EXPORTERS)
    allowed = {field.name for field in fields(EXPORTERS[name])}
    for option in options:
        if option not in allowed:
            raise UserError(f"--{option} does not apply to exporting to {name!r}: leave it out.")
    return EXPORTERS[name](**options)
