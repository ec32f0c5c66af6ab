"""``/docs``: the OpenAPI document as a page, with nothing fetched from elsewhere.

FastAPI's own page loads Swagger UI from a network of others; here its files come from a package
that is installed with the server.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from atlasview.errors import NotFoundError
from tileserver.caching import document_answer, json_answer

router = APIRouter(include_in_schema=False)
_PACKAGE = "fastapi_swagger.resources"
_HTML, _JS, _CSS = "text/html; charset=utf-8", "text/javascript", "text/css"

# Addresses are relative, so that the page works under a path too.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AtlasView: the HTTP interface</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="operations"></div>
<noscript>
This page needs JavaScript; the document itself is <a href="openapi.json">openapi.json</a>.
</noscript>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """"use strict";
window.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#operations",
  deepLinking: true,
  displayRequestDuration: true,
  // No badge: it would send the document to a validator elsewhere.
  validatorUrl: null,
});
"""
_FILES = {"swagger-ui-bundle.js": _JS, "swagger-ui.css": _CSS, "start.js": _JS}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/openapi.json")
async def get_document(request: Request) -> Response:
    """Answer with the document itself; under a path it says where it stands."""
    document: dict[str, Any] = request.app.openapi()
    root = request.scope.get("root_path", "")
    if root:
        document = {**document, "servers": [{"url": root}]}
    return json_answer(request, document)


@router.get("/docs")
async def get_docs(request: Request) -> Response:
    """Answer with the page."""
    response = document_answer(request, _PAGE.encode(), _HTML)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    return response


@router.get("/docs/{file}")
async def get_docs_file(request: Request, file: str) -> Response:
    """Answer with one file of the page."""
    if file not in _FILES:
        raise NotFoundError("file of the page", file, sorted(_FILES))
    response = document_answer(request, _read(file), _FILES[file])
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@cache
def _read(file: str) -> bytes:
    if file == "start.js":
        return _START.encode()
    return (resources.files(_PACKAGE) / file).read_bytes()
