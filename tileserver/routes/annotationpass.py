"""``/api/annotations/{set}/pass``: lets a browser's image engine read a private set.

The engine asks for cells by itself, and sends no key with them. A cookie goes with them without its
help, stands in no address and in no log, and no script reads it.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response

from atlasview.errors import ForbiddenError
from tileserver.access import PASS, key_of
from tileserver.documents import PROBLEM_RESPONSES
from tileserver.markdocs import KEY
from tileserver.routes.annotations import SetId
from tileserver.routes.views import base_of
from tileserver.state import state_of

router = APIRouter(prefix="/api/annotations", tags=["annotations"], responses=PROBLEM_RESPONSES)
#: How long a pass is good, in seconds.
_GOOD = 12 * 3600


@router.post(
    "/{set}/pass",
    summary="Let this browser's engine read a private set",
    status_code=204,
    openapi_extra={"security": KEY},
)
async def make_pass(request: Request, set: SetId) -> Response:
    """Set a cookie with which `/annotations/{set}` is read for 12 hours, and nothing else is done.

    Pages of this server use it; other programs send the key itself.
    """
    state = state_of(request)
    key = key_of(request)
    if key is None:
        raise ForbiddenError("get a pass to this set", given=False)
    await state.marks.run(lambda: state.marks.sets.get(set, key))
    base = urlsplit(base_of(request))
    # In a frame of another site a cookie goes out only as such, and only over https; partitioned,
    # it goes nowhere but where it was set.
    reach = "SameSite=None; Secure; Partitioned" if base.scheme == "https" else "SameSite=Strict"
    cookie = f"{PASS}{set}={key}; Path={base.path}/annotations; Max-Age={_GOOD}; HttpOnly; {reach}"
    return Response(status_code=204, headers={"Set-Cookie": cookie, "Cache-Control": "no-store"})
