"""Answer with a picture: from the client's own copy, or drawn off the event loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from atlasview.encode import ENCODERS, MEDIA_TYPES
from atlasview.errors import InvalidParameterError
from atlasview.ink import Ink
from atlasview.picture import Picture
from atlasview.style import Style
from tileserver.caching import etag, max_age, not_modified
from tileserver.catalog import Served
from tileserver.ink import ink_for
from tileserver.state import State


async def answer_picture(
    request: Request,
    state: State,
    served: Served,
    style: Style,
    encoding: str,
    place: object,
    draw: Callable[[Ink], Picture],
    headers: Mapping[str, str],
    at_hand: bool = False,
) -> Response:
    """Draw a picture of a volume and answer with it.

    Parameters
    ----------
    request : Request
    state : State
    served : Served
    style : Style
    encoding : str
        ``png``, ``jpg`` or ``webp``.
    place : object
        Where in the volume the picture is; together with volume, style and encoding it decides
        every byte.
    draw : callable
    headers : mapping
        Sent with the picture.
    at_hand : bool
        Whether drawing needs nothing that is not in memory; then it is quicker done than handed to
        a thread.

    Raises
    ------
    InvalidParameterError
        There is no such encoding, or it would blur labels.
    """
    encoder = ENCODERS.get(encoding)
    if encoder is None:
        raise InvalidParameterError("format", encoding, "it takes " + ", ".join(ENCODERS))
    if served.described and style.palette is None and style.hemisphere is None:
        ink, seal = ink_for(state.catalog, served, style)
    else:  # the first look at a volume's values or contacts reads some of it
        ink, seal = await state.work.run(lambda: ink_for(state.catalog, served, style))
    tag = etag(served.volume.digest, seal, style, encoding, place)
    control = max_age(state.settings.max_age_seconds)
    known = not_modified(request, tag, control)
    if known is not None:
        return known
    if at_hand and encoding != "webp":  # whose encoder is slow
        body = encoder(draw(ink))
    else:
        body = await state.work.run(lambda: encoder(draw(ink)), key=tag, request=request)
    return Response(
        body,
        media_type=MEDIA_TYPES[encoding],
        headers={"ETag": tag, "Cache-Control": control, **headers},
    )
