"""Draw docs/habitat_parity.png: what a real habitat-sim saw, what the embedded simulator sees, and how they differ.

    python benchmarks/habitat_parity.py

Needs no habitat-sim: its renders are stored under tests/data/habitat.
"""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap
from numpy.typing import NDArray
from PIL import Image

from activevision.simulators.embree_simulator import UNLIT, EmbreeSimulator

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import habitat_reference as reference  # noqa: E402

VIEWS = (1, 7)
INK, FAINT = "#22252a", "#6b7178"


def main() -> None:
    stored = reference.renders()
    simulator = EmbreeSimulator([reference.scene()], samples=1, lighting=UNLIT)
    poses = stored["world_from_camera"]
    ours = simulator.render([0] * len(poses), poses, reference.SQUARE, ("rgb", "depth", "instance"))
    ids = np.where(ours["instance"] == reference.STAGE, 0, ours["instance"])
    colour_off = np.abs(ours["rgb"].astype(np.float64) - stored["rgb"]).mean(-1)
    depth_off = np.abs(ours["depth"] / stored["depth"] - 1)
    plt.switch_backend("Agg")
    plt.rcParams.update({"font.family": "DejaVu Sans", "text.color": INK})
    figure, axes = plt.subplots(3, 6, figsize=(13.2, 7.4), dpi=90)
    for column, view in enumerate(VIEWS):
        left, middle, right = axes[:, 3 * column : 3 * column + 3].T
        show(left[0], stored["rgb"][view])
        show(middle[0], ours["rgb"][view])
        difference(right[0], colour_off[view], 40, f"mean {colour_off[view].mean():.1f} / 255")
        far = float(stored["depth"][view].max())
        show(left[1], stored["depth"][view], cmap="viridis", vmin=0, vmax=far)
        show(middle[1], ours["depth"][view], cmap="viridis", vmin=0, vmax=far)
        within = (depth_off[view] <= 1e-3).mean()
        difference(right[1], depth_off[view], 1e-3, f"{100 * within:.2f} % within 0.1 %")
        show(left[2], painted(stored["sem"][view]))
        show(middle[2], painted(ids[view]))
        same = ids[view] == stored["sem"][view]
        difference(right[2], (~same).astype(float), 1, f"{100 * same.mean():.2f} % equal")
        for axis, title in ((left[0], "habitat-sim"), (middle[0], "Embree"), (right[0], "difference")):
            axis.set_title(title, fontsize=13, pad=7, color=INK if axis is not right[0] else FAINT)
    for row, name in enumerate(("colour", "depth", "instance")):
        axes[row, 0].set_ylabel(name, fontsize=13, labelpad=8)
    figure.subplots_adjust(0.03, 0.07, 0.993, 0.953, 0.03, 0.14)
    for axis in axes[:, 3:].ravel():  # a gap between the two views
        box = axis.get_position()
        axis.set_position([box.x0 + 0.006, box.y0, box.width, box.height])
    within, same = (depth_off <= 1e-3).mean(), (ids == stored["sem"]).mean()
    figure.text(
        0.032,
        0.018,
        "Over all 12 views by habitat-sim 0.3.3 (Mesa), 128 × 128: depth within 0.1 % on "
        f"{100 * within:.3f} % of pixels, instances equal on {100 * same:.3f} %, "
        f"unlit colour off by {colour_off.mean():.1f} / 255.",
        fontsize=11,
        color=FAINT,
    )
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    Image.fromarray(np.ascontiguousarray(pixels)).save(ROOT / "docs" / "habitat_parity.png", optimize=True)


def show(axis: plt.Axes, image: NDArray, **options: object) -> None:
    axis.imshow(image, interpolation="nearest", **options)
    bare(axis)


def difference(axis: plt.Axes, off: NDArray, most: float, words: str) -> None:
    """How far two images (H, W) are apart, white where they agree and dark red at ``most`` and beyond."""
    axis.imshow(off, interpolation="nearest", cmap="Reds", vmin=0, vmax=most)
    axis.set_xlabel(words, fontsize=11, labelpad=4, color=INK)
    bare(axis)


def bare(axis: plt.Axes) -> None:
    axis.set_xticks([])
    axis.set_yticks([])
    for spine in axis.spines.values():
        spine.set_color("#d0d4d9")


def painted(ids: NDArray) -> NDArray:
    """Instance ids (H, W) as colours; the rooms grey."""
    palette = ListedColormap(["#c9ced6", "#e4572e", "#2e86ab", "#8ac926", "#ffca3a", "#6a4c93", "#1b998b"])
    return palette(np.where(ids == 0, 0, ids - 99))


if __name__ == "__main__":
    main()
