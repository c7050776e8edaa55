"""A picture of each environment, made by acting in it, on scenes that need no download.

python examples/environments.py FOLDER writes active_object.png, active_scene.png, look_around.png and explore.png.
"""

import sys
from pathlib import Path

import gymnasium as gym
import numpy as np
from PIL import Image

import activevision  # noqa: F401  (registers the environments)
from activevision.protocol import get_protocol

LIVING_ROOM = 30


def play(env, seed, actions, **options):
    """Act until the episode ends or the actions do: the environment's last picture, above all views in a row."""
    observation, _ = env.reset(seed=seed, options=options)
    views, terminated = [observation["rgb"]], False
    for action in actions:
        if terminated:
            break
        observation, _, terminated, _, _ = env.step(action)
        views.append(observation["rgb"])
    return above(env.render(), views)


def above(picture, views, margin=20, gap=6):
    """The picture, and below it the views at an even size that fills its width."""
    height, width = picture.shape[:2]
    side = (width - 2 * margin + gap) // len(views) - gap
    page = Image.new("RGB", (width, height + side + margin), "white")
    page.paste(Image.fromarray(picture))
    for index, view in enumerate(views):
        page.paste(Image.fromarray(view).resize((side, side)), (margin + index * (side + gap), height))
    return np.asarray(page)


def moves(protocol, *steps):
    """Motions on a view grid by their steps in rows (up) and columns (azimuth)."""
    return [protocol.motions.tolist().index(list(step)) for step in steps]


def active_object():
    """Turn an object before the camera: from behind it could be a cup or a mug."""
    protocol = get_protocol("look-around", height=192, width=192)
    env = gym.make("activevision/ActiveObject-v0", protocol=protocol, render_mode="rgb_array")
    return play(env, 0, moves(protocol, (0, 2), (-1, 1), (1, 2)), scene=186, viewpoint=(4, 8))


def active_scene():
    """Turn in place in a room: what kind of room is it?"""
    protocol = get_protocol("look-around-scenes", height=192, width=192)
    env = gym.make("activevision/ActiveScene-v0", protocol=protocol, render_mode="rgb_array")
    turns = moves(protocol, (0, -1), (0, -2), (-1, -1), (1, -1), (0, -1))
    return play(env, 0, turns, scene=LIVING_ROOM, viewpoint=(2, 4))


def look_around():
    """Say what the whole room looks like after a few glimpses: here, everywhere like the nearest of them."""
    protocol = get_protocol("look-around-scenes")
    env = gym.make("activevision/LookAround-v0", protocol=protocol, render_mode="rgb_array")
    observation, info = env.reset(seed=0, options={"scene": LIVING_ROOM, "viewpoint": (2, 4)})
    directions = protocol.poses[..., :3, 2]
    first, seen = info["viewpoint"][1], []
    for motion in moves(protocol, (0, -2), (0, -2), (-1, -2), (1, -1), (0, 2), (0, 0)):
        row, column = info["viewpoint"]
        seen.append((directions[row, column - first], observation["rgb"]))
        nearest = np.argmax([directions @ direction for direction, _ in seen], axis=0)
        prediction = np.stack([view for _, view in seen])[nearest]
        observation, _, _, _, info = env.step({"motion": motion, "prediction": prediction})
    picture = Image.fromarray(env.render())
    return np.asarray(picture.resize((picture.width * 3 // 4, picture.height * 3 // 4), Image.Resampling.LANCZOS))


def explore():
    """Walk through a room to find a thing in it."""
    env = gym.make("activevision/Explore-v0", task="find", render_mode="rgb_array")
    keys = dict(zip("flrud.", range(6), strict=True))  # forward, left, right, up, down, stay
    env.reset(seed=4, options={"scene": LIVING_ROOM})
    for key in "lllffffflrllfflllffffffff":
        _, _, terminated, _, _ = env.step(keys[key])
        if terminated:
            break
    return env.render()


folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
for picture in (active_object, active_scene, look_around, explore):
    path = folder / f"{picture.__name__}.png"
    # 64 levels a channel, which nobody tells from 256, make files that are a third smaller
    coarse = np.rint(np.rint(picture() * (63 / 255)) * (255 / 63)).astype(np.uint8)
    Image.fromarray(coarse).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size // 1000} kB")
