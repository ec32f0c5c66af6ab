"""What was on the screen, and when: frames of a browser as they came."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

#: So much of what is bright in the end must be there for a picture to mean something.
_MEANINGFUL = 0.5
#: Two frames are the same picture when no more than this share of pixels differs by so much.
_SAME, _DIFFERS = 0.001, 12.0
_DARK, _BRIGHT = 16.0, 48.0


@dataclass
class Frames:
    """Frames of one page, each with its time in seconds since the epoch."""

    times: list[float] = field(default_factory=list)
    pictures: list[np.ndarray] = field(default_factory=list)

    def take(self, event: dict[str, Any]) -> None:
        """Keep a frame that Chromium's screencast sends."""
        with Image.open(io.BytesIO(base64.b64decode(event["data"]))) as image:
            grey = image.convert("L")
        self.times.append(float(event["metadata"]["timestamp"]))
        self.pictures.append(np.asarray(grey))

    def first_meaningful(self, began: float, top: float, left: float) -> float:
        """Return after how many seconds the brain was to be seen at first.

        Parameters
        ----------
        began : float
            When the page was asked for.
        top, left : float
            Share of the window above and beside the map, which does not count.
        """
        last = self._map(-1, top, left)
        bright = last > _BRIGHT
        for i in range(len(self.times)):
            now = self._map(i, top, left)
            # A bare page of a light ground is no brain.
            dark_too = (now[last < _DARK] < _BRIGHT).mean() if (last < _DARK).any() else 1.0
            if (now[bright] > _BRIGHT / 2).mean() >= _MEANINGFUL and dark_too >= _MEANINGFUL:
                return self.times[i] - began
        raise RuntimeError("no brain was seen")

    def complete(self, began: float, top: float, left: float) -> float:
        """Return after how many seconds the picture no longer changed."""
        last = self._map(-1, top, left)
        done = len(self.times) - 1
        while done > 0 and _share(self._map(done - 1, top, left), last) < _SAME:
            done -= 1
        return self.times[done] - began

    def _map(self, index: int, top: float, left: float) -> np.ndarray:
        picture = self.pictures[index]
        height, width = picture.shape
        return picture[int(height * top) :, int(width * left) :].astype(np.float32)


def _share(a: np.ndarray, b: np.ndarray) -> float:
    return float((np.abs(a - b) > _DIFFERS).mean())
