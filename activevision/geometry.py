"""Poses and egomotion: SE(3) as 4×4 float64 matrices named ``a_from_b``.

Frames are right-handed with Y up; a camera looks along its −Z with +X to the right (OpenGL, glTF, habitat-sim).
Lengths are metres, angles radians. Every function takes any number of leading batch axes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

Array = NDArray[np.float64]


def invert(a_from_b: ArrayLike) -> Array:
    """``b_from_a`` of rigid transforms (..., 4, 4), by transposition rather than a general inverse."""
    a_from_b = np.asarray(a_from_b, dtype=np.float64)
    rotation = np.swapaxes(a_from_b[..., :3, :3], -1, -2)
    return from_rotation_translation(rotation, -(rotation @ a_from_b[..., :3, 3:])[..., 0])


def from_rotation_translation(rotation: ArrayLike, translation: ArrayLike) -> Array:
    """Rigid transforms (..., 4, 4) from rotation matrices (..., 3, 3) and translations (..., 3)."""
    rotation, translation = np.asarray(rotation, np.float64), np.asarray(translation, np.float64)
    batch = np.broadcast_shapes(rotation.shape[:-2], translation.shape[:-1])
    transform = np.zeros((*batch, 4, 4))
    transform[..., :3, :3] = rotation
    transform[..., :3, 3] = translation
    transform[..., 3, 3] = 1.0
    return transform


def egomotion(world_from_camera_t: ArrayLike, world_from_camera_t1: ArrayLike) -> Array:
    """``camera_t_from_camera_t1`` (..., 4, 4): the motion from t to t+1, expressed in the camera's frame at t."""
    return invert(world_from_camera_t) @ np.asarray(world_from_camera_t1, np.float64)


def log_se3(transform: ArrayLike) -> Array:
    """Twist ``[v, ω]`` (..., 6) of rigid transforms (..., 4, 4): the SE(3) logarithm.

    ‖ω‖ ≤ π. At exactly half a turn the axis has two equally valid signs; SciPy's choice is kept.
    """
    transform = np.asarray(transform, dtype=np.float64)
    batch = transform.shape[:-2]
    flat = transform.reshape(-1, 4, 4)
    rotation_vector = Rotation.from_matrix(flat[:, :3, :3]).as_rotvec()
    velocity = np.linalg.solve(_left_jacobian(rotation_vector), flat[:, :3, 3:])[..., 0]
    return np.concatenate([velocity, rotation_vector], axis=-1).reshape(*batch, 6)


def exp_se3(twist: ArrayLike) -> Array:
    """Rigid transforms (..., 4, 4) of twists ``[v, ω]`` (..., 6): the SE(3) exponential."""
    twist = np.asarray(twist, dtype=np.float64)
    flat = twist.reshape(-1, 6)
    rotation = Rotation.from_rotvec(flat[:, 3:]).as_matrix()
    translation = (_left_jacobian(flat[:, 3:]) @ flat[:, :3, None])[..., 0]
    return from_rotation_translation(rotation, translation).reshape(*twist.shape[:-1], 4, 4)


def orbit_pose(elevation: ArrayLike, azimuth: ArrayLike, distance: ArrayLike) -> Array:
    """``world_from_camera`` (..., 4, 4) of a camera on a sphere round the origin, looking at the origin.

    ``elevation`` in [−π/2, π/2] is the height above the horizon, ``azimuth`` turns about +Y from +Z towards +X; both in
    radians. The rotation is built from the two angles, so it is defined at the poles too, where azimuth becomes roll.
    """
    elevation, azimuth, distance = np.broadcast_arrays(
        np.asarray(elevation, np.float64), np.asarray(azimuth, np.float64), np.asarray(distance, np.float64)
    )
    turn = Rotation.from_rotvec(azimuth.reshape(-1, 1) * [0.0, 1.0, 0.0])
    tilt = Rotation.from_rotvec(elevation.reshape(-1, 1) * [-1.0, 0.0, 0.0])
    rotation = (turn * tilt).as_matrix().reshape(*elevation.shape, 3, 3)
    return from_rotation_translation(rotation, rotation[..., :, 2] * distance[..., None])


def look_at(eye: ArrayLike, target: ArrayLike, up: ArrayLike = (0.0, 1.0, 0.0)) -> Array:
    """``world_from_camera`` (..., 4, 4) of cameras at ``eye`` (..., 3) that look at ``target`` (..., 3).

    Raises ValueError where the view direction is parallel to ``up`` or the two points coincide.
    """
    eye, target = np.broadcast_arrays(np.asarray(eye, np.float64), np.asarray(target, np.float64))
    back = eye - target
    right = np.cross(np.asarray(up, np.float64), back)
    length = np.linalg.norm(right, axis=-1, keepdims=True)
    if np.any(length < 1e-9):
        raise ValueError("look_at: the view direction is zero or parallel to `up`; choose another `up`.")
    right = right / length
    back = back / np.linalg.norm(back, axis=-1, keepdims=True)
    return from_rotation_translation(np.stack([right, np.cross(back, right), back], axis=-1), eye)


def rotation_angle(transform: ArrayLike) -> Array:
    """Angle (...) in radians, in [0, π], of the rotations in (..., 4, 4)."""
    transform = np.asarray(transform, dtype=np.float64)
    vectors = Rotation.from_matrix(transform.reshape(-1, 4, 4)[:, :3, :3]).as_rotvec()
    return np.linalg.norm(vectors, axis=-1).reshape(transform.shape[:-2])


def _left_jacobian(rotation_vector: Array) -> Array:
    """V(ω) (N, 3, 3) with exp([v, ω]) = (R(ω), V(ω) v)."""
    angle = np.linalg.norm(rotation_vector, axis=-1)[:, None, None]
    skew = np.zeros((*rotation_vector.shape, 3))
    skew[:, 2, 1], skew[:, 0, 2], skew[:, 1, 0] = rotation_vector.T
    skew[:, 1, 2], skew[:, 2, 0], skew[:, 0, 1] = -rotation_vector.T
    small = angle < 1e-4  # below this the quotients lose digits and their Taylor series is exact in float64
    safe = np.where(small, 1.0, angle)
    first = np.where(small, 0.5 - angle**2 / 24, (1 - np.cos(safe)) / safe**2)
    second = np.where(small, 1 / 6 - angle**2 / 120, (safe - np.sin(safe)) / safe**3)
    return np.eye(3) + first * skew + second * (skew @ skew)
