"""Embree through the C library that the ``embreex`` wheel carries. The only file that imports embreex.

embreex's own Python class traces single rays into fresh NumPy arrays. Calling the library's ray packets from a
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
from numba import types
from numpy.typing import NDArray

from activevision.errors import UserError

_BUFFER_INDEX, _BUFFER_VERTEX = 0, 1
_FORMAT_UINT3, _FORMAT_FLOAT3 = 0x5003, 0x9003
_GEOMETRY_TRIANGLE = 0
_FLAG_COHERENT = 1 << 16
_FEATURES_ALL = 0xFFFFFFFF
_TREE_BYTES = 72  # a triangle in Embree's tree, measured over furnished rooms
_NATIVE = {16: 34, 8: 33, 4: 32}  # number of the device's property that tells whether it has packets of so many rays


def _library_path() -> Path:
    package = Path(embreex.__file__).parent
    # where auditwheel, delvewheel and delocate put the libraries of a wheel
    for folder in (package.parent / "embreex.libs", package / ".dylibs", package):
        for path in sorted(folder.glob("*embree4*")):
            return path
    raise UserError("embreex is installed without its Embree library: pip install --force-reinstall embreex")


_path = _library_path()
_library = ctypes.CDLL(str(_path))
# Compiled loops find functions of the library by name. A name, unlike an address, may be kept in numba's cache on disk.
llvmlite.binding.load_library_permanently(str(_path))


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_library, name)
    function.restype, function.argtypes = result, arguments
    return function


_new_device = _declare("rtcNewDevice", c_void_p, c_char_p)
_device_property = _declare("rtcGetDeviceProperty", ctypes.c_ssize_t, c_void_p, c_int)
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


def _native_lanes() -> int:
    """The widest packets that Embree traces as such here; it takes wider ones apart into single rays."""
    return next((lanes for lanes, name in _NATIVE.items() if _device_property(_device(), name) > 0), 4)


LANES = _native_lanes()
"""Rays in a packet: 16 with AVX-512, 8 with AVX2, 4 otherwise."""

_query = types.void(types.uintp, types.uintp, types.uintp, types.uintp)
intersect = types.ExternalFunction(f"rtcIntersect{LANES}", _query)
"""``intersect(valid, scene, packet, arguments)``: addresses of the packet's mask, the scene, the packet and the query's
arguments. Callable from numba's nopython mode."""
occluded = types.ExternalFunction(f"rtcOccluded{LANES}", _query)
"""As ``intersect``, but only whether a ray meets anything before ``far``: if so, its ``far`` becomes −infinity."""

MISS = np.uint32(0xFFFFFFFF)


def packet_type(*fields: tuple[str, type, int]) -> np.dtype[np.void]:
    """An RTCRayHit4, 8 or 16 (embree4/rtcore_ray.h), its mask and more ``fields``: name, type and values to a lane.

    The number of lanes is part of this type, so numba keeps loops for machines of other widths apart.
    """
    ray = [("origin", np.float32, 3), ("near", np.float32, 1), ("direction", np.float32, 3), ("time", np.float32, 1),
           ("far", np.float32, 1), ("mask", np.uint32, 1), ("id", np.uint32, 1), ("flags", np.uint32, 1)]  # fmt: skip
    hit = [("slope", np.float32, 3), ("u", np.float32, 1), ("v", np.float32, 1), ("primitive", np.uint32, 1),
           ("geometry", np.uint32, 1), ("instances", np.uint32, 2)]  # fmt: skip
    return np.dtype(
        [
            (name, kind, LANES if count == 1 else (count, LANES))
            for name, kind, count in (*ray, *hit, ("valid", np.int32, 1), *fields)
        ]
    )


def new_packet(kind: np.dtype[np.void]) -> NDArray[np.void]:
    """One packet (1,), aligned as Embree wants it, ready but for its rays.

    A ray needs ``origin``, ``direction`` and ``far`` set and ``geometry`` set to MISS before each query. ``slope`` is
    afterwards a normal of the triangle, of any length and on either side.
    """
    memory = np.zeros(kind.itemsize + 64, np.uint8)
    start = -memory.ctypes.data % 64
    packet = memory[start : start + kind.itemsize].view(kind)
    packet["mask"], packet["valid"] = 0xFFFFFFFF, -1
    return packet


@cache
def packet_arguments(coherent: bool = True) -> NDArray[np.uint64]:
    """RTCIntersectArguments; they tell Embree whether the rays of a packet run close together."""
    arguments = np.zeros(8, np.uint64)
    arguments.view(np.uint32)[:2] = _FLAG_COHERENT if coherent else 0, _FEATURES_ALL
    return arguments


class TriangleTree:
    """A committed Embree scene of one triangle mesh.

    vertices: (V, 3) float32. faces: (F, 3) integers. ``address`` is what ``intersect`` takes.
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

    @property
    def nbytes(self) -> int:
        """Memory that it holds, by estimate: Embree does not tell."""
        return self._vertices.nbytes + self._faces.nbytes + _TREE_BYTES * len(self._faces)

    def close(self) -> None:
        if self.address:
            _release_scene(self.address)
            self.address = 0

    def __del__(self) -> None:
        if getattr(self, "address", 0):
            self.close()
