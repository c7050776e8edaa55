"""The benchmark's page."""
