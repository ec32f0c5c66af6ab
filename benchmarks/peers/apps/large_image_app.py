"""large_image behind one plain route; run by its own Python: ``large_image_app.py FILE PORT``."""

import sys

import large_image
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Nothing(dict[object, object]):
    """A cache that keeps nothing."""

    def __setitem__(self, key: object, value: object) -> None:
        """Forget."""


path, port = sys.argv[1:]
source = large_image.open(path, encoding="JPEG", jpegQuality=80)
# A finished tile asked for again is the job of a cache before the server, of any of them.
source.cache = Nothing()
levels = source.getMetadata()["levels"]


def tile(request: Request) -> Response:
    """Return one tile; ``up`` counts levels from the finest."""
    frame, up, x, y = (request.path_params[name] for name in ("frame", "up", "x", "y"))
    body = source.getTile(x, y, levels - 1 - up, frame=frame)
    return Response(body, media_type="image/jpeg")


app = Starlette(routes=[Route("/{frame:int}/{up:int}/{x:int}/{y:int}", tile)])
uvicorn.run(app, port=int(port), log_level="warning", access_log=False)
