"""Agents: recogniser + fusion + policy."""
