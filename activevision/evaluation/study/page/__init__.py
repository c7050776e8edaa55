"""The study's page."""
