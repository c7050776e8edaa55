"""The command line's commands, one a file: settings as a dataclass, and ``run``, which puts the parts together.

Only ``run`` imports torch, stable-baselines3 or a simulator, so that ``--help`` is instant.
"""
