"""Where a volume grows in an S3 bucket: in its place, and complete when its root is there.

A bucket knows no renaming. So the shards are sent to where they will be served from, and the
group's ``zarr.json``, without which nobody sees a volume, is written last. What remembers the
finished tasks lies beside it, for ``x.ome.zarr`` under ``.x.ome.zarr.partial/``: lock, plan.json,
and in PLAN, a digest of the plan, what tells that it is worked on (``begun``) and the tasks.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from atlasview.errors import LibraryError
from atlasview.geometry import Triple
from atlasview.ingest import s3
from atlasview.ingest.address import Address
from atlasview.ingest.bucketshelf import BucketShelf
from atlasview.ingest.copies import spool_folder
from atlasview.ingest.lease import Lease
from atlasview.ingest.notes import Notes
from atlasview.store import s3_endpoint, s3_region

_ROOT, _PLAN, _BEGUN = "zarr.json", "plan.json", "begun"


class BucketPlace:
    """The prefix in which one volume is made; a context manager that holds its lease.

    Parameters
    ----------
    destination : Address
        ``s3://bucket/prefix``.
    spool : Path, optional
        Folder for what must pass over the disk.
    """

    def __init__(self, destination: Address, spool: Path | None) -> None:
        s3.library("boto3")
        self.destination = destination
        location = destination.url.rstrip("/")
        parent, _, name = location.rpartition("/")
        self._final = BucketShelf(location, s3_endpoint(), s3_region(), spool)
        self._partial = BucketShelf(
            f"{parent}/.{name}.partial", self._final.endpoint, self._final.region, spool
        )
        self._lease = Lease(self._partial, str(destination))
        digest = hashlib.sha256(location.encode()).hexdigest()[:16]
        self._spool, self._scratch = spool, f"ingest-{digest}"
        self._room = ""

    def __enter__(self) -> Self:
        """Take the lease.

        Raises
        ------
        LibraryError
            Another process works here, or the bucket cannot be reached.
        """
        self._lease.take()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lease back."""
        self._lease.release()

    @property
    def exists(self) -> bool:
        """Whether a finished volume is there."""
        return self._final.read(_ROOT) is not None

    @property
    def shelf(self) -> BucketShelf:
        """Where the volume grows."""
        shelf = self._final
        guard = f"{self._partial.location}/{self._room}/{_BEGUN}"
        return BucketShelf(shelf.location, shelf.endpoint, shelf.region, shelf.spool, guard)

    @property
    def notes(self) -> Notes:
        """What remembers which tasks are done."""
        return Notes(self._partial.below(self._room).below("tasks"))

    @property
    def scratch(self) -> Path:
        """A folder of this machine for what is of use to this run and to one that goes on."""
        return spool_folder(self._spool, self._scratch)

    def prepare(
        self, plan: Mapping[str, Any], extents: Sequence[Triple], *, resume: bool
    ) -> list[Triple]:
        """Make the place ready for a plan; see `Workplace.prepare`.

        Raises
        ------
        LibraryError
            Something else is there.
        """
        text = json.dumps({"plan": plan, "extents": extents}, sort_keys=True)
        stored = self._partial.read(_PLAN)
        if resume and stored is not None:
            found = json.loads(stored)
            self._room = _digest(stored)
            if found["plan"] == json.loads(text)["plan"] and self._begun():
                return [(z, y, x) for z, y, x in found["extents"]]
        if stored is None and not self.exists and self._final.all_names(1):
            raise LibraryError(
                f"{self.destination} is not empty, and is no volume; choose another address."
            )
        self._discard()
        self._room = _digest(text.encode())
        self._partial.write(_PLAN, text.encode())
        self._partial.below(self._room).write(_BEGUN, b"1")
        return list(extents)

    def remove(self) -> None:
        """Leave nothing behind."""
        self._discard()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def sweep(self) -> None:
        """Remove what a run left that was killed when its volume had appeared already."""
        if self._partial.read(_PLAN) is not None:
            with self:
                self._clear_notes()

    def publish(self, document: bytes) -> None:
        """Let the finished volume appear."""
        self._lease.check()
        self._final.write(_ROOT, document)
        s3.abandon_parts(self._final.location, self._final.endpoint, self._final.region)
        self._clear_notes()
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _begun(self) -> bool:
        return self._partial.below(self._room).read(_BEGUN) is not None

    def _discard(self) -> None:
        # In this order: who looks sees a whole volume or none, and who works on it stops.
        self._final.remove(_ROOT)
        self._clear_notes()
        self._final.clear()
        s3.abandon_parts(self._final.location, self._final.endpoint, self._final.region)

    def _clear_notes(self) -> None:
        rooms = {name.partition("/")[0] for name in self._partial.all_names() if "/" in name}
        for room in rooms:
            self._partial.below(room).clear()
        self._partial.remove(_PLAN)


def _digest(plan: bytes) -> str:
    return hashlib.sha256(plan).hexdigest()[:16]
