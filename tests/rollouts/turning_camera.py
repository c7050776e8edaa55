"""A camera that turns in place inside a smooth random panorama: egomotion determines the image, in closed form."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from scipy.spatial.transform import Rotation

from activevision.camera import Camera
from activevision.geometry import egomotion, from_rotation_translation, log_se3
from activevision.protocol import Protocol

CLASSES = ("fine", "coarse")
PROTOCOL = Protocol("turning", (-30.0, 0.0, 30.0), 12, (3, 3), wrap_elevation=False, views=4, height=16, width=16)


class TurningCamera(VectorEnv):
    """Motions are those of the protocol's 3 × 3 neighbourhood; everything follows from each episode's seed."""

    metadata = {"autoreset_mode": AutoresetMode.DISABLED}  # noqa: RUF012

    def __init__(self, num_envs: int, protocol: Protocol = PROTOCOL, continuous: bool = False):
        self.num_envs = num_envs
        self.protocol, self.classes = protocol, CLASSES
        self.camera = Camera(protocol.width, protocol.height, 60.0)
        self.spec = SimpleNamespace(id="Turning-v0")
        self.entries = [SimpleNamespace(id=f"panorama-{i}", key=f"key-{i}") for i in range(1000)]
        self.continuous = continuous
        self.single_action_space = (
            gym.spaces.Box(-0.5, 0.5, (2,)) if continuous else gym.spaces.Discrete(len(protocol.motions))
        )
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, num_envs)
        self.single_observation_space = gym.spaces.Dict(
            {"rgb": gym.spaces.Box(0, 255, (protocol.height, protocol.width, 3), np.uint8)}
        )
        self._rays = self.camera.unproject(np.ones((protocol.height, protocol.width)))

    def reset(self, *, seed: Any = None, options: Any = None) -> tuple[dict, dict]:
        generators = [np.random.default_rng(s) for s in seed]
        draws = [(g.integers(3), g.integers(12), g.integers(1000)) for g in generators]
        self._viewpoints = np.array([d[:2] for d in draws])
        self._angles = np.radians(np.array([[30.0 * (d[0] - 1), 30.0 * d[1]] for d in draws]))
        self._scenes = np.array([d[2] for d in draws])
        self._labels = self._scenes % 2
        self._pose = self._poses()
        self._step = 0
        return self._observe(self._pose)

    def step(self, actions: np.ndarray) -> tuple[dict, np.ndarray, np.ndarray, np.ndarray, dict]:
        assert self._step < self.protocol.views - 1, "stepped past the end"
        before = self._pose
        if self.continuous:
            self._angles = self._angles + actions
        else:
            self._viewpoints = self.protocol.move(self._viewpoints, actions)
            self._angles = np.radians(30.0 * (self._viewpoints - [1, 0]))
        self._pose = self._poses()
        self._step += 1
        observation, info = self._observe(before)
        over = np.full(self.num_envs, self._step == self.protocol.views - 1)
        return observation, np.zeros(self.num_envs), over, np.zeros(self.num_envs, bool), info

    def _poses(self) -> np.ndarray:
        turn = Rotation.from_rotvec(self._angles[:, 1:] * [0.0, 1.0, 0.0])
        tilt = Rotation.from_rotvec(self._angles[:, :1] * [1.0, 0.0, 0.0])
        return from_rotation_translation((turn * tilt).as_matrix(), np.zeros((self.num_envs, 3)))

    def _observe(self, before: np.ndarray) -> tuple[dict, dict]:
        motion = egomotion(before, self._pose)
        directions = np.einsum("nij,hwj->nhwi", self._pose[:, :3, :3], self._rays)
        directions = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
        rgb = np.stack([panorama(scene, d) for scene, d in zip(self._scenes, directions, strict=True)])
        observation = {
            "rgb": rgb,
            "egomotion": log_se3(motion).astype(np.float32),
            "proprioception": self._angles[:, :1].astype(np.float32),
            "steps_left": np.full((self.num_envs, 1), self.protocol.views - 1 - self._step, np.int32),
        }
        info = {
            "pose": self._pose,
            "egomotion": motion,
            "label": self._labels,
            "scene_id": np.array([f"panorama-{s}" for s in self._scenes], object),
            "viewpoint": self._viewpoints,
        }
        return observation, info


def panorama(scene: int, directions: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 colours of unit directions (H, W, 3): three random waves a channel, finer for even scenes."""
    generator = np.random.default_rng([int(scene), 7])
    waves = generator.normal(size=(3, 3, 3)) * (4.0 if scene % 2 == 0 else 1.5)
    phases = generator.uniform(0, 2 * np.pi, (3, 3))
    values = np.cos(np.einsum("hwi,cki->hwck", directions, waves) + phases).sum(-1) / 6 + 0.5
    return np.round(values * 255).astype(np.uint8)
