"""The OpenAPI document: what FastAPI finds in the routes, and what it cannot see there."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from tileserver.documents import NOT_MODIFIED
from tileserver.frames import Points
from tileserver.markdocs import BODIES
from tileserver.mounted import MOUNTED
from tileserver.shapes.common import Problem

DESCRIPTION = """Brain volumes as tiles, boxes and regions.

**Coordinates.** World coordinates are millimetres in the volume's reference space, RAS+: x to the
subject's right, y anterior, z superior. In addresses and in JSON the order is always x, y, z; numpy
arrays (`npy`, Zarr) are z, y, x. A voxel's coordinate is that of its centre. Boxes of voxels are
half-open, from 0. A `slice` counts voxels of level 0 along the plane's normal, at every zoom. The
subject's left is at the left.

**Start** with `/api/volumes` and `/api/atlases`: they give the ids, and `links` to everything else.

**Every answer.** `HEAD` works wherever `GET` does. Answers carry an `ETag`, which `If-None-Match`
sends back for a 304. Every failure is problem+json (RFC 9457) whose `detail` says what to do; 404
means absent, and only that. A parameter that is not listed, or stands twice, is a 400. Over a limit
it is a 413 that tells the limit, or a 429 or 503 with `Retry-After`.

**Keys.** Nothing is needed to read what is open to all. What makes a view or a set answers with its
keys, which travel as `Authorization: Bearer KEY`."""

_TAGS = {
    "volumes": "What volumes there are, their values, and boxes of them as files.",
    "stored arrays": "The arrays as they are stored, for readers of OME-Zarr and of Neuroglancer "
    "precomputed. Give such a reader the root: `/zarr/{volume}`, `/precomputed/{volume}`.",
    "atlases": "Regions: by name, at points, as masks and surfaces.",
    "spaces": "Reference spaces, and points carried from one to another.",
    "tiles": "Slices as tiles of a web map, for OpenLayers, Leaflet, OpenSeadragon.",
    "any plane": "Oblique planes, as single pictures, vectors or tiles.",
    "Deep Zoom": "Slices as Deep Zoom images.",
    "IIIF": "Slices by the IIIF Image API 3.0, level 2.",
    "views": "Short links to what somebody looks at.",
    "annotations": "Marks kept on the server, in sets that people share.",
    "embed": "The page in a frame of another.",
    "health": "For the operator.",
}
_REF = "#/components/schemas/"


def operation_id(route: APIRoute) -> str:
    """Name an operation as its function is named: clients that are generated call it so."""
    return route.name


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the app, made once."""
    if app.openapi_schema:
        return app.openapi_schema
    made = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        license_info={"name": "BSD-3-Clause", "identifier": "BSD-3-Clause"},
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
    )
    made["paths"] |= MOUNTED
    for item in made["paths"].values():
        if "get" in item and "health" not in item["get"]["tags"]:
            item["get"]["responses"] |= NOT_MODIFIED
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= {"Problem": _schema(Problem), "Points": Points.model_json_schema(), **BODIES}
    components["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "The edit key of a view or of a set of annotations, or the read key of "
            "a private set.",
        }
    }
    app.openapi_schema = made
    return made


def _schema(shape: Any) -> dict[str, Any]:
    return TypeAdapter(shape).json_schema(mode="serialization", ref_template=_REF + "{model}")
