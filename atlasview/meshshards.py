"""Multi-resolution surfaces in few files: Neuroglancer's sharded format, written and read.

References
----------
Neuroglancer, ``src/datasource/precomputed/sharded.rst``; ``meshes.rst``, «Sharded representation»:
the bytes of a surface lie right before its manifest, which is the chunk that the shard knows.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from atlasview.errors import StorageError
from atlasview.insidefile import open_inside
from atlasview.meshfiles import Multilod
from atlasview.store import MAX_METADATA_BYTES

_ENTRY = 16
#: Surfaces whose places one reader learns at a time, and bytes of one file, about.
_IN_MINISHARD, _SHARD_BYTES = 64, 256 << 20
_U64 = np.dtype("<u8")
#: Bits of a segment that choose a file, or a place in it: more say nothing that makes sense.
MOST_BITS = 32


@dataclass(frozen=True, slots=True)
class MeshSharding:
    """How segments are spread over files: by their lowest bits.

    Parameters
    ----------
    minishard_bits, shard_bits : int
    """

    minishard_bits: int
    shard_bits: int

    def place(self, segment: int) -> tuple[int, int]:
        """Return the shard and the minishard that a segment is in."""
        low = segment & ((1 << self.minishard_bits) - 1)
        return (segment >> self.minishard_bits) & ((1 << self.shard_bits) - 1), low

    def file(self, shard: int) -> str:
        """Return the name of a shard's file."""
        return f"{shard:x}".zfill(-(-self.shard_bits // 4)) + ".shard"

    def info(self) -> dict[str, Any]:
        """Return the same as the ``sharding`` of a folder's info."""
        return {
            "@type": "neuroglancer_uint64_sharded_v1",
            "preshift_bits": 0,
            "hash": "identity",
            "minishard_bits": self.minishard_bits,
            "shard_bits": self.shard_bits,
            "minishard_index_encoding": "raw",
            "data_encoding": "raw",
        }


def sharding_for(segments: int, size: int) -> MeshSharding:
    """Return how so many segments of so many bytes together are best spread."""
    shards = math.ceil(math.log2(max(1, size / _SHARD_BYTES)))
    per = max(1, segments / (_IN_MINISHARD << shards))
    return MeshSharding(math.ceil(math.log2(per)), shards)


def write_shards(
    folder: Path,
    sharding: MeshSharding,
    segments: Iterable[int],
    surface: Callable[[int], Multilod],
) -> None:
    """Write surfaces, one in memory at a time.

    Parameters
    ----------
    folder : Path
    sharding : MeshSharding
    segments : iterable of int
    surface : callable
        Gives a segment's surface.
    """
    shards: dict[int, dict[int, list[int]]] = {}
    for segment in segments:
        shard, minishard = sharding.place(segment)
        shards.setdefault(shard, {}).setdefault(minishard, []).append(segment)
    for shard, minishards in shards.items():
        with (folder / sharding.file(shard)).open("wb") as file:
            index = np.zeros((1 << sharding.minishard_bits, 2), _U64)
            base = index.nbytes
            file.write(index.tobytes())
            tables: dict[int, npt.NDArray[np.uint64]] = {}
            for minishard in sorted(minishards):
                rows = []
                end = 0
                for segment in sorted(minishards[minishard]):
                    found = surface(segment)
                    file.write(found.data)
                    start = file.tell() - base
                    file.write(found.index)
                    rows.append((segment, start - end, len(found.index)))
                    end = start + len(found.index)
                table = np.array(rows, _U64).T
                table[0, 1:] = np.diff(table[0])
                tables[minishard] = table
            for minishard, table in tables.items():
                start = file.tell() - base
                file.write(np.ascontiguousarray(table).tobytes())
                index[minishard] = start, file.tell() - base
            file.seek(0)
            file.write(index.tobytes())
            file.flush()
            os.fsync(file.fileno())


def read_surface(folder: Path, sharding: MeshSharding, segment: int) -> Multilod | None:
    """Read one surface; None where it is not there.

    Raises
    ------
    StorageError
        The file is there but cannot be read, or makes no sense.
    """
    shard, minishard = sharding.place(segment)
    path = folder / sharding.file(shard)
    base = _ENTRY << sharding.minishard_bits
    try:
        with open_inside(folder, path.name) as file:
            whole = os.fstat(file.fileno()).st_size

            def cut(start: int, stop: int, most: int = MAX_METADATA_BYTES) -> bytes:
                # What a shard says of itself is believed as far as it goes.
                if not 0 <= start <= stop <= whole or stop - start > most:
                    raise StorageError(str(path), f"it points past its end ({start}:{stop})")
                file.seek(start)
                return file.read(stop - start)

            start, stop = _numbers(cut(_ENTRY * minishard, _ENTRY * (minishard + 1)), path)
            if start == stop:
                return None
            table = _numbers(cut(base + start, base + stop), path)
            rows = len(table) // 3
            ids, gaps, lengths = table[:rows], table[rows : 2 * rows], table[2 * rows :]
            if len(lengths) != rows:
                raise StorageError(str(path), "its table of surfaces is cut short")
            known = end = 0
            for number, gap, length in zip(ids, gaps, lengths, strict=True):
                known, first = known + number, end + gap
                if known == segment:
                    break
                end = first + length
            else:
                return None
            index = cut(base + first, base + first + length)
            size = data_bytes(index)
            if size > gap:
                raise StorageError(str(path), f"its surface {segment} begins in another")
            data = cut(base + first - size, base + first, _SHARD_BYTES)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, IndexError) as exc:
        raise StorageError(str(path), f"it cannot be read ({exc})") from exc
    return Multilod(index, data)


def data_bytes(index: bytes) -> int:
    """Return how long the surfaces are that a manifest of one piece a resolution describes."""
    count = int(np.frombuffer(index, "<u4", 1, 24)[0])
    pieces = np.frombuffer(index, "<u4", 4 * count, len(index) - 16 * count)
    return int(pieces[3::4].sum())


def _numbers(raw: bytes, path: Path) -> Sequence[int]:
    if not raw or len(raw) % _U64.itemsize:
        raise StorageError(str(path), "it is cut short")
    found: Sequence[int] = np.frombuffer(raw, _U64).tolist()
    return found
