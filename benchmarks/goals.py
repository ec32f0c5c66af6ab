"""The goals, and whether a run reached them; see PERFORMANCE.md for where they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from benchmarks.jobs.growth import VOLUMES
from benchmarks.measure import Row
from benchmarks.outcome import Outcome


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


Subject = tuple[str, str]


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
    own, other : tuple of str, optional
        Job and server of the two figures that a ratio is of.
    """

    text: str
    value: Callable[[Results], float | None]
    limit: float
    most: bool = True
    unit: str = "×"
    own: Subject | None = None
    other: Subject | None = None

    def outcome(self, results: Results) -> Outcome:
        """Return what became of it."""
        return Outcome(
            self.text, self.limit, self.unit, self.value(results), self.most,
            _figure(results, self.own), _figure(results, self.other, named=True),
        )  # fmt: skip


def _figure(results: Results, subject: Subject | None, *, named: bool = False) -> str:
    cpu = results.cpu(*subject) if subject else None
    if subject is None or cpu is None:
        return ""
    return f"{subject[1]}: {cpu:.3g} ms" if named else f"{cpu:.3g} ms"


def _cpu(text: str, job: str, limit: float) -> Goal:
    return Goal(text, lambda r: r.cpu(job), limit, unit="ms")


def _behind(text: str, job: str, own: str, peer: str, limit: float) -> Goal:
    """At most `limit` times the peer's CPU."""
    mine, other = (job, own), (job, peer)
    return Goal(text, lambda r: r.ratio(mine, other), limit, own=mine, other=other)


def _ahead(text: str, job: str, own: str, peer: str, limit: float) -> Goal:
    """At least `limit` times less CPU than the peer."""
    mine, other = (job, own), (job, peer)
    return Goal(text, lambda r: r.ratio(other, mine), limit, most=False, own=mine, other=other)


def _peak(text: str, server: str, limit: float) -> Goal:
    def value(results: Results) -> float | None:
        row = results.row("memory", server)
        return row.peak / 1e6 if row else None

    return Goal(text, value, limit, unit="MB")


def _growth(results: Results, *, by_chunk: bool) -> float | None:
    """Return what a tile costs in the dearest volume over what it costs in the smallest."""
    rows = [results.row("sizes", name) for name in VOLUMES]
    costs = [
        row.cpu_ms / (row.chunks if by_chunk else 1)
        for row in rows
        if row is not None and row.cpu_ms
    ]
    return max(costs) / costs[0] if len(costs) == len(VOLUMES) else None


def _scaling(results: Results) -> float | None:
    one, two = (results.row("workers", f"{n} worker{s}") for n, s in (("one", ""), ("two", "s")))
    if one is None or two is None or max(one.others, two.others) > _QUIET:
        return None
    return two.rate / one.rate


#: Cores that others may use while one worker is compared with two.
_QUIET = 0.15
_NGINX = "nginx, Range on the shard"
_NG = "Neuroglancer Python, decoded"
_ANY = "any plane 512², cold"
_CACHE = 256 * 2**20 / 1e6

GOALS: tuple[Goal, ...] = (
    _cpu("256² JPEG, cold, CPU", "cold", 5.0),
    _ahead("256² JPEG, cold, beside titiler.xarray", "cold", "AtlasView", "titiler.xarray", 10),
    _ahead("256², cold, beside xpublish-tiles", "cold", "AtlasView", "xpublish-tiles, PNG", 10),
    _cpu("256² JPEG, scrolling, 256 MB cache, CPU", "scroll", 1.0),
    _cpu("256² JPEG, hot, CPU", "hot", 0.5),
    _ahead("256² JPEG, hot, beside iipsrv with a TIFF", "hot", "AtlasView", "iipsrv, TIFF", 1),
    _ahead("… beside large_image with a TIFF", "hot", "AtlasView", "large_image, TIFF", 1),
    _ahead("512² scrolling, beside large_image", "double-scroll", "AtlasView", "large_image", 6),
    _ahead("512² at random, beside large_image", "double", "AtlasView", "large_image", 1),
    _behind("/chunks, of nginx Range", "chunks", "AtlasView /chunks", _NGINX, 3.5),
    _behind("/zarr by Range, of nginx Range", "chunks", "AtlasView /zarr, Range", _NGINX, 3.5),
    _ahead("/chunks, beside Neuroglancer's server", "chunks", "AtlasView /chunks", _NG, 6),
    _ahead("/precomputed decoded, beside the same", "decoded", "AtlasView", _NG, 1.5),
    _behind("any plane 512², cold, of orthogonal", "planes", _ANY, "orthogonal 512², cold", 3),
    _ahead("… less than the bounding box", "planes", _ANY, "bounding box by hand 512², no HTTP", 4),
    Goal(
        "any plane 256², hot, CPU",
        lambda r: r.cpu("planes", "any plane 256², hot"),
        2.5,
        unit="ms",
    ),
    Goal("two workers on two cores, of one", _scaling, 1.8, most=False),
    Goal("a tile, from 512³ to a brain at 1 µm", partial(_growth, by_chunk=False), 1.2),
    Goal("… by chunk touched", partial(_growth, by_chunk=True), 1.2),
    _peak("memory, 64 clients, 256 MB cache", "64 clients, 256²", 220 + 1.3 * _CACHE),
    _peak("… with 512² tiles", "64 clients, 512²", 220 + 1.3 * _CACHE),
)


def outcomes(rows: Sequence[Row], *, measured_only: bool) -> list[Outcome]:
    """Return what became of all goals, or of those that were measured."""
    results = Results(rows)
    found = [goal.outcome(results) for goal in GOALS]
    return [outcome for outcome in found if outcome.value is not None or not measured_only]
