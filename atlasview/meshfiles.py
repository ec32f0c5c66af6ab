"""Surfaces as files: PLY, GLB, and Neuroglancer's multi-resolution meshes.

References
----------
glTF 2.0; Neuroglancer, ``src/datasource/precomputed/meshes.rst``, «Multi-resolution mesh format».
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from atlasview.geometry import apply_affine
from atlasview.meshes import Mesh
from atlasview.volume import Volume

MEDIA_TYPES = {"ply": "model/ply", "glb": "model/gltf-binary"}
#: Bits of a coordinate within a surface's box.
BITS = 16
_FLOAT, _UINT, _ARRAY, _ELEMENTS = 5126, 5125, 34962, 34963


@dataclass(frozen=True, slots=True)
class Multilod:
    """One surface in several resolutions.

    Parameters
    ----------
    index : bytes
        What Neuroglancer asks for as ``ID.index``.
    data : bytes
        ``ID``: the surfaces, the finest first, each as Draco.
    """

    index: bytes
    data: bytes


def ply(mesh: Mesh, title: str = "") -> bytes:
    """Write a surface as binary PLY, in mm RAS+."""
    head = (
        "ply\nformat binary_little_endian 1.0\n"
        f"comment {' '.join(title.split())}; x, y, z in mm, RAS+\n"
        f"element vertex {len(mesh.vertices)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(mesh.faces)}\nproperty list uchar uint vertex_indices\nend_header\n"
    )
    faces = np.empty(len(mesh.faces), np.dtype([("n", "u1"), ("v", "<u4", 3)]))
    faces["n"], faces["v"] = 3, mesh.faces
    return head.encode() + mesh.vertices.astype("<f4").tobytes() + faces.tobytes()


def glb(mesh: Mesh, title: str, rgb: tuple[int, int, int]) -> bytes:
    """Write a surface as binary glTF: metres and y up, as glTF wants it, in the region's colour."""
    # x right, y superior, z posterior: a turn about x
    points = (mesh.vertices[:, [0, 2, 1]] * [1, 1, -1] / 1000).astype("<f4")
    faces = mesh.faces.astype("<u4")
    body = points.tobytes() + faces.tobytes()
    linear = [((c / 255 + 0.055) / 1.055) ** 2.4 if c > 10 else c / 255 / 12.92 for c in rgb]
    document = {
        "asset": {"version": "2.0", "generator": "AtlasView"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": title}],
        "meshes": [
            {
                "name": title,
                "primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}],
            }
        ],
        "materials": [
            {
                "pbrMetallicRoughness": {
                    "baseColorFactor": [*linear, 1.0],
                    "metallicFactor": 0.0,
                    "roughnessFactor": 0.8,
                }
            }
        ],
        "accessors": [
            {
                "bufferView": 0, "componentType": _FLOAT, "count": len(points), "type": "VEC3",
                "min": points.min(axis=0).tolist(), "max": points.max(axis=0).tolist(),
            },
            {"bufferView": 1, "componentType": _UINT, "count": faces.size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": points.nbytes, "target": _ARRAY},
            {
                "buffer": 0, "byteOffset": points.nbytes, "byteLength": faces.nbytes,
                "target": _ELEMENTS,
            },
        ],
        "buffers": [{"byteLength": len(body)}],
    }  # fmt: skip
    text = json.dumps(document, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    body += b"\0" * (-len(body) % 4)
    size = 12 + 8 + len(text) + 8 + len(body)
    return b"".join(
        [
            struct.pack("<4sII", b"glTF", 2, size),
            struct.pack("<I4s", len(text), b"JSON"), text,
            struct.pack("<I4s", len(body), b"BIN\0"), body,
        ]
    )  # fmt: skip


def multilod_info() -> dict[str, Any]:
    """Return the ``info`` of a folder of multi-resolution meshes, positions in nm."""
    return {
        "@type": "neuroglancer_multilod_draco",
        "vertex_quantization_bits": BITS,
        "transform": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
        "lod_scale_multiplier": 1,
    }


def multilod(surfaces: Sequence[Mesh], volume: Volume) -> Multilod:
    """Write a surface in several resolutions, in the coordinates of a volume's precomputed face.

    Those count from the corner of voxel 0, in nm along the volume's own axes. Each resolution is
    one piece: the box of the finest is the surface's own, that of the next twice as large, as the
    format wants it.

    Parameters
    ----------
    surfaces : sequence of Mesh
        The finest first.
    volume : Volume
    """
    import DracoPy

    size = np.array(volume.levels[0].voxel_size_mm) * 1e6
    inverse = np.linalg.inv(volume.affine)
    places = [(apply_affine(inverse, m.vertices) + 0.5) * size for m in surfaces]
    low = np.min([p.min(axis=0) for p in places], axis=0)
    high = np.max([p.max(axis=0) for p in places], axis=0)
    origin = low.astype("<f4")
    extent = np.maximum(high - origin, size).astype("<f4") * np.float32(1.0001)
    pieces = []
    for lod, (surface, place) in enumerate(zip(surfaces, places, strict=True)):
        span = extent.astype(np.float64) * 2**lod
        whole = np.round((place - origin) / span * (2**BITS - 1))
        points = np.clip(whole, 0, 2**BITS - 1).astype(np.uint32)
        pieces.append(DracoPy.encode(points, surface.faces.astype(np.uint32), compression_level=5))
    count = len(surfaces)
    scales = np.array([s.spacing_mm * 1e6 for s in surfaces], "<f4")
    parts = [
        extent.tobytes(), origin.tobytes(), struct.pack("<I", count), scales.tobytes(),
        np.zeros((count, 3), "<f4").tobytes(), np.ones(count, "<u4").tobytes(),
    ]  # fmt: skip
    for piece in pieces:
        parts += [np.zeros(3, "<u4").tobytes(), struct.pack("<I", len(piece))]
    return Multilod(b"".join(parts), b"".join(pieces))
