"""activevision: environments, encoders, policies and figures for agents that choose what to see next.

Importing this package registers its environments with Gymnasium and imports neither torch nor a simulator.
"""

from activevision.envs.registration import register_environments

__version__ = "0.1.0"

register_environments()
