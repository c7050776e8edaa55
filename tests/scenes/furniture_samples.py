"""Small furniture libraries and Debian packages, written by the tests that read them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import cv2
import numpy as np

BOX = """mtllib box.mtl
v 0 0 0
v 2 0 0
v 2 1 0
v 0 1 0
v 0 0 4
v 2 0 4
v 2 1 4
v 0 1 4
vt 0 0
vt 1 0
vt 1 1
usemtl wood
f 1/1 4/2 3/3 2/1
f 5/1 6/2 7/3 8/1
f 1/1 2/2 6/3 5/1
f 4/1 8/2 7/3 3/1
f 1/1 5/2 8/3 4/1
usemtl front
f 2/1 3/2 7/3 6/1
"""
"""A box of 2 × 1 × 4 units whose red front looks towards +X, until FRONT_TO_Z turns it."""

MATERIALS = "newmtl wood\nKd 1 1 1\nmap_Kd C:\\Users\\maker\\Wood.PNG\nnewmtl front\nKd 1 0 0\n"
FRONT_TO_Z = "0 0 -1 0 1 0 1 0 0"


def png(value: int = 120) -> bytes:
    return cv2.imencode(".png", np.full((4, 4, 3), value, np.uint8))[1].tobytes()


def write_library(
    path: Path, name: str = "Sample", models: tuple[str, ...] = ("box", "nested"), shade: int = 120
) -> Path:
    """A library of boxes 50 cm wide, 30 high and 80 deep; the model "nested" lies in a zip of its own."""
    properties = [f"id=SweetHome3D#{name}Models", "license=CC0  by the \\", "   test", "# a comment"]
    with zipfile.ZipFile(path, "w") as archive:
        for number, model in enumerate(models, start=1):
            file = f"/sample/{model}.zip" if model == "nested" else f"/sample/{model}/box.obj"
            properties += [
                f"id#{number}=Sample#{model}",
                f"name#{number}=Caf\\u00e9 {model}",
                f"category#{number}=Office",
                f"model#{number}={file}",
                f"width#{number}=50",
                f"height#{number}=30",
                f"depth#{number}=80",
                f"modelRotation#{number}={FRONT_TO_Z}",
                f"creator#{number}=Someone",
            ]
            members = {"box.obj": BOX.encode(), "box.mtl": MATERIALS.encode(), "wood.png": png(shade)}
            if model == "nested":
                inner = io.BytesIO()
                with zipfile.ZipFile(inner, "w") as zipped:
                    for member, data in members.items():
                        zipped.writestr(f"deep/{member}", data)
                archive.writestr(f"sample/{model}.zip", inner.getvalue())
            else:
                for member, data in members.items():
                    archive.writestr(f"sample/{model}/{member}", data)
        archive.writestr("PluginFurnitureCatalog.properties", "\n".join(properties).encode("latin-1"))
    return path


def write_program(path: Path) -> Path:
    """A program's jar with a window of its own and, in its code, one material."""
    obj = BOX.replace("mtllib box.mtl\n", "").replace("usemtl front", "g sweethome3d_window_pane\nusemtl wood")
    materials = b"newmtl wood\nKd 0.2 0.4 0.6\n"
    properties = "id=SweetHome3D#DefaultModels\nid#1=eTeks#w\nmodel#1=/r/w.obj\nwidth#1=50\nheight#1=30\ndepth#1=80\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("com/eteks/sweethome3d/io/DefaultFurnitureCatalog.properties", properties)
        archive.writestr("r/w.obj", obj)
        constant = b"\x01" + len(materials).to_bytes(2, "big") + materials
        archive.writestr(
            "com/eteks/sweethome3d/j3d/OBJLoader.class", b"\xca\xfe\x01\x00\x06newmtl" + constant + b"\x07"
        )
    return path


def write_deb(path: Path, files: dict[str, bytes], compression: str = "xz") -> Path:
    """A Debian package with ``files`` by their paths in it."""

    def tar(content: dict[str, bytes]) -> bytes:
        data = io.BytesIO()
        with tarfile.open(fileobj=data, mode=f"w:{compression}") as archive:
            for name, body in content.items():
                info = tarfile.TarInfo(f"./{name}")
                info.size = len(body)
                archive.addfile(info, io.BytesIO(body))
        return data.getvalue()

    control = (
        f"Package: {path.name.split('_')[0]}\nVersion: 1\nArchitecture: all\nMaintainer: a\nDescription: b\n".encode()
    )
    members = {
        "debian-binary": b"2.0\n",
        f"control.tar.{compression}": tar({"control": control}),
        f"data.tar.{compression}": tar(files),
    }
    archive = b"!<arch>\n"
    for name, body in members.items():
        archive += (
            f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(body):<10}`\n".encode() + body + b"\n" * (len(body) % 2)
        )
    path.write_bytes(archive)
    return path
