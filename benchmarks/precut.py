"""Pictures cut beforehand, for servers that have no volume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import simplejpeg

from benchmarks import phantom
from benchmarks.asks import TILE
from benchmarks.data import CONTENT, once

#: About what the server takes as the default window, so that bodies are alike.
_WINDOW = (53.0, 177.0)


def jpeg_tiles(root: Path) -> Path:
    """Return a folder of 256 JPEG tiles, ``0.jpg`` to ``255.jpg``, cut from dense-1024."""

    def make(folder: Path) -> None:
        folder.mkdir()
        number = 0
        low, high = _WINDOW
        for slab in phantom.slabs(CONTENT):
            for row in range(0, CONTENT, TILE):
                for col in range(0, CONTENT, TILE):
                    tile = slab[0, row : row + TILE, col : col + TILE, None].astype(np.float32)
                    grey = np.clip((tile - low) / (high - low) * 255 + 0.5, 0, 255)
                    body = simplejpeg.encode_jpeg(grey.astype(np.uint8), 80, colorspace="GRAY")
                    (folder / f"{number}.jpg").write_bytes(body)
                    number += 1

    return once(root / "jpeg-tiles", make)
