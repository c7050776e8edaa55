"""Embree through the C library that the ``embreex`` wheel carries. The only file that imports embreex.

embreex's own Python class traces single rays into fresh NumPy arrays. Calling the library's 16-ray packets from a
compiled loop is about twice as fast and needs no array between tracing and shading, so that is what is bound here.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char_p, c_int, c_size_t, c_uint, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import embreex
import llvmlite.binding
import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from activevision.errors import UserError

_BUFFER_INDEX, _BUFFER_VERTEX = 0, 1
_FORMAT_UINT3, _FORMAT_FLOAT3 = 0x5003, 0x9003
_GEOMETRY_TRIANGLE = 0
_FLAG_COHERENT = 1 << 16
_FEATURES_ALL = 0xFFFFFFFF


def _library_path() -> Path:
    package = Path(embreex.__file__).parent
    # where auditwheel, delvewheel and delocate put the libraries of a wheel
    for folder in (package.parent / "embreex.libs", package / ".dylibs", package):
        for path in sorted(folder.glob("*embree4*")):
            return path
    raise UserError("embreex is installed without its Embree library: pip install --force-reinstall embreex")


_path = _library_path()
_library = ctypes.CDLL(str(_path))
# Compiled loops find rtcIntersect16 by name. A name, unlike an address, may be kept in numba's cache on disk.
llvmlite.binding.load_library_permanently(str(_path))
intersect16 = types.ExternalFunction("rtcIntersect16", types.void(types.uintp, types.uintp, types.uintp, types.uintp))
"""``intersect16(valid, scene, rayhit, arguments)``: addresses of a (16,) int32 mask (64-byte aligned), the scene,
an RTCRayHit16 (64-byte aligned) and the query's arguments. Callable from numba's nopython mode."""


occluded16 = types.ExternalFunction("rtcOccluded16", types.void(types.uintp, types.uintp, types.uintp, types.uintp))
"""As ``intersect16``, but only whether a ray meets anything before TFAR: if so, its TFAR becomes −infinity."""

# Rows of an RTCRayHit16, 16 lanes of 4 bytes each (embree4/rtcore_ray.h); a vector takes three rows.
ORIGIN, TNEAR, DIRECTION, TIME, TFAR, MASK, ID, FLAGS = 0, 3, 4, 7, 8, 9, 10, 11
U, V, PRIMITIVE, GEOMETRY = 15, 16, 17, 18
MISS = np.uint32(0xFFFFFFFF)
_ROWS = 21


@njit(cache=True, nogil=True)
def new_packet() -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """An RTCRayHit16 (21, 16) and its mask (16,), aligned as Embree wants them, ready but for rays.

    A ray needs ORIGIN, DIRECTION and TFAR set and GEOMETRY set to MISS (through a uint32 view) before each query.
    """
    memory = np.empty(_ROWS * 16 + 16 + 32, np.float32)
    start = ((64 - memory.ctypes.data % 64) % 64) // 4
    rayhit = memory[start : start + _ROWS * 16].reshape(_ROWS, 16)
    rayhit[:] = 0
    rayhit.view(np.uint32)[MASK] = 0xFFFFFFFF
    valid = memory[start + _ROWS * 16 : start + _ROWS * 16 + 16].view(np.int32)
    valid[:] = -1
    return rayhit, valid


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_library, name)
    function.restype, function.argtypes = result, arguments
    return function


_new_device = _declare("rtcNewDevice", c_void_p, c_char_p)
_device_error = _declare("rtcGetDeviceError", c_int, c_void_p)
_new_scene = _declare("rtcNewScene", c_void_p, c_void_p)
_new_geometry = _declare("rtcNewGeometry", c_void_p, c_void_p, c_int)
_share_buffer = _declare(
    "rtcSetSharedGeometryBuffer", None, c_void_p, c_int, c_uint, c_int, c_void_p, c_size_t, c_size_t, c_size_t
)
_commit_geometry = _declare("rtcCommitGeometry", None, c_void_p)
_attach_geometry = _declare("rtcAttachGeometry", c_uint, c_void_p, c_void_p)
_release_geometry = _declare("rtcReleaseGeometry", None, c_void_p)
_commit_scene = _declare("rtcCommitScene", None, c_void_p)
_release_scene = _declare("rtcReleaseScene", None, c_void_p)


@cache
def _device() -> int:
    """One device for the process. Its own threads only build trees; one is enough beside the rendering threads."""
    device = _new_device(b"threads=1")
    if not device:
        raise UserError("Embree cannot start on this processor: it needs x86-64 with SSE2 or a 64-bit Arm.")
    return int(device)


@cache
def packet_arguments(coherent: bool = True) -> NDArray[np.uint64]:
    """RTCIntersectArguments; they tell Embree whether the rays of a packet run close together."""
    arguments = np.zeros(8, np.uint64)
    arguments.view(np.uint32)[:2] = _FLAG_COHERENT if coherent else 0, _FEATURES_ALL
    return arguments


class TriangleTree:
    """A committed Embree scene of one triangle mesh.

    vertices: (V, 3) float32. faces: (F, 3) integers. ``address`` is what ``intersect16`` takes.
    """

    def __init__(self, vertices: NDArray[np.float32], faces: NDArray[np.integer]):
        # Embree reads the buffers in place, 16 bytes at a time: they stay alive here and the last vertex is padded.
        self._vertices = np.zeros((len(vertices) + 1, 3), np.float32)
        self._vertices[:-1] = vertices
        self._faces = np.ascontiguousarray(faces, np.uint32)
        device = _device()
        geometry = _new_geometry(device, _GEOMETRY_TRIANGLE)
        _share_buffer(geometry, _BUFFER_VERTEX, 0, _FORMAT_FLOAT3, self._vertices.ctypes.data, 0, 12, len(vertices))
        _share_buffer(geometry, _BUFFER_INDEX, 0, _FORMAT_UINT3, self._faces.ctypes.data, 0, 12, len(self._faces))
        _commit_geometry(geometry)
        self.address = int(_new_scene(device))
        _attach_geometry(self.address, geometry)
        _release_geometry(geometry)
        _commit_scene(self.address)
        error = _device_error(device)
        if error:
            self.close()
            raise MemoryError(f"Embree could not build a tree of {len(self._faces)} triangles (error {error})")

    def close(self) -> None:
        if self.address:
            _release_scene(self.address)
            self.address = 0

    def __del__(self) -> None:
        if getattr(self, "address", 0):
            self.close()
