"""Telling how far an ingest is: to a person at a terminal, or to a program."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any, Protocol, TextIO


class Progress(Protocol):
    """Is told, now and then, how far the work is. Called from one thread at a time."""

    def __call__(self, level: int, done: int, total: int) -> None:
        """Take note.

        Parameters
        ----------
        level : int
            That has just been written.
        done, total : int
            Voxels of all levels. The first call tells what an earlier run had done.
        """
        ...


class Counter:
    """Adds up what the tasks have written, and tells it.

    Parameters
    ----------
    done, total : int
        Voxels.
    progress : Progress, optional
    """

    def __init__(self, done: int, total: int, progress: Progress | None) -> None:
        self._done, self._total, self._progress = done, total, progress
        self._lock = threading.Lock()
        self.add(0, 0)

    def add(self, level: int, voxels: int) -> None:
        """Count voxels of a level; fewer than none where a task was lost that had written some."""
        with self._lock:
            self._done += voxels
            if self._progress is not None:
                self._progress(level, self._done, self._total)


class Rate:
    """Voxels a second and seconds left, of this run only."""

    def __init__(self) -> None:
        self._start: tuple[float, int] | None = None

    def __call__(self, done: int, total: int) -> tuple[float, float | None]:
        """Return voxels a second, and seconds left where that can be told."""
        now = time.monotonic()
        if self._start is None:
            self._start = (now, done)
        since, before = self._start
        speed = (done - before) / (now - since) if now > since else 0.0
        return speed, (total - done) / speed if speed > 0 else None


class _Lines:
    """One JSON object a line.

    Parameters
    ----------
    stream : text file, optional
        Standard output where not given.
    interval : float
        Seconds between lines; the first and the last are always written.
    """

    def __init__(self, stream: TextIO | None = None, interval: float = 0.5) -> None:
        self._stream, self._interval = stream or sys.stdout, interval
        self._last = float("-inf")

    def write(self, line: dict[str, Any], *, last: bool) -> None:
        """Write a line, if it is time for one."""
        now = time.monotonic()
        if last or now - self._last >= self._interval:
            self._last = now
            print(json.dumps(line), file=self._stream, flush=True)


class _Bar:
    """A bar at a terminal, shown from the first call until the work is done or `close` is called.

    Parameters
    ----------
    title : str
    console : rich.console.Console, optional
        Standard error where not given.
    """

    def __init__(self, title: str, console: Any = None) -> None:
        self._title, self._console = title, console
        self._bar: Any = None

    @property
    def shown(self) -> bool:
        """Whether it is on the screen."""
        return self._bar is not None

    def move(self, done: float, total: float, words: str, left: float | None) -> None:
        """Move the bar, and show it where it is not."""
        if self._bar is None:
            self._bar = started_bar(self._console)
            self._task = self._bar.add_task(self._title, total=total, words="")
        if left is not None and done < total:
            minutes, seconds = divmod(round(left), 60)
            words += f"  {minutes}:{seconds:02d} left"
        self._bar.update(self._task, completed=done, total=total, words=words)
        if done >= total:
            self.close()

    def close(self) -> None:
        """Leave the bar as it is, and give the terminal back."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


class JsonProgress(_Lines):
    """One JSON object a line: ``level, done, total, voxels_per_second, seconds_left``.

    Where there are several volumes, ``volume`` tells which.
    """

    def __init__(
        self, stream: TextIO | None = None, interval: float = 0.5, *, volume: str | None = None
    ) -> None:
        super().__init__(stream, interval)
        self._rate, self._told = Rate(), {} if volume is None else {"volume": volume}

    def __call__(self, level: int, done: int, total: int) -> None:
        """Write a line, if it is time for one."""
        speed, left = self._rate(done, total)
        line = {
            **self._told,
            "level": level,
            "done": done,
            "total": total,
            "voxels_per_second": round(speed),
            "seconds_left": None if left is None else round(left, 1),
        }
        self.write(line, last=done >= total)


class BarProgress(_Bar):
    """A bar at a terminal, moved by the voxels that are done."""

    def __init__(self, title: str = "Ingesting", console: Any = None) -> None:
        super().__init__(title, console)
        self._rate = Rate()

    def __call__(self, level: int, done: int, total: int) -> None:
        """Move the bar."""
        if not self.shown:
            self._rate = Rate()
        speed, left = self._rate(done, total)
        self.move(done, total, f"level {level}  {speed / 1e6:.0f} million voxels/s", left)


def started_bar(console: Any = None) -> Any:
    """Return a bar of ours, already shown; on standard error where no console is given."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[words]}"),
        console=console or Console(stderr=True),
    )
    bar.start()
    return bar


def make(kind: str, volume: str | None = None) -> Progress:
    """Return a way of telling progress: ``bar`` for a person, ``json`` for a program.

    Parameters
    ----------
    kind : {"bar", "json"}
    volume : str, optional
        Id of the one that is at work, where there are several.
    """
    if kind == "json":
        return JsonProgress(volume=volume)
    return BarProgress(volume or "Ingesting")


class SurfaceJson(_Lines):
    """One JSON object a line: ``surfaces, total, seconds_left``."""

    def __init__(self, stream: TextIO | None = None, interval: float = 0.5) -> None:
        super().__init__(stream, interval)
        self._left = _Left()

    def __call__(self, done: int, total: int, share: float) -> None:
        """Write a line, if it is time for one."""
        left = self._left(share)
        seconds = None if left is None else round(left, 1)
        line = {"surfaces": done, "total": total, "seconds_left": seconds}
        self.write(line, last=done >= total)


class SurfaceBar(_Bar):
    """A bar at a terminal, moved by the share of the work that is done."""

    def __init__(self, console: Any = None) -> None:
        super().__init__("Surfaces", console)
        self._left = _Left()

    def __call__(self, done: int, total: int, share: float) -> None:
        """Move the bar."""
        if not self.shown:
            self._left = _Left()
        left = self._left(share)
        self.move(1.0 if done >= total else share, 1.0, f"{done} of {total}", left)


class RowBar(_Bar):
    """A bar at a terminal, moved by the rows that are done."""

    def __init__(self, title: str, console: Any = None) -> None:
        super().__init__(title, console)
        self._left = _Left()

    def __call__(self, done: int, total: int) -> None:
        """Move the bar."""
        self.move(done, total, f"{done:,} rows", self._left(done / max(total, 1)))


class _Left:
    """Seconds left, of this run only, from the share of the work that is done."""

    def __init__(self) -> None:
        self._start: tuple[float, float] | None = None

    def __call__(self, share: float) -> float | None:
        now = time.monotonic()
        if self._start is None:
            self._start = (now, share)
        since, before = self._start
        return (1 - share) * (now - since) / (share - before) if share > before else None
