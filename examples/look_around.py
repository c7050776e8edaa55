"""Complete what was not seen: three completers without training under two policies, on objects and in rooms.

Prints mean squared errors × 1000 and writes look_around.png. The published figures of this task (Jayaraman & Grauman,
CVPR 2018) are those of networks on other scenes; these show what views are worth to the simplest completers.
"""

from dataclasses import dataclass

import gymnasium as gym
import numpy as np
import tyro
from PIL import Image

import activevision  # noqa: F401  (registers the environments)
from activevision.protocol import Protocol

ID = "activevision/LookAround-v0"
EPISODES = 4  # of every test scene


class Views:
    """The views of N episodes so far, and where they are on the grid whose column 0 is the first view's azimuth."""

    def __init__(self, protocol, observation):
        self.protocol = protocol
        rows = np.abs(observation["proprioception"][:, :1] - protocol.elevations).argmin(axis=1)
        self.places = np.stack([rows, np.zeros_like(rows)], axis=1)[:, None]  # (N, t, 2)
        self.images = observation["rgb"][:, None]  # (N, t, H, W, 3)

    def add(self, motions, observation):
        place = self.protocol.move(self.places[:, -1], motions)
        self.places = np.concatenate([self.places, place[:, None]], axis=1)
        self.images = np.concatenate([self.images, observation["rgb"][:, None]], axis=1)


@dataclass
class Completers:
    """What a training split tells about views: their mean at each elevation, and how alike they are.

    mean: (E, H, W, 3). alike: (E, E, A) covariance of views of two elevations with so many columns between them.
    """

    protocol: Protocol
    mean: np.ndarray
    alike: np.ndarray

    @classmethod
    def of(cls, protocol, grids):
        """grids: (S, E, A, H, W, 3). Which way an agent faces at first is chance, so all azimuths count alike."""
        mean = grids.mean(axis=(0, 2), dtype=np.float32)
        apart = (grids - mean[:, None]).reshape(*grids.shape[:3], -1)
        turned = (np.roll(apart, -turn, axis=2) for turn in range(protocol.azimuths))
        alike = [np.tensordot(apart, other, ((0, 2, 3), (0, 2, 3))) for other in turned]
        return cls(protocol, mean, np.stack(alike, axis=-1) / (apart.size / len(mean)))

    def paste(self, views):
        """The mean, and the seen views pasted in."""
        episode, mean = np.arange(len(views.places)), np.rint(self.mean).astype(np.uint8)
        grid = np.tile(mean[None, :, None], (len(episode), 1, self.protocol.azimuths, 1, 1, 1))
        for step in range(views.places.shape[1]):
            row, column = views.places[:, step].T
            grid[episode, row, column] = views.images[:, step]
        return grid

    def nearest(self, views):
        """Every view is the seen one from which the camera would have to turn least."""
        rotations = self.protocol.poses[..., :3, :3]
        seen = rotations[views.places[..., 0], views.places[..., 1]]
        best = np.einsum("ntij,eaij->ntea", seen, rotations).round(9).argmax(axis=1)  # traces: 1 + 2 cos(angle)
        return views.images[np.arange(len(best))[:, None, None], best]

    def linear(self, views):
        """The best linear estimate of every view from all that were seen (kriging)."""
        rows, columns = np.indices(self.protocol.grid_shape).reshape(2, -1)
        row, column = views.places[..., None, 0], views.places[..., None, 1]
        seen_row, seen_column = row.swapaxes(1, 2), column.swapaxes(1, 2)
        among = self.alike[row, seen_row, (seen_column - column) % self.protocol.azimuths]
        others = self.alike[row, rows, (columns - column) % self.protocol.azimuths]
        ridge = 1e-3 * self.alike[0, 0, 0] * np.eye(among.shape[-1])  # a view may have been seen twice
        weights = np.linalg.solve(among + ridge, others).astype(np.float32)
        apart = (views.images - self.mean[row[..., 0]]).reshape(*row.shape[:2], -1)
        filled = (weights.swapaxes(1, 2) @ apart).reshape(-1, *self.protocol.grid_shape, *self.mean.shape[1:])
        filled += self.mean[:, None]
        return np.clip(np.rint(filled, out=filled), 0, 255, out=filled).astype(np.uint8)


def vector(copies, **options):
    return gym.make_vec(ID, copies, "vector_entry_point", autoreset_mode="Disabled", **options).unwrapped


def play(env, complete, choose):
    """Errors (N,) after the first view and after the last. Every policy is given the same starts."""
    observation, _ = env.reset(seed=0, options={"scene": np.arange(env.num_envs) % len(env.entries)})
    views, errors = Views(env.protocol, observation), []
    for _ in range(env.protocol.views):
        motions = choose(env.num_envs)
        observation, _, _, _, info = env.step({"motion": motions, "prediction": complete(views)})
        errors.append(info["error"])
        views.add(motions, observation)
    return errors[0], errors[-1]


def again(motion):
    return lambda count: np.full(count, motion)


def compare(title, protocol, **scenes):
    """Print a table; returns a picture of the best completer's last prediction in one episode."""
    options = {"protocol": protocol, "catalogue_options": scenes}
    grids = []
    for split in ("train", "val", "test"):
        env = gym.make(ID, split=split, **options).unwrapped
        env.task.prepare()
        if split == "train":
            for scene in range(len(env.entries)):
                env.reset(options={"scene": scene, "viewpoint": (0, 0)})
                grids.append(env.target.copy())
        elif split == "val":
            val = vector(len(env.entries), split=split, **options)
        else:
            test = vector(len(env.entries) * EPISODES, split=split, **options)
    protocol, generator = test.protocol, np.random.default_rng(0)
    completers = Completers.of(protocol, np.stack(grids))

    def anywhere(count):
        return generator.integers(len(protocol.motions), size=count)

    far = np.flatnonzero((np.abs(protocol.motions) == np.abs(protocol.motions).max(axis=0)).any(axis=1))
    print(f"\n{title}: learnt from {len(grids)} scenes, tested on {len(test.entries)} others, T = {protocol.views}")
    print(f"{'MSE × 1000 (gain)':<22}{'one view':>10}{'random':>18}{'large action':>18}")
    for name, complete in (
        ("mean, views pasted", completers.paste),
        ("nearest view", completers.nearest),
        ("best linear estimate", completers.linear),
    ):
        one, random = play(test, complete, anywhere)
        # as published: one of the farthest motions again and again, the one that does best
        tried = [play(val, complete, again(motion))[1].mean() for motion in far]
        _, large = play(test, complete, again(far[np.argmin(tried)]))
        gains = [f"{e.mean():.2f} ({100 * (1 - e.mean() / one.mean()):.1f} %)" for e in (random, large)]
        print(f"{name:<22}{one.mean():>10.2f}{gains[0]:>18}{gains[1]:>18}")
    shown = vector(1, split="test", render_mode="rgb_array", **options)
    play(shown, completers.linear, anywhere)
    return shown.render()[0]


def main(objects_per_class: int = 8, rooms_per_class: int = 4) -> None:
    pictures = [
        compare("Objects", "look-around-32", per_class=objects_per_class),
        compare("Rooms", "look-around-scenes", per_class=rooms_per_class),
    ]
    Image.fromarray(np.concatenate(pictures)).save("look_around.png")
    print("\nsee look_around.png")


if __name__ == "__main__":
    tyro.cli(main)
