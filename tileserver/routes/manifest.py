"""``/capability-manifest.yaml``, ``/open``: how programs that list viewers open this one."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from atlasview.errors import NotFoundError
from atlasview.version import __version__
from tileserver.caching import json_answer
from tileserver.catalog import Catalog
from tileserver.documents import PROBLEM_RESPONSES
from tileserver.routes.views import base_of
from tileserver.state import state_of

router = APIRouter(tags=["embed"], responses=PROBLEM_RESPONSES)
#: How other viewers write an OME-Zarr, before and behind its address.
_BEFORE = ("zarr://", "zarr2://", "zarr3://")
_BEHIND = ("|zarr:", "|zarr2:", "|zarr3:")


@router.get(
    "/capability-manifest.yaml",
    summary="What this viewer opens, for programs that list it",
    responses={
        200: {
            "description": "The manifest.",
            "content": {"application/yaml": {"schema": {"type": "object"}}},
        }
    },
    response_class=Response,
)
async def get_manifest(request: Request) -> Response:
    """Tell what of OME-Zarr this viewer opens, as a BioImageTools capability manifest.

    Its JSON is YAML as well.
    """
    manifest = {
        "viewer": {
            "name": "AtlasView",
            "version": __version__,
            "logo": f"{base_of(request)}/icon.svg",
            "template_url": f"{base_of(request)}/open?url={{DATA_URL}}",
        },
        "capabilities": {
            "ome_zarr_versions": [0.4, 0.5],
            "compression_codecs": ["blosc", "zstd", "zlib", "lz4", "gzip"],
            "rfcs_supported": [],
            "axes": True,
            "scale": True,
            "translation": True,
            "channels": True,
            "timepoints": False,
            "labels": False,
            "hcs_plates": False,
            "bioformats2raw_layout": False,
            "omero_metadata": False,
        },
    }
    return json_answer(request, manifest, 3600, media_type="application/yaml")


@router.get(
    "/open",
    summary="The page, on the data of an address",
    status_code=307,
    response_class=RedirectResponse,
)
async def open_address(
    request: Request,
    url: Annotated[str, Query(max_length=2000, description="Address of an OME-Zarr.")],
) -> Response:
    """Lead to the page on the volume that lies at an address.

    The catalogue of the server must name that address: the server opens nothing that a request
    names, nor does the page.
    """
    found = volume_at(url, base_of(request), state_of(request).catalog)
    root = request.scope.get("root_path", "")
    return RedirectResponse(f"{root}/#v=1&vol={quote(found)}", 307)


def volume_at(url: str, base: str, catalog: Catalog) -> str:
    """Return the id of the volume that lies at an address.

    Parameters
    ----------
    url : str
        As the catalogue has it, or one of our own faces.
    base : str
        Address of this server.
    catalog : Catalog

    Raises
    ------
    NotFoundError
        The catalogue does not name it.
    """
    wanted = _plain(url)
    for name, volume in catalog.library.volumes.items():
        own = (f"{base}/{face}/{name}" for face in ("zarr", "chunks"))
        elsewhere = urlsplit(volume.location).scheme in ("http", "https", "s3", "gs")
        if wanted in own or (elsewhere and wanted == _plain(volume.location)):
            return name
    raise NotFoundError("volume in this server's catalogue at", url)


def _plain(url: str) -> str:
    for before in _BEFORE:
        url = url.removeprefix(before)
    for behind in _BEHIND:
        url = url.removesuffix(behind)
    return url.rstrip("/")
