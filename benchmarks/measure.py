"""Measure servers side by side: in turn, several rounds, CPU a request as the median."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from benchmarks.load import Ask, Load, drive, split
from benchmarks.process import NotInstalledError, Process, StartError, machine_busy

Asks = Callable[[random.Random], Iterator[Ask]]
_PROBE = 24


@dataclass(frozen=True)
class Subject:
    """One server doing one job.

    Parameters
    ----------
    name : str
    start : callable
        Starts it; raises `NotInstalledError` where it is not on this machine.
    asks : callable
        From a source of chance to requests without end.
    streams : int
        Connections at the same time.
    own : bool
        Whether every connection gets requests of its own (somebody scrolling), rather than a share.
    warm : int
        Requests sent before the clock starts.
    least : int
        Requests of a round at least.
    """

    name: str
    start: Callable[[], Process]
    asks: Asks
    streams: int = 8
    own: bool = False
    warm: int = _PROBE
    least: int = _PROBE


@dataclass
class Row:
    """What one server came to in one job.

    `cores_used` is what the server had of the processors meanwhile, `others` what all else had;
    `chunks` is how many a request touches, where that is told.
    """

    job: str
    server: str
    cpu_ms: float | None = None
    rate: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    resident: int = 0
    peak: int = 0
    count: int = 0
    body: float = 0.0
    cores_used: float = 0.0
    others: float = 0.0
    chunks: float = 0.0
    note: str = ""


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, and seconds of each."""

    rounds: int = 5
    seconds: float = 1.2


@dataclass
class _Tally:
    process: Process
    subject: Subject
    count: int
    loads: list[Load] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)


def compare(job: str, subjects: Sequence[Subject], effort: Effort) -> list[Row]:
    """Start the servers of one job and measure them in turn, on equal requests."""
    rows: list[Row] = []
    tallies: list[_Tally] = []
    with ExitStack() as stack:
        for subject in subjects:
            try:
                process = stack.enter_context(subject.start())
                tallies.append(_warm(subject, process, effort))
            except NotInstalledError as exc:
                rows.append(Row(job, subject.name, note=f"not installed: {exc}"))
            except (StartError, OSError) as exc:
                rows.append(_failed(job, subject, exc))
        for number in range(effort.rounds):
            for tally in list(tallies):
                try:
                    _round(tally, number + 1)
                except (StartError, OSError) as exc:
                    tallies.remove(tally)
                    rows.append(_failed(job, tally.subject, exc))
        done = {t.subject.name: _row(job, t) for t in tallies}
    missing = {row.server: row for row in rows}
    return [done.get(s.name) or missing[s.name] for s in subjects]


def _failed(job: str, subject: Subject, exc: Exception) -> Row:
    what = str(exc) or type(exc).__name__
    return Row(job, subject.name, note=f"failed: {what}".replace("\n", " ")[:300])


def _streams(subject: Subject, seed: int, count: int) -> list[list[Ask]]:
    if not subject.own:
        asks = list(itertools.islice(subject.asks(random.Random(seed)), count))
        return split(asks, subject.streams)
    each = max(count // subject.streams, 1)
    return [
        list(itertools.islice(subject.asks(random.Random(f"{seed}-{i}")), each))
        for i in range(subject.streams)
    ]


def _warm(subject: Subject, process: Process, effort: Effort) -> _Tally:
    """Send the first requests, then find how many fill a round."""
    _checked(drive(process.port, _streams(subject, 1000, max(subject.warm, 1))))
    probe = _checked(drive(process.port, _streams(subject, 1001, _PROBE)))
    rate = probe.count / max(probe.seconds, 1e-4)
    if rate > 500:  # too short to tell
        probe = _checked(drive(process.port, _streams(subject, 1002, 400)))
        rate = probe.count / max(probe.seconds, 1e-4)
    return _Tally(process, subject, int(min(max(rate * effort.seconds, subject.least), 20_000)))


def _round(tally: _Tally, seed: int) -> None:
    streams = _streams(tally.subject, seed, tally.count)
    before, own, all_before = tally.process.usage().cpu, time.process_time(), machine_busy()
    load = _checked(drive(tally.process.port, streams))
    used = tally.process.usage().cpu - before
    others = machine_busy() - all_before - used - (time.process_time() - own)
    tally.cpu.append(used / load.count)
    tally.others.append(max(others, 0.0) / load.seconds)
    tally.loads.append(load)


def _checked(load: Load) -> Load:
    bad = {status: n for status, n in load.statuses.items() if status not in (200, 206)}
    if bad:
        raise StartError(f"statuses {load.statuses}")
    return load


def _row(job: str, tally: _Tally) -> Row:
    usage = tally.process.usage()
    loads = tally.loads
    return Row(
        job,
        tally.subject.name,
        cpu_ms=1000 * median(tally.cpu),
        rate=median(x.count / x.seconds for x in loads),
        p50_ms=1000 * median(x.percentile(0.5) for x in loads),
        p99_ms=1000 * median(x.percentile(0.99) for x in loads),
        resident=usage.resident,
        peak=usage.peak,
        count=sum(x.count for x in loads),
        body=sum(x.received for x in loads) / sum(x.count for x in loads),
        cores_used=median(c * x.count / x.seconds for c, x in zip(tally.cpu, loads, strict=True)),
        others=median(tally.others),
    )
