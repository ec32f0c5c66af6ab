"""Several sources in one command: which id each gets, and what becomes of those that fail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from atlasview.errors import AtlasViewError, InvalidParameterError
from atlasview.layout import check_id, slug

#: Ends of names that say of what format something is.
_PACKED, _FOLDERS = ".gz", (".zarr", ".n5", ".precomputed")


@dataclass(frozen=True, slots=True)
class Job:
    """A source, and the id of the volume that is made of it."""

    source: str
    id: str


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that could not be done, and why."""

    job: Job
    error: AtlasViewError

    def __str__(self) -> str:
        text = str(self.error)
        return text if self.job.source in text else f"{self.job.source}: {text}"


def plan_jobs(sources: Sequence[str], ids: Sequence[str]) -> list[Job]:
    """Give each source an id.

    Parameters
    ----------
    sources : sequence of str
        Files, folders and addresses.
    ids : sequence of str
        One for each; none where they are to be made of the sources' names.

    Raises
    ------
    InvalidParameterError
        There are more or fewer ids than sources, one is none, or two are the same.
    """
    if ids and len(ids) != len(sources):
        raise InvalidParameterError(
            "--as",
            " ".join(ids),
            f"there are {len(sources)} sources and {len(ids)} ids; give one for each, in order, or "
            "none to have them made of the files' names",
        )
    jobs = [
        Job(s, check_id(i)) for s, i in zip(sources, ids or map(plain_id, sources), strict=True)
    ]
    often, count = Counter(job.id for job in jobs).most_common(1)[0]
    if count > 1:
        same = " and ".join(job.source for job in jobs if job.id == often)
        raise InvalidParameterError("--as", often, f"it would be the id of {same}; name each")
    return jobs


def plain_id(source: str) -> str:
    """Make an id of the name of a file, folder or address: ``T1w.nii.gz`` becomes ``t1w``."""
    name = source.rstrip("/:").rpartition("/")[2].lower().removesuffix(_PACKED)
    stem, dot, _ = name.rpartition(".")
    known = name.endswith(_FOLDERS) or not Path(source).is_dir()
    plain = stem if dot and stem and known else name
    return slug(plain.removesuffix(".ome"))[:100]


def run_jobs(jobs: Sequence[Job], do: Callable[[Job], None]) -> list[Failure]:
    """Do one job after the other; those that fail do not hold up the rest.

    Parameters
    ----------
    jobs : sequence of Job
    do : callable
        Raises AtlasViewError where a job cannot be done.

    Returns
    -------
    list of Failure
    """
    failures = []
    for job in jobs:
        try:
            do(job)
        except AtlasViewError as exc:
            failures.append(Failure(job, exc))
    return failures
