"""Simulators that die, for a worker to survive; a module, because a child process must be able to import them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np

from activevision.errors import UserError
from activevision.simulators.simulator import SENSORS, check_sensors


class Plain:
    """Every pixel is the scene's number plus the x of the pose. Dies where x is over 1000; see ``render``."""

    def __init__(self, scenes):
        self.scenes = scenes
        self.settings = {"simulator": "mortal", "process": os.getpid()}

    def render(self, scene_ids, poses, camera, sensors=("rgb",)):
        check_sensors(sensors)
        for x in np.asarray(poses)[:, 0, 3]:
            if x == 1001:
                os.kill(os.getpid(), signal.SIGSEGV)
            if x == 1002:
                os._exit(7)
            if x == 1003:
                raise UserError("the pose 1003 is not to this simulator's liking")
            if x == 1004:
                raise KeyError("a bug")
            if x == 1005:
                raise Unsendable(lambda: None)
            if x == 1006:
                print("asleep", flush=True)
                time.sleep(60)
        values = np.asarray(scene_ids) + np.asarray(poses)[:, 0, 3]
        return {
            sensor: np.zeros((len(values), camera.height, camera.width, *SENSORS[sensor][0]), SENSORS[sensor][1])
            + values.reshape(-1, 1, 1, *[1] * len(SENSORS[sensor][0])).astype(SENSORS[sensor][1])
            for sensor in sensors
        }

    def close(self):
        if isinstance(self.scenes, Path):
            self.scenes.write_text("closed")


class Unsendable(Exception):
    def __init__(self, function):
        super().__init__("holds a function", function)


class DiesOnce(Plain):
    """Dies on its first call ever; the scenes are a file that remembers."""

    def render(self, scene_ids, poses, camera, sensors=("rgb",)):
        if not self.scenes[0].exists():
            self.scenes[0].touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().render(scene_ids, poses, camera, sensors)


class DiesOfMany(Plain):
    """Dies on batches of more than 3 views."""

    def render(self, scene_ids, poses, camera, sensors=("rgb",)):
        if len(poses) > 3:
            os._exit(9)
        return super().render(scene_ids, poses, camera, sensors)


class WrongShape(Plain):
    def render(self, scene_ids, poses, camera, sensors=("rgb",)):
        return {sensor: image[:, 1:] for sensor, image in super().render(scene_ids, poses, camera, sensors).items()}


def fails(scenes):
    raise ValueError("no such file")


def refuses(scenes):
    raise UserError("these scenes are not for this simulator: give others.")


def dies(scenes):
    os._exit(3)


class Walkable(Plain):
    """Tells where one can walk, as a name; dies of that on its first call ever if the scenes are a file's path."""

    def navigable(self, scene_id, agent):
        if agent == "deadly" or (self.scenes and isinstance(self.scenes[0], Path) and not self.scenes[0].exists()):
            if agent != "deadly":
                self.scenes[0].touch()
            os.kill(os.getpid(), signal.SIGSEGV)
        if agent == "giant":
            raise UserError(f"scene {scene_id} has no floor for a giant")
        return f"floor {scene_id} for {agent}"


class MortalEmbree:
    """The embedded simulator, which says where one can walk, and dies in its third call ever; a file counts them."""

    def __init__(self, file, scenes):
        from activevision.simulators.embree_simulator import EmbreeSimulator

        self._file, self._scenes, self._simulator = file, scenes, EmbreeSimulator(scenes, threads=1)
        self.settings, self.close = self._simulator.settings, self._simulator.close

    def render(self, *arguments):
        calls = len(self._file.read_text()) if self._file.exists() else 0
        self._file.write_text("." * (calls + 1))
        if calls == 2:
            os.kill(os.getpid(), signal.SIGSEGV)
        return self._simulator.render(*arguments)

    def navigable(self, scene_id, agent):
        from activevision.scenes.navigable import NavigableArea

        return NavigableArea.of(self._scenes[scene_id], agent)
