"""Small recordings in the exact forms of KITTI odometry, TUM RGB-D and 7-Scenes, written without this package."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from scipy.spatial.transform import Rotation

HALF_TURN_ABOUT_X = np.diag([1.0, -1.0, -1.0, 1.0])
Y_UP_FROM_Z_UP = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])


def walk(frames: int, seed: int = 0) -> np.ndarray:
    """(N, 4, 4) smooth poses, whatever their axes mean."""
    generator = np.random.default_rng(seed)
    turns = Rotation.from_rotvec(np.cumsum(generator.normal(scale=0.05, size=(frames, 3)), axis=0))
    poses = np.tile(np.eye(4), (frames, 1, 1))
    poses[:, :3, :3] = turns.as_matrix()
    poses[:, :3, 3] = np.cumsum(generator.normal(scale=0.1, size=(frames, 3)), axis=0)
    return poses


def picture(number: int, height: int = 24, width: int = 32) -> np.ndarray:
    """(H, W, 3) uint8 RGB."""
    return np.random.default_rng([number, 5]).integers(0, 256, (height, width, 3), dtype=np.uint8)


def write_picture(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    colour = image[..., ::-1] if image.ndim == 3 else image
    assert cv2.imwrite(str(path), colour)


def write_kitti(folder: Path, poses: np.ndarray, name: str = "00", camera: str = "image_2") -> None:
    """Poses of the left grey camera, OpenCV axes. Camera 2 stands 0.06 m to the left of it, as in the data set."""
    sequence = folder / "sequences" / name
    for i in range(len(poses)):
        write_picture(sequence / camera / f"{i:06d}.png", picture(i))
    (sequence / "times.txt").write_text("".join(f"{0.1 * i:e}\n" for i in range(len(poses))))
    fx, cx, cy = 30.0, 15.25, 11.75
    shifts = {"P0": 0.0, "P1": -16.0, "P2": 0.06 * fx, "P3": -14.0}
    lines = [f"{key}: {fx:e} 0 {cx:e} {shift:e} 0 {fx:e} {cy:e} 0 0 0 1 0" for key, shift in shifts.items()]
    (sequence / "calib.txt").write_text("\n".join([*lines, "Tr: " + " ".join(["0"] * 12)]) + "\n")
    (folder / "poses").mkdir(exist_ok=True)
    np.savetxt(folder / "poses" / f"{name}.txt", poses[:, :3].reshape(-1, 12), fmt="%.17g")


def write_tum(
    folder: Path, poses: np.ndarray, lag: float = 0.004, rate: float = 30.0, start: float = 1305031098.0
) -> None:
    """Poses of the colour camera, OpenCV axes, Z up. Their clock, and depth's, run ``lag`` seconds behind colour's."""
    times = start + np.arange(len(poses)) / rate
    head = "# color images\n# file: 'a.bag'\n# timestamp filename\n"
    rgb, depth = [head], [head]
    for i, time in enumerate(times):
        write_picture(folder / "rgb" / f"{time:.6f}.png", picture(i))
        late = time + lag
        write_picture(folder / "depth" / f"{late:.6f}.png", np.full((24, 32), 5000 * (i + 1), np.uint16))
        rgb.append(f"{time:.6f} rgb/{time:.6f}.png\n")
        depth.append(f"{late:.6f} depth/{late:.6f}.png\n")
    (folder / "rgb.txt").write_text("".join(rgb))
    (folder / "depth.txt").write_text("".join(depth))
    rows = np.concatenate([times[:, None] + lag, poses[:, :3, 3], Rotation.from_matrix(poses[:, :3, :3]).as_quat()], 1)
    lines = "".join(" ".join(f"{value:.17g}" for value in row) + "\n" for row in rows)
    (folder / "groundtruth.txt").write_text("# ground truth trajectory\n# timestamp tx ty tz qx qy qz qw\n" + lines)
    (folder / "calibration.txt").write_text("30 31 15.25 11.75\n")


def write_seven_scenes(scene: Path, poses: np.ndarray, sequence: str = "seq-01") -> None:
    folder = scene / sequence
    for i, pose in enumerate(poses):
        write_picture(folder / f"frame-{i:06d}.color.png", picture(i, 48, 64))
        depth = np.full((48, 64), 1500, np.uint16)
        depth[:2] = 65535
        write_picture(folder / f"frame-{i:06d}.depth.png", depth)
        lines = ("\t".join(f"{value:.17e}" for value in row) + "\t \n" for row in pose)
        (folder / f"frame-{i:06d}.pose.txt").write_text("".join(lines))
    (scene / "TrainSplit.txt").write_text("sequence1\n")
    (scene / "TestSplit.txt").write_text("sequence2\n")
