"""Stored renders by a real habitat-sim, the scene that they show, and its way to look panoramas up in a cube map."""

from __future__ import annotations

import importlib.util
import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh

from activevision.camera import Camera, EquirectangularCamera
from activevision.geometry import from_rotation_translation
from activevision.scenes import Instance, Material, Mesh, Scene

NEEDS_HABITAT = [
    pytest.mark.habitat,
    pytest.mark.skipif(importlib.util.find_spec("habitat_sim") is None, reason="habitat-sim is not installed"),
]
FOLDER = Path(__file__).parent / "data" / "habitat"
SQUARE, NARROW, ROUND = Camera(128, 128, 90.0), Camera(96, 64, 45.0), EquirectangularCamera(128, 64)
STAGE = 1
"""Our instance id of the rooms; in the renders it is 0, which here is the background."""


@cache
def renders() -> dict[str, np.ndarray]:
    """world_from_camera (12, 4, 4), and images (12, H, W, …) named as in the folder's README."""
    with np.load(FOLDER / "reference.npz") as arrays:
        return dict(arrays)


@cache
def scene() -> Scene:
    """The rooms and the six cubes, textures at full size."""
    meshes, instances = _meshes("stage.glb", np.eye(4), STAGE), [Instance(STAGE, "stage", 1)]
    for entry in json.loads((FOLDER / "scene.json").read_text())["instances"]:
        meshes += _meshes(entry["mesh"], np.array(entry["world_from_mesh"]), entry["instance_id"])
        instances.append(Instance(entry["instance_id"], "cube", 2))
    return Scene("reference", "rooms", tuple(meshes), tuple(instances), "generated", "free to use", "")


def _meshes(file: str, world_from_mesh: np.ndarray, instance: int) -> list[Mesh]:
    loaded = trimesh.load_scene(FOLDER / file, process=False)
    meshes = []
    for node in loaded.graph.nodes_geometry:
        transform, name = loaded.graph[node]
        part = loaded.geometry[name].copy().apply_transform(world_from_mesh @ transform)
        material = Material((1.0, 1.0, 1.0), np.array(part.visual.material.baseColorTexture.convert("RGB")))
        vertices, uv = part.vertices.astype(np.float32), np.asarray(part.visual.uv, np.float32)
        meshes.append(Mesh(vertices, part.faces.astype(np.int32), uv, None, material, instance))
    return meshes


def looked_up(simulator, poses: np.ndarray, camera: EquirectangularCamera) -> dict[str, np.ndarray]:
    """rgb (N, H, W, 3) and planar depth (N, H, W) of panoramas as habitat-sim makes them, of faces by ``simulator``."""
    size = min(camera.width, camera.height)
    rays = camera.rays()
    depth = np.zeros((len(poses), camera.height, camera.width), np.float32)
    rgb = np.zeros((*depth.shape, 3), np.float32)
    for axis in range(3):
        for sign in (-1.0, 1.0):
            forward = sign * np.eye(3)[axis]
            up = np.array([0.0, 0.0, 1.0]) if axis == 1 else np.array([0.0, 1.0, 0.0])
            right = np.cross(forward, up)
            turn = from_rotation_translation(np.stack([right, up, -forward], -1), np.zeros(3))
            face = simulator.render([0] * len(poses), poses @ turn, Camera(size, size, 90.0), ("rgb", "depth"))
            ahead = rays @ forward
            own = ahead >= np.abs(rays).max(-1) - 1e-12
            scale = size / 2 / np.where(own, ahead, 1.0)
            column = (size / 2 + (rays @ right) * scale - 0.5).astype(np.float32)
            row = (size / 2 - (rays @ up) * scale - 0.5).astype(np.float32)
            for view in range(len(poses)):
                near = cv2.remap(face["depth"][view], column, row, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
                smooth = cv2.remap(face["rgb"][view], column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                depth[view][own] = near[own]
                rgb[view][own] = smooth[own]
    return {"rgb": rgb, "depth": depth}
