"""AtlasView's library: multiresolution brain volumes, reference spaces, atlases. Knows no HTTP."""

from typing import TYPE_CHECKING, Any

from atlasview.errors import AtlasViewError
from atlasview.geometry import Box
from atlasview.opening import open_volume
from atlasview.version import __version__
from atlasview.volume import Level, Volume, read

if TYPE_CHECKING:
    from atlasview.client import Client, ServerError
    from atlasview.clientvolume import ClientVolume

__all__ = [
    "AtlasViewError",
    "Box",
    "Client",
    "ClientVolume",
    "Level",
    "ServerError",
    "Volume",
    "__version__",
    "open_volume",
    "read",
]

_CLIENT = ("Client", "ClientVolume", "ServerError")


def __getattr__(name: str) -> Any:
    # The client's HTTP machinery is loaded when somebody asks for it.
    if name in _CLIENT:
        from atlasview import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
