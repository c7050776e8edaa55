"""Policies: what moves the camera."""

BASELINES = ("single", "random", "farthest", "sweep")
POLICIES = (*BASELINES, "ppo", "all_views", "oracle")
