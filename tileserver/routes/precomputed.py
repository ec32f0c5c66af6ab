"""``/precomputed``: any volume as Neuroglancer precomputed, transcoded chunk by chunk when asked.

A plain ASGI app, since chunks are many. ``/precomputed/{volume}/…`` is exact;
``/precomputed/{volume}.jpeg/…`` is the lossy face of 8-bit images, ``/precomputed/{labels}.left/…``
and ``….right/…`` are labels of one hemisphere, where a volume tells hemispheres. An address may
carry the volume's digest, ``/precomputed/{volume}@{digest}/…``: then chunks never change and are
kept for good.

Every chunk of the grid is there, those of nothing but the fill value too: not every reader takes a
404 for zeros.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from functools import lru_cache
from typing import Any

import numpy as np
from isal import isal_zlib
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from atlasview.errors import NotFoundError
from atlasview.geometry import Triple
from atlasview.precomputed import (
    Face,
    encode_chunk,
    make_face,
    make_info,
    parse_chunk,
    read_chunk,
)
from atlasview.segmentproperties import make_segment_properties
from atlasview.volume import Level
from tileserver import problems
from tileserver.caching import IMMUTABLE, accepts, etag, matches, max_age
from tileserver.catalog import Served
from tileserver.params import query
from tileserver.regional import SIDES
from tileserver.routes.segmentmeshes import (
    answer_brainglobe,
    answer_mesh,
    answer_shards,
    mesh_folder,
)
from tileserver.state import State

_JPEG = "jpeg"
_KINDS = (_JPEG, *SIDES)
_PROPERTIES, _MESH, _SHARDS = "segment_properties", "mesh", "meshes"
_BRAINGLOBE = "brainglobe"
_GZIP = 31
#: Below this a body is not worth packing.
_SMALL = 1024
_MEDIA = {"jpeg": b"image/jpeg"}
StateOf = Callable[[], State]


class Precomputed:
    """An ASGI app over all volumes.

    Parameters
    ----------
    state : callable
        Gives the server's state.
    """

    def __init__(self, state: StateOf) -> None:
        self._state = state
        self._faces: dict[tuple[str, str], tuple[Served, Face]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response: Callable[[Scope, Receive, Send], Awaitable[None]] | None
        try:
            response = await self._answer(scope, send)
        except Exception as exc:
            response = problems.of(exc)
        if response is not None:
            await response(scope, receive, send)

    async def _answer(self, scope: Scope, send: Send) -> Response | None:
        state = self._state()
        if scope["method"] != "GET":  # HEAD comes as GET
            return problems.problem(
                405, "Method Not Allowed", "Volumes are read only.", {"Allow": "GET, HEAD"}
            )
        if scope["query_string"]:
            query(Request(scope), ())
        path = scope["path"].removeprefix(scope.get("root_path", "")).removeprefix("/")
        name, _, key = path.partition("/")
        name, _, pinned = name.partition("@")
        served, kind = self._served(state, name)
        passing = max_age(state.settings.max_age_seconds)
        if pinned and pinned != served.volume.digest:
            # Not 404, which a viewer would paint as empty brain.
            return problems.problem(
                410, "Gone", "This volume was written anew since; reload the page."
            )
        face = self._face(state, served, kind)
        level_key, _, address = key.partition("/")
        if key == "info":
            terminology = _terminology(state, served)
            properties = _PROPERTIES if terminology else None
            mesh = _MESH if terminology else None
            document = make_info(face, segment_properties=properties, mesh=mesh)
            return _json(scope, document, passing)
        if level_key == _SHARDS:
            control = IMMUTABLE if pinned else passing
            return await answer_shards(scope, state, served, address, control)
        if level_key == _BRAINGLOBE:
            control = IMMUTABLE if pinned else passing
            return await answer_brainglobe(scope, served, address, control)
        folder = mesh_folder(level_key)
        if folder is not None:
            control = IMMUTABLE if pinned else passing
            side = kind if kind in SIDES else None
            return await answer_mesh(scope, state, served, address, control, *folder, side=side)
        if level_key == _PROPERTIES and address == "info":
            terminology = _terminology(state, served)
            if terminology is None:
                raise NotFoundError("region table of", served.id)
            return _json(scope, make_segment_properties(terminology), passing)
        level = _level(face, level_key)
        place = parse_chunk(face, level, address) if level else None
        if level is None or place is None:
            raise NotFoundError("precomputed object", key, () if key else ("info",))
        control = IMMUTABLE if pinned else passing
        await self._send(scope, send, face, level, place, control)
        return None

    def _served(self, state: State, name: str) -> tuple[Served, str]:
        """Find the volume and which face; one that is itself called ….jpeg comes before a face."""
        volume, _, kind = name.rpartition(".")
        if kind in _KINDS and name not in state.catalog.library.volumes:
            return state.catalog.volume(volume), kind
        return state.catalog.volume(name), ""

    def _face(self, state: State, served: Served, kind: str) -> Face:
        kept = self._faces.get((served.id, kind))
        if kept is not None and kept[0] is served:
            return kept[1]
        side = None
        if kind in SIDES:
            parcellation = state.catalog.parcellation(served.id)
            halves = state.catalog.regional(parcellation).hemispheres if parcellation else None
            if halves is None:
                raise NotFoundError("volume of hemispheres for", served.id)
            side = halves, SIDES[kind]
        face = make_face(served.volume, lossy=kind == _JPEG, side=side)
        self._faces[served.id, kind] = (served, face)
        return face

    async def _send(
        self, scope: Scope, send: Send, face: Face, level: Level, place: Triple, control: str
    ) -> None:
        """Send one chunk, packed where that helps and the client takes it."""
        headers = Headers(scope=scope)
        packs = accepts(headers.get("accept-encoding"), "gzip")
        side = face.side and (face.side[0].digest, face.side[1])
        plain = etag(face.volume.digest, "precomputed", face.encoding, side, level.index, place)
        packed = f'{plain[:-1]}-gzip"'
        tags = (plain, packed) if packs else (plain,)
        asked = headers.get("if-none-match")
        for tag in tags if asked else ():
            if matches(asked, tag):
                common = _common(tag, control)
                await send({"type": "http.response.start", "status": 304, "headers": common})
                await send({"type": "http.response.body", "body": b""})
                return
        state = self._state()
        reader = state.catalog.reader

        def make() -> tuple[bytes | memoryview, bool]:
            voxels, constant = read_chunk(face, reader, level, place)
            if not packs:
                return encode_chunk(face, voxels), False
            if constant and face.encoding != "jpeg":
                value = voxels[:1, :1, :1, :1].tobytes()
                return _constant(face.encoding, face.dtype.str, voxels.shape, value), True
            body = encode_chunk(face, voxels)
            if face.volume.kind != "labels" or len(body) < _SMALL:
                return body, False
            smaller = isal_zlib.compress(body, 1, _GZIP)
            return (smaller, True) if len(smaller) < len(body) else (body, False)

        body, is_packed = await state.work.run(make)
        found = _common(packed if is_packed else plain, control)
        if is_packed:
            found.append((b"content-encoding", b"gzip"))
        found.append((b"content-type", _MEDIA.get(face.encoding, b"application/octet-stream")))
        found.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": 200, "headers": found})
        await send({"type": "http.response.body", "body": body})


@lru_cache(maxsize=256)
def _constant(encoding: str, dtype: str, shape: tuple[int, ...], value: bytes) -> bytes:
    """Pack a chunk of one value; there are many, and all alike."""
    voxels = np.broadcast_to(np.frombuffer(value, dtype), shape)
    face = Face(None, np.dtype(dtype), encoding, ())  # type: ignore[arg-type]
    return bytes(isal_zlib.compress(encode_chunk(face, voxels), 1, _GZIP))


def _common(tag: str, control: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"etag", tag.encode()),
        (b"cache-control", control.encode()),
        (b"vary", b"Accept-Encoding"),
        (b"x-content-type-options", b"nosniff"),
    ]


def _level(face: Face, key: str) -> Level | None:
    levels = face.volume.levels
    return next((level for level in levels if key == str(level.index)), None)


def _terminology(state: State, served: Served) -> Any:
    """Return the region table that a labels volume draws; None where there is none."""
    if served.volume.kind != "labels":
        return None
    parcellation = state.catalog.parcellation(served.id)
    return None if parcellation is None else parcellation.terminology


def _json(scope: Scope, payload: dict[str, Any], control: str) -> Response:
    body = json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    tag = etag(body)
    headers = {"ETag": tag, "Cache-Control": control}
    if matches(Headers(scope=scope).get("if-none-match"), tag):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
