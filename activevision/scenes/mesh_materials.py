"""What a mesh file says about the look of a surface, as colour, texture and triangles that are there or not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from trimesh.visual.material import PBRMaterial, SimpleMaterial

from activevision.scenes.scene import Material, Mesh

TEXTURE_SIZE = 256
"""Textures of objects are shrunk to this many pixels a side: views are small, and a catalogue holds hundreds."""

_PALETTE = 64  # colours that vertex or face colours are reduced to, each a mesh of its own
_CUT_OUT_LEVELS = 3  # a face with a partly transparent texture is cut into at most 4^3 pieces
_CUT_OUT_FACES = 200_000  # and all pieces of a surface together stay near this
_INSIDE = np.array(  # barycentric coordinates of the points that decide whether a piece shows
    [[1, 1, 1], [2.4, 0.3, 0.3], [0.3, 2.4, 0.3], [0.3, 0.3, 2.4], [0.2, 1.4, 1.4], [1.4, 0.2, 1.4], [1.4, 1.4, 0.2]]
) / np.array(3.0)


def surface_look(
    material: Any, size: int = TEXTURE_SIZE
) -> tuple[tuple[float, float, float], float, NDArray[np.uint8] | None]:
    """Colour (sRGB), opacity and texture (H, W, 4) of a trimesh material; the texture is None without a whole image.

    The texture is shrunk to at most ``size`` pixels a side.
    """
    if isinstance(material, PBRMaterial):
        return _pbr_look(material, size)
    if not isinstance(material, SimpleMaterial):
        return Material().colour, 1.0, None
    image = _pixels(material.image, size)
    colour = np.asarray(material.diffuse, np.float64)[:3] / 255
    if image is not None and colour.max() < 0.02:
        colour = np.ones(3)  # exporters write Kd 0 0 0 beside a texture that is to be seen as it is
    return _rgb(colour), _mtl_opacity(material.kwargs), image


def flat_colours(mesh: Mesh, face_colours: NDArray[np.number]) -> list[tuple[Mesh, float]]:
    """The mesh split by colour of its faces (F, 4), 0 to 255, into at most 64 meshes with their opacity."""
    rgba = np.clip(np.round(face_colours), 0, 255).astype(np.uint8)
    image = Image.fromarray(np.ascontiguousarray(rgba[None, :, :3])).quantize(_PALETTE, Image.Quantize.MEDIANCUT)
    index = np.asarray(image)[0]
    parts = []
    for colour in np.unique(index):
        chosen = index == colour
        used, faces = np.unique(mesh.faces[chosen], return_inverse=True)
        part = replace(
            mesh,
            vertices=mesh.vertices[used],
            faces=faces.reshape(-1, 3).astype(np.int32),
            normals=None if mesh.normals is None else mesh.normals[used],
            material=Material(_rgb(rgba[chosen, :3].mean(0) / 255)),
        )
        parts.append((part, float(rgba[chosen, 3].mean()) / 255))
    return parts


def cut_out(mesh: Mesh, alpha: NDArray[np.uint8]) -> Mesh:
    """The textured mesh without what its texture's ``alpha`` (H, W) makes transparent, as leaves drawn on a quad.

    Faces that are transparent in part are cut at the middles of their edges, again and again, until a piece spans a few
    texels; then the pieces that do not show are dropped.
    """
    if mesh.uv is None or alpha.min() >= 128:
        return mesh
    columns = [mesh.vertices, mesh.uv] if mesh.normals is None else [mesh.vertices, mesh.uv, mesh.normals]
    pieces = np.hstack(columns)[mesh.faces]  # (F, 3 corners, 5 or 8)
    kept = []
    for level in range(_CUT_OUT_LEVELS + 1):
        uv = pieces[..., 3:5]
        shown = _alpha_at(alpha, np.einsum("kc,fcd->fkd", _INSIDE, uv)) >= 128
        span = (np.ptp(uv, axis=1) * alpha.shape[::-1]).max(1)  # texels
        cut = np.where(shown.any(1), ~shown.all(1) & (span > 4), span > 16)
        if level == _CUT_OUT_LEVELS or 4 * np.count_nonzero(cut) > _CUT_OUT_FACES:
            cut = np.zeros_like(cut)
        kept.append(pieces[~cut & (shown.mean(1) >= 0.5)])
        if not cut.any():
            break
        a, b, c = np.moveaxis(pieces[cut], 1, 0)
        ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
        pieces = np.concatenate([np.stack(p, 1) for p in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    corners = np.concatenate(kept).reshape(-1, pieces.shape[-1])
    normals = None
    if mesh.normals is not None:
        length = np.linalg.norm(corners[:, 5:], axis=1, keepdims=True)
        normals = corners[:, 5:] / np.maximum(length, 1e-9)
    return replace(
        mesh,
        vertices=np.ascontiguousarray(corners[:, :3]),
        faces=np.arange(len(corners), dtype=np.int32).reshape(-1, 3),
        uv=np.ascontiguousarray(corners[:, 3:5]),
        normals=normals,
    )


def _pbr_look(material: PBRMaterial, size: int) -> tuple[tuple[float, float, float], float, NDArray[np.uint8] | None]:
    rgba = np.ones(4) if material.baseColorFactor is None else np.asarray(material.baseColorFactor, np.float64) / 255
    linear = rgba[:3]  # glTF gives factors in linear light
    colour = np.where(linear < 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    image = _pixels(material.baseColorTexture, size)
    if material.alphaMode in ("BLEND", "MASK"):
        return _rgb(colour), float(rgba[3]), image
    if image is not None:
        image[..., 3] = 255
    return _rgb(colour), 1.0, image


def _rgb(colour: NDArray[np.floating]) -> tuple[float, float, float]:
    red, green, blue = (round(float(channel), 4) for channel in colour)
    return red, green, blue


def _mtl_opacity(values: dict[str, Any]) -> float:
    """Opacity by the MTL keys ``d`` and ``Tr``, its complement; opaque where they hold no number."""
    try:
        if values.get("d"):
            return float(values["d"][-1])
        if values.get("tr"):
            return 1.0 - float(values["tr"][-1])
    except ValueError:
        return 1.0
    return 1.0


def _pixels(image: Image.Image | None, size: int) -> NDArray[np.uint8] | None:
    """(H, W, 4) of at most ``size`` a side; None where there is no image or its data are damaged."""
    if image is None:
        return None
    try:
        image.draft("RGB", (2 * size, 2 * size))  # a JPEG is decoded no larger than it has to be
        pixels = np.array(image.convert("RGBA"))
    except (OSError, SyntaxError, ValueError):
        return None
    if pixels[..., 3].min() == 0 and pixels[..., 3].max() > 0:
        pixels = _bleed(pixels)
    scale = size / max(pixels.shape[:2])
    if scale < 1:
        width, height = (max(1, round(side * scale)) for side in pixels.shape[1::-1])
        pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return pixels


def _bleed(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """RGBA with the colour of wholly transparent pixels taken from the nearest one that shows.

    What editors leave there, often white, would come through at the rims when the texture is shrunk or filtered.
    """
    hidden = (pixels[..., 3] == 0).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(hidden, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    shown = np.zeros((int(nearest.max()) + 1, 3), np.uint8)
    shown[nearest[hidden == 0]] = pixels[hidden == 0][:, :3]
    return np.dstack([shown[nearest], pixels[..., 3]])


def _alpha_at(alpha: NDArray[np.uint8], uv: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Nearest alpha (...) at texture coordinates (..., 2), repeating as textures do."""
    height, width = alpha.shape
    column = np.floor((uv[..., 0] % 1.0) * width).astype(np.int64) % width
    row = np.floor(((1.0 - uv[..., 1]) % 1.0) * height).astype(np.int64) % height
    return alpha[row, column]
