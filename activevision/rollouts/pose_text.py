"""Poses as lines of text: KITTI's 3×4 matrices and TUM's positions with quaternions, to be read and written.

Numbers are written with the 17 digits that give a float64 back. What is read may be separated by blanks, tabs or commas
and may have comments that begin with #; a pose with nan, inf or their Windows spelling (-1.#IND), or with a quaternion
of zeros, is one that was lost, and comes back as NaN.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from activevision.errors import UserError
from activevision.geometry import from_rotation_translation

Array = NDArray[np.float64]

_ROUNDING = 1e-2  # how far a matrix may be from a rotation: files give as few as three digits


def read_table(path: Path, columns: tuple[int, ...], header: bool = False) -> Array:
    """Rows of numbers (N, C), C one of ``columns``. ``header``: a first line that is no numbers is skipped.

    UserError names the file and line of a row that has another number of entries or something that is no number.
    """
    rows: list[list[float]] = []
    for line, words in read_words(path):
        try:
            values = [_number(word) for word in words]
        except ValueError as error:
            if header and not rows:
                header = False
                continue
            raise UserError(f"{path}, line {line}: {error}: is this the right file, and whole?") from None
        if len(values) not in columns or (rows and len(values) != len(rows[0])):
            wanted = len(rows[0]) if rows else " or ".join(map(str, columns))
            raise UserError(
                f"{path}, line {line} has {len(values)} numbers where {wanted} are expected: is the file whole?"
            )
        rows.append(values)
    return np.array(rows).reshape(-1, len(rows[0]) if rows else columns[0])


def read_words(path: Path) -> list[tuple[int, list[str]]]:
    """Line numbers and words of the lines that are not empty and no comments. UserError where it is no text file."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise UserError(f"no file {path}: is the data set complete, and this its folder?") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no text file: is this the right one, and whole?") from None
    split = ((number, line.replace(",", " ").split()) for number, line in enumerate(lines, start=1))
    return [(number, words) for number, words in split if words and not words[0].startswith("#")]


def _number(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        if "#IND" in word.upper() or "#QNAN" in word.upper() or "#INF" in word.upper():
            return float("nan")
        raise ValueError(f"{word!r} is no number") from None


def poses_from_matrices(rows: Array, path: Path) -> Array:
    """Poses (N, 4, 4) of the upper three rows (N, 12) of matrices, or of whole ones (N, 16), row by row.

    The rotations are the nearest ones to what was read. UserError names the row of a matrix that is no rigid motion.
    """
    lost = ~_finite(rows)
    upper = rows[:, :12].reshape(-1, 3, 4)
    rotation = np.where(lost[:, None, None], np.eye(3), upper[:, :, :3])
    error = np.abs(rotation @ np.swapaxes(rotation, 1, 2) - np.eye(3)).max(axis=(1, 2), initial=0.0)
    wrong = (error > _ROUNDING) | (np.linalg.det(rotation) < 0)
    if rows.shape[1] == 16:
        wrong |= ~lost & (np.abs(rows[:, 12:] - [0, 0, 0, 1]).max(axis=1) > _ROUNDING)
    if wrong.any():
        raise UserError(
            f"{path}: pose {int(np.argmax(wrong)) + 1} is no rigid motion: the file must hold world_from_camera, "
            "a right-handed rotation and a position, row by row."
        )
    return _poses(_nearest_rotation(rotation), upper[:, :, 3], lost)


def poses_from_quaternions(rows: Array) -> Array:
    """Poses (N, 4, 4) of rows (N, 7) ``tx ty tz qx qy qz qw``."""
    length = np.linalg.norm(rows[:, 3:], axis=1)
    lost = ~(_finite(rows) & (length > 1e-6))
    quaternion = np.where(lost[:, None], [0.0, 0.0, 0.0, 1.0], rows[:, 3:])
    return _poses(Rotation.from_quat(quaternion).as_matrix(), rows[:, :3], lost)


def matrix_line(pose: Array) -> str:
    """The upper three rows of a pose (4, 4) as KITTI has them."""
    return " ".join(map(number, pose[:3].ravel()))


def quaternion_line(time: float, pose: Array) -> str:
    """``time tx ty tz qx qy qz qw`` of a pose (4, 4) as TUM RGB-D has them."""
    quaternion = Rotation.from_matrix(pose[:3, :3]).as_quat(canonical=True)
    return " ".join(map(number, [time, *pose[:3, 3], *quaternion]))


def _finite(rows: Array) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(rows).all(axis=1))


def number(value: float) -> str:
    """With the 17 digits that give a float64 back."""
    return f"{value:.17g}"


def _poses(rotation: Array, position: Array, lost: NDArray[np.bool_]) -> Array:
    poses = from_rotation_translation(rotation, np.where(lost[:, None], 0.0, position))
    poses[lost] = np.nan
    return poses


def _nearest_rotation(matrix: Array) -> Array:
    left, _, right = np.linalg.svd(matrix)
    return left @ right
