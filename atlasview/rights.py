"""Licences as the URIs that IIIF and others name them by."""

from __future__ import annotations

import re

_CREATIVE = re.compile(
    r"\bCC[- ]?(BY(?:-(?:NC-SA|NC-ND|NC|SA|ND))?)[- ]?([1-4]\.0)\b", re.IGNORECASE
)
_ZERO = re.compile(r"\bCC[- ]?0(?:[- ]1\.0)?\b", re.IGNORECASE)
_URI = re.compile(r"https?://[^\s<>\"]{1,500}")


def rights_uri(licence: str) -> str | None:
    """Return the URI of a licence: what the text names, or that of a Creative Commons licence.

    Parameters
    ----------
    licence : str
        As a volume says it: a URI, or a name such as ``CC-BY-4.0``.
    """
    uri = _URI.fullmatch(licence.strip())
    if uri:
        return uri.group()
    creative = _CREATIVE.search(licence)
    if creative:
        kind, version = creative.groups()
        return f"http://creativecommons.org/licenses/{kind.lower()}/{version}/"
    if _ZERO.search(licence):
        return "http://creativecommons.org/publicdomain/zero/1.0/"
    return None
