"""Any stable-baselines3 algorithm on beliefs: here A2C on the agent that `activevision demo` trained."""

from pathlib import Path

import numpy as np
from gymnasium import spaces
from stable_baselines3 import A2C

from activevision.agents.agent import Agent
from activevision.agents.belief_env import BeliefVectorEnv
from activevision.agents.policies.ppo import policy_input
from activevision.agents.sb3 import SB3VecEnv
from activevision.commands.choices import SceneChoice, make_env
from activevision.commands.train import AGENT
from activevision.files import read_json
from activevision.protocol import Protocol

FOLDER = Path("runs/demo/agent")

facts = read_json(FOLDER / AGENT)
protocol = Protocol.from_json(facts["protocol"])
agent = Agent.load(FOLDER, protocol)
env = make_env(SceneChoice(**facts["scenes"]).catalogue(), "val", protocol, 16)
beliefs = BeliefVectorEnv(env, agent.recogniser, agent.fusion(facts["fusion"]))
size = policy_input(beliefs.reset(seed=0)[0]).shape[1]
vec_env = SB3VecEnv(beliefs, policy_input, spaces.Box(-np.inf, np.inf, (size,), np.float32))
model = A2C("MlpPolicy", vec_env, verbose=1, device="cpu", seed=0)
model.learn(5_000, log_interval=20)
