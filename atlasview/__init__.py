"""AtlasView's library: multiresolution brain volumes, reference spaces, atlases. Knows no HTTP."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from atlasview.errors import AtlasViewError
from atlasview.version import __version__

if TYPE_CHECKING:
    from atlasview.client import Client
    from atlasview.clientline import ServerError
    from atlasview.clientvolume import ClientVolume
    from atlasview.geometry import Box
    from atlasview.opening import open_volume
    from atlasview.volume import Level, Volume, read

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

# Reading volumes and asking servers each load a library of their own, when somebody asks for it.
_HOMES = {
    "Box": "geometry",
    "Client": "client",
    "ClientVolume": "clientvolume",
    "Level": "volume",
    "ServerError": "clientline",
    "Volume": "volume",
    "open_volume": "opening",
    "read": "volume",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"atlasview.{_HOMES[name]}"), name)
