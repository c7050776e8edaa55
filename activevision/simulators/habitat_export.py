"""Our scenes as habitat-sim scene datasets on disk: one glTF file for each instance, in its own colours."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from trimesh.visual import ColorVisuals, TextureVisuals
from trimesh.visual.material import PBRMaterial

from activevision.errors import UserError
from activevision.files import atomic_write, cache_dir, digest, write_json
from activevision.progress import progress
from activevision.scenes import Material, Mesh, Scene
from activevision.scenes.srgb import LINEAR, bytes_from_linear, linear_from_srgb

SCENE_ID = "scene"
"""What the one scene of an exported dataset is called in it."""

_VERSION = 2  # part of the folder's name: goes up whenever the same scene would be written differently
_QUICK = 4_000_000  # texels that are compressed in about two seconds; more of them show a progress bar


def exported(scene: Scene, backs: bool = True) -> Path:
    """The ``*.scene_dataset_config.json`` of a scene's export in the cache, made if it is not there yet."""
    folder = cache_dir("habitat") / f"{scene.content_hash}-{digest(_VERSION, backs)}"
    if not folder.exists():
        aside = Path(tempfile.mkdtemp(prefix=".export-", dir=folder.parent))
        try:
            export_scene(scene, aside, backs)
            aside.replace(folder)
        except OSError:
            if not folder.exists():  # else another process has put the same there first
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return _dataset(folder)


def export_scene(scene: Scene, folder: Path, backs: bool = True) -> Path:
    """Write a scene as a habitat-sim scene dataset into ``folder``; returns its ``*.scene_dataset_config.json``.

    Every instance is an object whose ``semantic_id`` is the instance's id; the stage is empty. All of it is shown
    without light, so that colours are those of ``UNLIT``: a material's colour and glow are multiplied into its texture.
    The paths inside are relative: the folder can be moved, and be opened without this package.

    backs: write each triangle in both windings, because habitat-sim does not draw the backs of unlit surfaces.
    """
    instances = defaultdict(list)
    for mesh in scene.meshes:
        if len(mesh.faces):
            instances[mesh.instance].append(mesh)
    # of one width, because habitat-sim takes the first object whose name has the one that is asked for as a part
    names = {instance: f"instance-{instance:010d}" for instance in instances}
    objects = folder / "objects"
    texels = sum(mesh.material.texture.size // 3 for mesh in scene.meshes if mesh.material.texture is not None)
    with progress("Export to habitat-sim", len(names), "objects") if texels > _QUICK else nullcontext(int) as advance:
        for instance, name in names.items():
            with atomic_write(objects / f"{name}.glb") as file:
                file.write(glb(instances[instance], backs))
            config = {
                "render_asset": f"{name}.glb",
                "semantic_id": instance,
                "force_flat_shading": True,
                "COM": [0.0, 0.0, 0.0],  # else habitat-sim moves the mesh so that its middle is the origin
                "up": [0.0, 1.0, 0.0],
                "front": [0.0, 0.0, -1.0],
            }
            write_json(objects / f"{name}.object_config.json", config)
            advance(1)
    layout = {
        "stage_instance": {"template_name": "NONE"},
        "default_lighting": "no_lights",
        "object_instances": [{"template_name": name, "motion_type": "STATIC"} for name in names.values()],
    }
    write_json(folder / f"{SCENE_ID}.scene_instance.json", layout)
    paths = {
        "objects": {"paths": {".json": ["objects"]}},
        "scene_instances": {"paths": {".json": ["."]}},
    }
    write_json(_dataset(folder), paths)
    return _dataset(folder)


def glb(meshes: Sequence[Mesh], backs: bool = True) -> bytes:
    """Meshes as one binary glTF file, metres, Y up, each with its unlit colour as a texture."""
    scene = trimesh.Scene()
    for number, mesh in enumerate(meshes):
        faces = np.concatenate([mesh.faces, mesh.faces[:, ::-1]]) if backs else mesh.faces
        textured = mesh.uv is not None and mesh.material.texture is not None
        uv = np.zeros((len(mesh.vertices), 2)) if mesh.uv is None or not textured else np.nan_to_num(mesh.uv)
        image = Image.fromarray(_unlit(mesh.material, textured))
        visual = TextureVisuals(uv, PBRMaterial(baseColorTexture=image, metallicFactor=0.0, roughnessFactor=1.0))
        geometry = trimesh.Trimesh(mesh.vertices, faces, visual=visual, process=False)
        scene.add_geometry(geometry, geom_name=str(number))
    return _binary(scene)


def stage_glb(path: Path) -> Path:
    """A mesh file as binary glTF in the cache; one that is glTF already as it is, unless it has bare vertex colours.

    habitat-sim shows vertex colours only where there is a material as well, and turns no PLY file upright.
    UserError where the file cannot be read.
    """
    if path.suffix.lower() in (".glb", ".gltf") and not _bare_colours(path):
        return path.resolve()
    state = path.stat()
    copy = cache_dir("habitat") / f"{digest(_VERSION, str(path.resolve()), state.st_mtime_ns, state.st_size)}.glb"
    if not copy.exists():
        try:
            loaded = trimesh.load_scene(path, process=False)
        except Exception as error:  # trimesh's loaders raise whatever the damage happens to cause
            raise UserError(f"{path}: not a readable mesh file ({error}): export it again, best as .glb.") from error
        for geometry in loaded.geometry.values():
            if isinstance(geometry.visual, ColorVisuals):
                painted = TextureVisuals(material=PBRMaterial(baseColorFactor=(255, 255, 255, 255)))
                painted.vertex_attributes["color"] = np.asarray(geometry.visual.vertex_colors)
                geometry.visual = painted
        with atomic_write(copy) as file:
            file.write(_binary(loaded))
    return copy


def _bare_colours(path: Path) -> bool:
    """Whether a glTF file has vertices with colours and no material; False for what only habitat-sim may understand."""
    with path.open("rb") as file:
        head = file.read(20)
        binary = head[:4] == b"glTF"
        size = int.from_bytes(head[12:16], "little") if binary else -1
        try:
            tree = json.loads(file.read(size) if binary else head + file.read())
            parts = [part for mesh in tree.get("meshes", ()) for part in mesh["primitives"]]
            return any("COLOR_0" in part["attributes"] and "material" not in part for part in parts)
        except (ValueError, LookupError, AttributeError, TypeError):
            return False


def _binary(scene: trimesh.Scene) -> bytes:
    data: Any = scene.export(file_type="glb")
    return bytes(data)


def _unlit(material: Material, textured: bool) -> NDArray[np.uint8]:
    """(H, W, 3) sRGB of a surface as it looks in even light of radiance one; a single texel without texture."""
    light = np.asarray(linear_from_srgb(np.array(material.colour)) + material.glow)
    if not textured or material.texture is None:
        texels = light.reshape(1, 1, 3)
    elif material.colour == (1.0, 1.0, 1.0) and not any(material.glow):
        return material.texture
    else:
        texels = LINEAR[material.texture] * light
    return bytes_from_linear(texels)


def _dataset(folder: Path) -> Path:
    return folder / f"{SCENE_ID}.scene_dataset_config.json"
