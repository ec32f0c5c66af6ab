"""How many views and sets one address may make: else somebody fills the disk with them."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

from starlette.requests import Request

from atlasview.errors import AtlasViewError

_HOUR = 3600.0
#: Addresses remembered; the one that asked longest ago is forgotten first.
_MOST = 10_000


class TooManyError(AtlasViewError):
    """One address made more than it may."""

    def __init__(self, limit: int, wait: int) -> None:
        super().__init__(
            f"{limit} views and annotation sets in an hour are made from one address at most; "
            f"ask again in {wait} seconds."
        )
        self.limit = limit
        self.wait = wait


class Allowance:
    """What each address may still make; it grows back steadily, a whole one in an hour.

    Each worker counts for itself. Programs on the server's own machine are not counted, so neither
    is who comes through a proxy there that does not say for whom it asks. A page of another site is
    counted wherever its visitor is: who serves to themselves did not ask it to write.

    Parameters
    ----------
    limit : int
        In an hour; 0 for no limit.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str | None, now: float | None = None, *, foreign: bool = False) -> None:
        """Count one that is to be made.

        Parameters
        ----------
        address : str or None
            Of who asks; None is counted as one address.
        foreign : bool
            Whether a page of another site asks, in somebody's browser.
        now : float, optional
            In seconds.

        Raises
        ------
        TooManyError
        """
        if self._limit == 0 or (_is_here(address) and not foreign):
            return
        moment = time.monotonic() if now is None else now
        who = _who(address)
        rate = self._limit / _HOUR
        with self._lock:
            left, then = self._left.pop(who, (float(self._limit), moment))
            left = min(float(self._limit), left + (moment - then) * rate)
            allowed = left >= 1
            self._left[who] = (left - allowed, moment)
            while len(self._left) > _MOST:
                self._left.popitem(last=False)
        if not allowed:
            raise TooManyError(self._limit, max(1, int((1 - left) / rate + 1)))


def is_foreign(request: Request) -> bool:
    """Tell whether a page of another site asks, as browsers say it."""
    origin = request.headers.get("origin")
    return origin is not None and origin != f"{request.url.scheme}://{request.url.netloc}"


def _is_here(address: str | None) -> bool:
    try:
        return ip_address(address or "").is_loopback
    except ValueError:
        return False


def _who(address: str | None) -> str:
    """Return whom an address stands for: of IPv6 one network, in which a person chooses freely."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        return str(int(found) >> 64)
    return str(found)
