"""The goals, and whether a run reached them; see PERFORMANCE.md for where they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.measure import Row


class Results:
    """Rows by job and server."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._rows = {(row.job, row.server): row for row in rows}

    def row(self, job: str, server: str) -> Row | None:
        """Return what was measured, or None."""
        found = self._rows.get((job, server))
        return found if found and found.cpu_ms is not None else None

    def cpu(self, job: str, server: str = "AtlasView") -> float | None:
        """Return CPU milliseconds a request, or None."""
        found = self.row(job, server)
        return found.cpu_ms if found else None

    def ratio(self, above: tuple[str, str], below: tuple[str, str]) -> float | None:
        """Return CPU a request of one over that of another, or None."""
        a, b = self.cpu(*above), self.cpu(*below)
        return a / b if a is not None and b else None


@dataclass(frozen=True)
class Goal:
    """One goal.

    Parameters
    ----------
    text : str
    value : callable
        From the results to what was reached; None where it was not measured.
    limit : float
    most : bool
        Whether the limit is the most there may be, or the least.
    unit : str
    """

    text: str
    value: Callable[[Results], float | None]
    limit: float
    most: bool = True
    unit: str = "×"

    def verdict(self, results: Results) -> str:
        """Return «reached», «missed» or why neither can be told."""
        value = self.value(results)
        if value is None:
            return "not measured"
        good = value <= self.limit if self.most else value >= self.limit
        return "reached" if good else "**missed**"

    def said(self, results: Results) -> str:
        """Return the value in words."""
        value = self.value(results)
        return "–" if value is None else f"{value:.3g} {self.unit}"


def _cpu(text: str, job: str, limit: float) -> Goal:
    return Goal(text, lambda r: r.cpu(job), limit, unit="ms")


def _behind(text: str, job: str, own: str, peer: str, limit: float) -> Goal:
    """At most `limit` times the peer's CPU."""
    return Goal(text, lambda r: r.ratio((job, own), (job, peer)), limit)


def _ahead(text: str, job: str, own: str, peer: str, limit: float) -> Goal:
    """At least `limit` times less CPU than the peer."""
    return Goal(text, lambda r: r.ratio((job, peer), (job, own)), limit, most=False)


_NGINX = "nginx, Range on the shard"

GOALS: tuple[Goal, ...] = (
    _cpu("256² JPEG cold ≤ 5 ms CPU", "cold", 5.0),
    _cpu("256² JPEG scrolling, 256 MB cache ≤ 1.0 ms CPU", "scroll", 1.0),
    _cpu("256² JPEG hot ≤ 0.5 ms CPU", "hot", 0.5),
    _behind("/chunks ≤ 3.5 × nginx Range", "chunks", "AtlasView /chunks", _NGINX, 3.5),
    _behind("/zarr Range ≤ 3.5 × nginx Range", "chunks", "AtlasView /zarr, Range", _NGINX, 3.5),
)
