"""Where sources and volumes lie: a path of this machine, or an address elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from atlasview.errors import InvalidParameterError


@dataclass(frozen=True, slots=True)
class Address:
    """An ``https://``, ``http://`` or ``s3://`` address; as text, without what may be secret in it.

    Parameters
    ----------
    url : str
        May hold a name, a password, or a signature; never shown.
    """

    url: str = field(repr=False)

    def __str__(self) -> str:
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}{parts.path}"

    @property
    def scheme(self) -> str:
        """The part before ``://``."""
        return urlsplit(self.url).scheme

    @property
    def name(self) -> str:
        """The last part of its path."""
        return unquote(urlsplit(self.url).path.rstrip("/").rpartition("/")[2])

    def hide(self, text: str) -> str:
        """Return what a library says, without what may be secret in the address."""
        parts = urlsplit(self.url)
        secrets = {parts.netloc.rpartition("@")[0], parts.query, parts.fragment} - {""}
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "…")
        return text


Location = Path | Address


def locate(text: str | Path, parameter: str, *schemes: str) -> Location:
    """Tell paths from addresses.

    Parameters
    ----------
    text : str or Path
    parameter : str
        What it was given as.
    *schemes : str
        That can be used here.

    Raises
    ------
    InvalidParameterError
        It is an address of another scheme, or names nothing at all.
    """
    if not str(text).strip():
        raise InvalidParameterError(parameter, text, "it takes a path or an address")
    if isinstance(text, Path) or "://" not in text:
        return Path(text).expanduser()
    address = Address(text)
    if address.scheme not in schemes or not address.name:
        known = ", ".join(f"{scheme}://" for scheme in schemes)
        raise InvalidParameterError(parameter, address, f"it takes a path, or {known}…/NAME")
    return address
