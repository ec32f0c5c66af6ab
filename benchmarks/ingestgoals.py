"""What ingest must reach beside others; see PERFORMANCE.md for where the goals come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from benchmarks.outcome import Outcome

#: How many times our CPU time a tool takes at least, by its name's beginning.
IMAGE = {"acquire-zarr": 1.3, "TensorStore": 1.5, "ome-zarr": 5.0, "ngff-zarr": 20.0}
LABELS = {"TensorStore": 1.3, "igneous": 10.0, "ngff-zarr": 10.0}
_GIB = 2**30


class Run(Protocol):
    """What one tool took; no CPU time where it did not run."""

    @property
    def tool(self) -> str: ...
    @property
    def cpu(self) -> float: ...
    @property
    def own(self) -> int: ...


def beside(what: str, runs: Sequence[Run], goals: Mapping[str, float]) -> list[Outcome]:
    """Return how many times our CPU time each tool took, of one job."""
    own = _named(runs, "AtlasView")
    if own is None:
        return []
    found = []
    for tool, least in goals.items():
        other = _named(runs, tool)
        found.append(
            Outcome(
                f"{what}, less CPU than {tool}", least, "×",
                other.cpu / own.cpu if other else None, False,
                f"{own.cpu:.2f} s", f"{tool}: {other.cpu:.2f} s" if other else "",
            )
        )  # fmt: skip
    return found


def alone(what: str, runs: Sequence[Run], seconds: float | None) -> list[Outcome]:
    """Return our memory, and where there is a limit our CPU time."""
    own = _named(runs, "AtlasView")
    if own is None:
        return []
    found = [Outcome(f"{what}, own memory", 0.35, "GiB", own.own / _GIB)]
    if seconds is not None:
        found.append(Outcome(f"{what}, CPU", seconds, "s", own.cpu))
    return found


def floor(what: str, runs: Sequence[Run]) -> list[Outcome]:
    """Return which share of our CPU time nobody could do without."""
    own, least = _named(runs, "AtlasView"), _named(runs, "floor")
    if own is None or least is None:
        return []
    return [
        Outcome(
            f"{what}, share of the floor", 0.75, "×", least.cpu / own.cpu, False,
            f"{own.cpu:.2f} s", f"floor: {least.cpu:.2f} s",
        )
    ]  # fmt: skip


def packed(plain: Run, gzip: Run, side: int) -> Outcome:
    """Return how many times the CPU time of a .nii its .nii.gz takes."""
    return Outcome(
        f"{side}³ as .nii.gz, of .nii", 2.0, "×", gzip.cpu / plain.cpu if plain.cpu else None,
        ours=f"{gzip.cpu:.2f} s", other=f".nii: {plain.cpu:.2f} s",
    )  # fmt: skip


def growth(by_side: Mapping[int, Run]) -> list[Outcome]:
    """Return what eight times the voxels cost: eight times the time, and no more memory."""
    small, large = by_side[512], by_side[1024]
    return [
        Outcome(
            "1024³ of 8 × 512³, CPU", 1.1, "×", large.cpu / (8 * small.cpu),
            ours=f"{large.cpu:.2f} s", other=f"512³: {small.cpu:.2f} s",
        ),
        Outcome(
            "1024³ of 512³, own memory", 1.1, "×", large.own / small.own,
            ours=f"{large.own / _GIB:.2f} GiB", other=f"512³: {small.own / _GIB:.2f} GiB",
        ),
    ]  # fmt: skip


def _named(runs: Sequence[Run], tool: str) -> Run | None:
    return next((run for run in runs if run.tool.startswith(tool) and run.cpu), None)
