"""Ids that cannot be guessed, and keys that are kept only as their digest."""

from __future__ import annotations

import hashlib
import hmac
import secrets

#: 32 characters that are not taken for one another; an id is a slug, and reads well aloud.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 13


def new_id() -> str:
    """Return an id of 65 random bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))


def new_key() -> str:
    """Return a key of 192 random bits, told once."""
    return secrets.token_urlsafe(24)


def digest(key: str) -> str:
    """Return what is kept of a key.

    A key is as random as the digest is long: nothing is won by salting it or by making it slow.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def opens(key: str | None, kept: str | None) -> bool:
    """Tell whether a key is the one of which this was kept."""
    return key is not None and kept is not None and hmac.compare_digest(digest(key), kept)
