"""Where stored bytes lie, and how their failures are told apart: absent, unreadable, away."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from atlasview.errors import StorageError, StoreUnavailableError
from atlasview.geometry import Box, Triple

#: Status words with which TensorStore says that a later try may work.
_PASSING = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "ABORTED", "RESOURCE_EXHAUSTED", "CANCELLED")
_STATUS = re.compile(r"^([A-Z_]{4,}): ")
#: An answer that sends its reader on. Nobody follows: it may lead where no catalogue does.
_SENT_ON = re.compile(r"\[HTTP code (30[1-378])\]")


#: What volumes opened together share.
Context = ts.Context
#: Where a volume lies, as TensorStore says it: a spec, or an address that it understands.
StoreSpec = dict[str, Any] | str
#: Seconds that one read may take; a store that is slower does not answer.
READ_TIMEOUT = 30.0
#: Bytes of one document of metadata on this machine: whoever reads it holds it whole.
MAX_METADATA_BYTES = 32 << 20


def make_context(cache_bytes: int) -> Context:
    """Make what all volumes of one process share: a bounded cache of decoded chunks.

    Parameters
    ----------
    cache_bytes : int
        Upper bound of the cache, in bytes; 0 switches it off.
    """
    return ts.Context(
        {
            "cache_pool": {"total_bytes_limit": cache_bytes},
            "http_request_retries": {"max_retries": 3, "initial_delay": "0.2s", "max_delay": "1s"},
            "s3_request_retries": {"max_retries": 3, "initial_delay": "0.2s", "max_delay": "1s"},
            "gcs_request_retries": {"max_retries": 3, "initial_delay": "0.2s", "max_delay": "1s"},
        }
    )


def kvstore_spec(location: str | Path) -> StoreSpec:
    """Return TensorStore's spec of a folder or an ``https://``, ``s3://``, ``gs://`` address."""
    text = str(location)
    if text.startswith("s3://"):
        return s3_spec(text)
    if "://" in text:
        return text if text.endswith("/") else text + "/"
    path = Path(text).resolve()
    return {"driver": "file", "path": f"{path.as_posix()}/"}


def s3_spec(
    location: str,
    *,
    endpoint: str | None = None,
    region: str | None = None,
    anonymous: bool = False,
) -> dict[str, Any]:
    """Return TensorStore's spec of an ``s3://bucket/prefix``.

    Parameters
    ----------
    location : str
    endpoint : str, optional
        Of a store that is not Amazon's; default: AWS_ENDPOINT_URL of the environment.
    region : str, optional
        Default: AWS_REGION of the environment.
    anonymous : bool
        Ask without credentials.
    """
    bucket, _, key = location.removeprefix("s3://").partition("/")
    key = key.strip("/")
    spec: dict[str, Any] = {"driver": "s3", "bucket": bucket, "path": f"{key}/" if key else ""}
    endpoint, region = endpoint or s3_endpoint(), region or s3_region()
    if endpoint:
        spec["endpoint"] = endpoint
    if region or endpoint:
        spec["aws_region"] = region or "us-east-1"
    if anonymous:
        spec["aws_credentials"] = {"type": "anonymous"}
    elif "AWS_ACCESS_KEY_ID" in os.environ:  # else TensorStore tells of files that nobody needs
        spec["aws_credentials"] = {"type": "environment"}
    return spec


def s3_endpoint() -> str | None:
    """Return where the environment says that S3 is, as Amazon's own tools read it."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")


def s3_region() -> str | None:
    """Return which region of S3 the environment names."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def open_store(store: StoreSpec, context: Context | None = None) -> ts.KvStore:
    """Open a store of keys and bytes.

    Raises
    ------
    StorageError, StoreUnavailableError
        It cannot be opened.
    """
    try:
        return ts.KvStore.open(store, context=context).result(READ_TIMEOUT)
    except (ValueError, OSError) as exc:
        raise_storage_error(exc, str(store))


def raise_storage_error(exc: Exception, location: str) -> NoReturn:
    """Turn a failure of TensorStore into one of ours, keeping the cause.

    Raises
    ------
    StoreUnavailableError
        The store does not answer now.
    StorageError
        Anything else: the bytes are bad, or may not be read.
    """
    text = str(exc)
    if sent_on := _SENT_ON.search(text):
        reason = (
            f"it answers with a redirect (HTTP {sent_on[1]}), which is not followed; name the "
            "address that it leads to"
        )
        raise StorageError(location, reason) from exc
    status = _STATUS.match(text)
    word = status.group(1) if status else type(exc).__name__
    reason = re.sub(r"\s*\[[^\]]*\]\s*$", "", text).split("\n")[0][:600]
    if word in _PASSING or isinstance(exc, TimeoutError):
        raise StoreUnavailableError(
            location, reason or f"nothing came within {READ_TIMEOUT:g} s"
        ) from exc
    raise StorageError(location, reason) from exc


def read_bytes(store: ts.KvStore, key: str, location: str) -> bytes | None:
    """Read one whole key; None when it is absent.

    Raises
    ------
    StorageError, StoreUnavailableError
        The key may exist, but cannot be read.
    """
    try:
        found = store.read(key).result(READ_TIMEOUT)
    except (ValueError, OSError) as exc:
        raise_storage_error(exc, location)
    return bytes(found.value) if found.state == "value" else None


def read_json(store: ts.KvStore, key: str, location: str) -> dict[str, Any] | None:
    """Read one key as a JSON object; None when it is absent.

    Raises
    ------
    StorageError, StoreUnavailableError
        It is there but is not a JSON object, or cannot be read, or is larger than metadata are.
    """
    _check_file(location, key)
    raw = read_bytes(store, key, location)
    if raw is None:
        return None
    try:
        value = json.loads(raw)
        # Half a Unicode character could be read, but never told to anybody.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as exc:
        raise StorageError(f"{location}/{key}", "it is not JSON") from exc
    if not isinstance(value, dict):
        raise StorageError(f"{location}/{key}", "it is not a JSON object")
    return value


def _check_file(location: str, key: str) -> None:
    """Refuse what is no document: a pipe would be waited for without end, and a giant held whole.

    Raises
    ------
    StorageError
    """
    if "://" in location:
        return
    try:
        found = (Path(location) / key).stat()
    except (OSError, ValueError):
        return  # how it cannot be read is told where it is read
    if not stat.S_ISREG(found.st_mode):
        raise StorageError(f"{location}/{key}", "it is no plain file")
    if found.st_size > MAX_METADATA_BYTES:
        raise StorageError(
            f"{location}/{key}",
            f"its {found.st_size} bytes are more than the {MAX_METADATA_BYTES} of any metadata",
        )


def computed_array(
    compute: Callable[[Box, npt.NDArray[Any]], object],
    shape: Triple,
    chunk: Triple,
    dtype: npt.DTypeLike,
) -> ts.TensorStore:
    """Return an array whose voxels are computed when they are read, and kept by nobody.

    Parameters
    ----------
    compute : callable
        Writes the voxels of a box (z, y, x) into an array; called from several threads.
    shape, chunk : tuple of int
        Extent z, y, x of the array, and of what is asked for at a time.
    dtype : dtype
    """

    def fill(domain: ts.IndexDomain, out: npt.NDArray[Any], _: object) -> None:
        (z0, y0, x0), (z1, y1, x1) = domain.inclusive_min, domain.exclusive_max
        compute(Box((z0, y0, x0), (z1, y1, x1)), out)

    return ts.virtual_chunked(
        fill,
        dtype=np.dtype(dtype),
        shape=shape,
        chunk_layout=ts.ChunkLayout(read_chunk_shape=chunk),
    )
