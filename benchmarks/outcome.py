"""Goals and what became of them, gathered from all benchmarks into one table."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.table import markdown

#: Names the file to which each benchmark adds its outcomes, one JSON object a line.
FILE = "BENCH_OUTCOMES"


@dataclass(frozen=True)
class Outcome:
    """One goal.

    Parameters
    ----------
    goal : str
        What is measured.
    limit : float
    unit : str
        Of the limit and of what was reached: ``×`` is a ratio.
    value : float, optional
        What was reached; None where it was not measured.
    most : bool
        Whether the limit is the most there may be, or the least.
    ours, other : str
        The figures that a ratio is of, with whose they are.
    """

    goal: str
    limit: float
    unit: str = "×"
    value: float | None = None
    most: bool = True
    ours: str = ""
    other: str = ""

    @property
    def verdict(self) -> str:
        """Return «reached», «missed», or that it cannot be told."""
        if self.value is None:
            return "not measured"
        good = self.value <= self.limit if self.most else self.value >= self.limit
        return "reached" if good else "**missed**"

    @property
    def cells(self) -> list[str]:
        """Return it as a row of the table."""
        sign = "≤" if self.most else "≥"
        reached = "–" if self.value is None else f"{self.value:.3g} {self.unit}"
        return [
            self.goal, f"{sign} {self.limit:.4g} {self.unit}", self.ours or reached, self.other,
            reached, self.verdict,
        ]  # fmt: skip


def table(outcomes: Sequence[Outcome]) -> str:
    """Return outcomes as Markdown."""
    header = ["what", "goal", "AtlasView", "peer or limit", "reached", "verdict"]
    return markdown(header, [outcome.cells for outcome in outcomes])


def keep(outcomes: Sequence[Outcome]) -> None:
    """Add outcomes to the file that the environment names; without one, do nothing."""
    path = os.environ.get(FILE)
    if path is None:
        return
    with Path(path).open("a") as file:
        file.writelines(json.dumps(asdict(outcome)) + "\n" for outcome in outcomes)


def kept(path: Path) -> list[Outcome]:
    """Read what benchmarks have added to a file."""
    if not path.exists():
        return []
    return [Outcome(**json.loads(line)) for line in path.read_text().splitlines()]
