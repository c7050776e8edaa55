"""Any stable-baselines3 algorithm on beliefs: here A2C on the agent that `activevision demo` trained."""

from pathlib import Path

import numpy as np
from gymnasium import spaces
from stable_baselines3 import A2C

from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.policies.policy_input import policy_input
from activevision.agents.sb3 import SB3VecEnv
from activevision.commands.train import load_trained

FOLDER = Path("runs/demo/agent")

agent, world, facts = load_trained(FOLDER)
beliefs = BeliefVectorEnv(world.make("val", 16), agent.recogniser, agent.fusion(facts["fusion"]))
size = policy_input(beliefs.reset(seed=0)[0]).shape[1]
vec_env = SB3VecEnv(beliefs, policy_input, spaces.Box(-np.inf, np.inf, (size,), np.float32))
model = A2C("MlpPolicy", vec_env, verbose=1, device="cpu", seed=0)
model.learn(5_000, log_interval=20)
