"""Answer with a rectangle of a slice at any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from atlasview.geometry import OrthogonalPlane
from atlasview.picture import Picture
from atlasview.pictures import draw_scaling
from atlasview.scaling import Scaling, scaling_grid
from atlasview.style import Style
from tileserver.answers import answer_picture
from tileserver.catalog import Served
from tileserver.state import State


async def answer_scaling(
    request: Request,
    state: State,
    served: Served,
    plane: OrthogonalPlane,
    scaling: Scaling,
    style: Style,
    encoding: str,
    place: object,
    finish: Callable[[Picture], Picture] = lambda picture: picture,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a drawn rectangle, from the client's own copy where it has one.

    Raises
    ------
    InvalidParameterError
        There is no such encoding, or it would blur labels.
    """
    volume, reader = served.volume, state.catalog.reader
    limit = state.settings.max_read_voxels
    across, down = scaling_grid(volume.levels[scaling.level], plane, scaling).mm_per_pixel
    return await answer_picture(
        request,
        state,
        served,
        style,
        encoding,
        (plane.name, scaling, place),
        lambda ink: finish(draw_scaling(reader, volume, plane, scaling, style, ink, limit)),
        {
            "X-Level": str(scaling.level),
            "X-Plane": plane.name,
            "X-Mm-Per-Pixel": f"{across:.9g},{down:.9g}",
            **(headers or {}),
        },
    )
