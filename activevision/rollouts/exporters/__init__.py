"""Rollouts in the forms that others read: one form a file."""

from activevision.rollouts.exporters.export import export
from activevision.rollouts.exporters.registry import EXPORTERS, get_exporter

__all__ = ["EXPORTERS", "export", "get_exporter"]
