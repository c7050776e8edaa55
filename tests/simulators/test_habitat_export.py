"""What is written for habitat-sim, read back by trimesh; and the order in which its renderers are closed."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import trimesh

import activevision
from activevision.camera import Camera
from activevision.errors import UserError
from activevision.geometry import look_at
from activevision.scenes import Instance, Material, Mesh, Scene
from activevision.simulators.embree_simulator import UNLIT, EmbreeSimulator
from activevision.simulators.habitat_export import export_scene, exported, glb, stage_glb
from activevision.simulators.habitat_process import RendererStack, hushed


def quad(material, instance=1, x=0.0):
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32) + np.float32([x, 0, 0])
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
    return Mesh(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32), uv, None, material, instance)


def scene_of(*meshes):
    instances = tuple(Instance(i, "thing", 3) for i in sorted({mesh.instance for mesh in meshes}))
    return Scene("test", "test", meshes, instances, "", "", "")


def read(data):
    return list(trimesh.load_scene(trimesh.util.wrap_as_stream(data), file_type="glb", process=False).geometry.values())


@pytest.mark.parametrize(
    "material",
    [
        Material((0.8, 0.3, 0.1)),
        Material((0.2, 0.3, 0.1), glow=(0.3, 0.0, 0.9)),
        Material((0.5, 0.9, 0.7), np.full((4, 4, 3), (200, 90, 40), np.uint8)),
        Material((0.5, 0.9, 0.7), np.full((4, 4, 3), (200, 90, 40), np.uint8), glow=(0.2, 0.1, 2.0)),
        Material((1.0, 1.0, 1.0), np.full((4, 4, 3), (200, 90, 40), np.uint8)),
    ],
)
def test_the_texture_written_is_the_colour_that_unlit_embree_shows(material):
    mesh = quad(material)
    (written,) = read(glb([mesh]))
    texture = np.array(written.visual.material.baseColorTexture.convert("RGB"))
    simulator = EmbreeSimulator([scene_of(mesh)], samples=1, lighting=UNLIT, threads=1)
    shown = simulator.render([0], look_at([[0, 0, 1.0]], [0, 0, 0]), Camera(4, 4, 30.0))["rgb"][0]
    assert np.abs(texture[0, 0].astype(int) - shown.astype(int)).max() <= 1


def test_a_texture_keeps_its_way_up():
    texture = np.zeros((8, 8, 3), np.uint8)
    texture[:4] = (255, 0, 0)  # red above
    (written,) = read(glb([quad(Material((1.0, 1.0, 1.0), texture))]))
    top = written.visual.uv[np.argmax(written.vertices[:, 1])]
    assert tuple(written.visual.material.to_color(np.array([top * 0.98 + 0.01]))[0][:3]) == (255, 0, 0)


def test_every_triangle_has_its_back_unless_told_otherwise():
    mesh = quad(Material())
    (both,), (front,) = read(glb([mesh])), read(glb([mesh], backs=False))
    assert len(front.faces) == 2
    assert len(both.faces) == 4
    assert np.allclose(both.area_faces.sum(), 2 * front.area_faces.sum())
    assert np.allclose((both.face_normals * both.area_faces[:, None]).sum(0), 0)


def test_each_instance_is_an_object_with_its_id_and_its_meshes(tmp_path):
    scene = scene_of(quad(Material(), 7), quad(Material((0.1, 0.2, 0.3)), 7, 2.0), quad(Material(), 17, 4.0))
    dataset = export_scene(scene, tmp_path)
    content = json.loads((tmp_path / "scene.scene_instance.json").read_text())
    ids = {}
    for placed in content["object_instances"]:
        config = json.loads((tmp_path / "objects" / f"{placed['template_name']}.object_config.json").read_text())
        ids[config["semantic_id"]] = len(read((tmp_path / "objects" / config["render_asset"]).read_bytes()))
    assert ids == {7: 2, 17: 1}
    assert dataset == tmp_path / "scene.scene_dataset_config.json"


def test_no_object_has_a_name_that_is_part_of_another(tmp_path):
    """habitat-sim looks objects up by a part of their path, so that 1 would be found in 17."""
    export_scene(scene_of(*(quad(Material(), i) for i in (1, 17, 171, 100))), tmp_path)
    paths = [str(path) for path in (tmp_path / "objects").glob("*.object_config.json")]
    for placed in json.loads((tmp_path / "scene.scene_instance.json").read_text())["object_instances"]:
        assert sum(placed["template_name"] in path for path in paths) == 1


def test_no_path_inside_is_absolute(tmp_path):
    export_scene(scene_of(quad(Material())), tmp_path)
    assert all(str(tmp_path) not in path.read_text() for path in tmp_path.rglob("*.json"))


def test_a_scene_is_exported_once():
    scene = scene_of(quad(Material((0.31, 0.32, 0.33))))
    dataset = exported(scene)
    written = dataset.stat().st_mtime_ns
    assert exported(scene) == dataset
    assert dataset.stat().st_mtime_ns == written
    assert exported(scene, backs=False) != dataset
    assert not list(dataset.parent.parent.glob(".export-*"))


def test_a_failed_export_leaves_nothing(monkeypatch):
    import activevision.simulators.habitat_export as export

    scene = scene_of(quad(Material((0.41, 0.42, 0.43))))
    with monkeypatch.context() as patch:
        patch.setattr(export, "glb", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            exported(scene)
    assert exported(scene).is_file()
    assert not list(exported(scene).parent.parent.glob(".export-*"))


@pytest.mark.parametrize("name", ["box.ply", "box.glb", "box.gltf"])
def test_a_stage_keeps_the_bare_colours_of_its_vertices(tmp_path, name):
    box = trimesh.creation.box()
    box.visual.vertex_colors = np.tile([200, 100, 50, 255], (8, 1))
    if name == "box.gltf":
        for file, content in trimesh.Scene(box).export(file_type="gltf").items():
            (tmp_path / file).write_bytes(content)
        (tmp_path / "model.gltf").rename(tmp_path / name)
    else:
        box.export(tmp_path / name)
    copy = trimesh.load_scene(stage_glb(tmp_path / name), process=False)
    (geometry,) = copy.geometry.values()
    assert (np.asarray(geometry.visual.vertex_attributes["color"])[:, :3] == [200, 100, 50]).all()


@pytest.mark.parametrize("name", ["plain.glb", "plain.gltf", "nonsense.glb", "nonsense.gltf"])
def test_a_gltf_stage_of_other_looks_is_taken_as_it_is(tmp_path, name):
    path = tmp_path / name
    if name == "plain.glb":
        plain = trimesh.creation.box()
        plain.visual = trimesh.visual.TextureVisuals(material=trimesh.visual.material.PBRMaterial())
        plain.export(path)
    else:
        path.write_bytes(b'{"meshes": []}' if name == "plain.gltf" else b"glTF\xff nonsense")
    assert stage_glb(path) == path


def test_a_damaged_stage_is_named(tmp_path):
    (tmp_path / "damaged.ply").write_text("ply nonsense")
    with pytest.raises(UserError, match=r"damaged\.ply: not a readable mesh file"):
        stage_glb(tmp_path / "damaged.ply")


class Renderer:
    def __init__(self, name, log):
        self.name, self.log = name, log

    def close(self):
        self.log.append(self.name)


def stack_of(*names):
    stack, log = RendererStack(), []
    renderers = [Renderer(name, log) for name in names]
    for renderer in renderers:
        stack.push(renderer)
    return stack, renderers, log


def test_renderers_are_closed_latest_first():
    stack, (_, second, third), log = stack_of("first", "second", "third")
    stack.close(second)
    assert log == ["third", "second"]
    stack.close(third)
    assert log == ["third", "second"]
    stack.close_all()
    assert log == ["third", "second", "first"]
    stack.close_all()
    assert len(log) == 3


def in_a_thread(work):
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]


def test_another_thread_may_neither_render_nor_close():
    stack, (only,), log = stack_of("only")
    assert stack.forbidden() is None
    assert "thread" in in_a_thread(stack.forbidden)
    in_a_thread(lambda: stack.close(only))
    assert log == []
    stack.close(only)
    assert log == ["only"]
    assert in_a_thread(stack.forbidden) is None


def test_hushed_keeps_standard_error_of_the_process_and_puts_it_back():
    code = (
        "import os\nfrom activevision.simulators.habitat_process import hushed\n"
        "os.write(2, b'before ')\n"
        "with hushed() as said:\n    os.write(2, b'inside')\n    assert said() == 'inside'\n"
        "os.write(2, b'after')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "before after"


def test_hushed_shows_what_the_user_asks_to_see(monkeypatch, capfd):
    monkeypatch.setenv("HABITAT_SIM_LOG", "debug")
    with hushed():
        os.write(2, b"seen")
    assert capfd.readouterr().err == "seen"


def test_one_file_imports_habitat_sim():
    package = Path(activevision.__file__).parent
    lines = ("import habitat_sim", "from habitat_sim", "import magnum", "from magnum")
    files = [path.name for path in package.rglob("*.py") if any(line in path.read_text() for line in lines)]
    assert files == ["habitat.py"]


def test_without_habitat_sim_the_error_says_how_to_install_it(monkeypatch):
    from activevision.simulators import habitat

    monkeypatch.setitem(sys.modules, "habitat_sim", None)  # what Python does where a module is not installed
    habitat._habitat_sim.cache_clear()
    with pytest.raises(UserError, match=r"habitat-sim is not installed: conda install .*habitat-sim") as error:
        habitat.HabitatSimulator([])
    assert "\n" not in str(error.value)
    habitat._habitat_sim.cache_clear()
