"""How OpenAPI describes the stored arrays: plain ASGI apps, which FastAPI cannot see."""

from __future__ import annotations

from typing import Any

from tileserver.documents import NOT_MODIFIED, PROBLEM_RESPONSES, path_parameters

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_JSON = {"schema": {"type": "object"}}
_RANGE = {
    "name": "Range",
    "in": "header",
    "required": False,
    "description": "`bytes=first-last`: one range; without it the whole object.",
    "schema": {"type": "string"},
}


def _part(name: str, text: str, example: str) -> dict[str, Any]:
    schema = {"type": "string", "example": example}
    return {"name": name, "in": "path", "required": True, "description": text, "schema": schema}


def _stored(name: str, summary: str, text: str) -> dict[str, Any]:
    part = _part(
        "object",
        "Path of a stored object below the root; it may hold slashes.",
        "zarr.json",
    )
    content = {"application/json": _JSON, "application/octet-stream": _BYTES}
    return {
        "get": {
            "tags": ["stored arrays"],
            "summary": summary,
            "description": text,
            "operationId": name,
            "parameters": [*path_parameters("volume"), part, _RANGE],
            "responses": {
                "200": {"description": "The object.", "content": content},
                "206": {
                    "description": "The range of it that was asked for.",
                    "content": content,
                    "headers": {
                        "Content-Range": {
                            "description": "bytes first-last/length",
                            "schema": {"type": "string"},
                        }
                    },
                },
                **NOT_MODIFIED,
                **PROBLEM_RESPONSES,
            },
        }
    }


def _precomputed(
    name: str, summary: str, text: str, parts: list[dict[str, Any]], content: dict[str, Any]
) -> dict[str, Any]:
    return {
        "get": {
            "tags": ["stored arrays"],
            "summary": summary,
            "description": text,
            "operationId": name,
            "parameters": [*path_parameters("volume"), *parts],
            "responses": {
                "200": {"description": "It.", "content": content},
                **NOT_MODIFIED,
                **PROBLEM_RESPONSES,
            },
        }
    }


MOUNTED: dict[str, Any] = {
    "/zarr/{volume}/{object}": _stored(
        "get_zarr_object",
        "A stored object of the OME-Zarr",
        "Return the stored bytes as they are. The root for Zarr readers is `/zarr/{volume}`; its "
        "first object is `zarr.json` (or, where the volume is kept in Zarr v2, `.zattrs`). Axes "
        "are z, y, x, unless the volume is served where it lies.\n\nA chunk that holds nothing but "
        "the fill value may be absent: a 404, as Zarr has it. `{volume}@{digest}` pins what the "
        "volume holds now: kept for good, and 410 once it was replaced.",
    ),
    "/chunks/{volume}/{object}": _stored(
        "get_chunk_object",
        "An object of the OME-Zarr without its shards",
        "The same array as `/zarr/{volume}`, each chunk an object of its own that a browser "
        "caches.",
    ),
    "/precomputed/{volume}/info": _precomputed(
        "get_precomputed_info",
        "The volume as Neuroglancer precomputed",
        "Return the `info` of the format. The root for its readers is `/precomputed/{volume}`, "
        "lossless; `/precomputed/{volume}.jpeg` is the lossy face of 8-bit images. Resolutions are "
        "in nm, axes x, y, z.\n\nThe format counts whole voxels from its origin, so the first "
        "voxel stands there. `atlasview.affine` of the answer says where it is in the world, and "
        "`atlasview.transform` is what Neuroglancer takes as the source's transform. OME-Zarr "
        "needs neither.",
        [],
        {"application/json": _JSON},
    ),
    "/precomputed/{volume}/{scale}/{chunk}": _precomputed(
        "get_precomputed_chunk",
        "One chunk of the precomputed volume",
        "Return one chunk of the grid that `info` tells; every chunk is there.",
        [
            _part("scale", "Key of a scale of `info`.", "0"),
            _part("chunk", "`x0-x1_y0-y1_z0-z1`, half-open.", "0-64_0-64_0-64"),
        ],
        {"application/octet-stream": _BYTES, "image/jpeg": _BYTES},
    ),
    "/precomputed/{volume}/mesh/{object}": _precomputed(
        "get_precomputed_mesh",
        "Surfaces of the regions as Neuroglancer meshes",
        "Return `info`, the manifest `{segment}.index`, or the fragments `{segment}` of a mesh in "
        "`neuroglancer_multilod_draco` form.",
        [_part("object", "`info`, `{segment}.index` or `{segment}`.", "info")],
        {"application/json": _JSON, "application/octet-stream": _BYTES},
    ),
}
