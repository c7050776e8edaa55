"""Drawings of the report, one file each."""
