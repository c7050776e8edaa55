"""Policies: what moves the camera."""

BASELINES = ("single", "random", "farthest", "sweep")
CEILINGS = ("all_views", "oracle")
POLICIES = (*BASELINES, "ppo", *CEILINGS)
