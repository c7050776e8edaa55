"""Turn an object before the camera: a Gymnasium environment in a dozen lines. Writes episode.png."""

import gymnasium as gym
import numpy as np
from PIL import Image

import activevision  # noqa: F401  (registers the environments)

env = gym.make("activevision/ActiveObject-v0", catalogue="procedural", render_mode="rgb_array")
observation, info = env.reset(seed=3)
pictures = [env.render()]
terminated = False
env.action_space.seed(3)
while not terminated:
    observation, _, terminated, _, info = env.step(env.action_space.sample())
    pictures.append(env.render())
    print("egomotion [v, ω]:", np.round(observation["egomotion"], 2), "steps left:", int(observation["steps_left"][0]))
Image.fromarray(np.concatenate(pictures)).save("episode.png")
print(f"that was a {env.unwrapped.classes[info['label']]}; see episode.png")
