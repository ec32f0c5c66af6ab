"""What TensorStore cannot do with S3: long objects in bounded memory. Boto3, loaded when used.

Credentials come from where Amazon's tools take them, and are seen by nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any, BinaryIO, NoReturn

from atlasview.errors import LibraryError, SourceError
from atlasview.ingest.address import Address
from atlasview.store import s3_region

#: Bytes sent at a time, and held.
_PART = 8 << 20


def library(name: str) -> Any:
    """Return a module of Boto3's.

    Raises
    ------
    LibraryError
        It is not installed.
    """
    try:
        return import_module(name)
    except ImportError as exc:
        raise LibraryError(
            "This use of s3:// needs Boto3, which is not installed: pip install 'atlasview[s3]'."
        ) from exc


@lru_cache
def _client(endpoint: str | None, region: str | None) -> Any:
    session = library("boto3").session.Session()
    config: dict[str, Any] = {"retries": {"max_attempts": 6, "mode": "standard"}}
    if session.get_credentials() is None:  # a bucket open to all
        config["signature_version"] = library("botocore").UNSIGNED
    return session.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region or s3_region(),
        config=library("botocore.config").Config(**config),
    )


def split(url: str) -> tuple[str, str]:
    """Return bucket and key."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key.strip("/")


def get(url: str) -> Any:
    """Ask for an object, whose bytes are read as they are wanted."""
    bucket, key = split(url)
    return _client(None, None).get_object(Bucket=bucket, Key=key)


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a listing names it."""

    name: str
    size: int
    tag: str


def listing(url: str) -> list[Listed]:
    """Return the objects that lie right below an address, by name."""
    bucket, key = split(url)
    pages = _client(None, None).get_paginator("list_objects_v2")
    prefix = f"{key}/"
    found = [
        Listed(entry["Key"].removeprefix(prefix), entry["Size"], entry["ETag"].strip('"'))
        for page in pages.paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        for entry in page.get("Contents", ())
    ]
    return sorted((one for one in found if one.name), key=lambda one: one.name)


def send(file: BinaryIO, url: str, endpoint: str | None, region: str | None) -> None:
    """Send a file in parts; the object is there whole or not at all."""
    bucket, key = split(url)
    transfer = library("boto3.s3.transfer").TransferConfig(
        multipart_threshold=_PART, multipart_chunksize=_PART, max_concurrency=2
    )
    _client(endpoint, region).upload_fileobj(file, bucket, key, Config=transfer)


def abandon_parts(url: str, endpoint: str | None, region: str | None) -> None:
    """Throw away the parts of objects below an address that nobody will finish."""
    bucket, key = split(url)
    client = _client(endpoint, region)
    with suppress(library("botocore.exceptions").ClientError):  # not everybody may list them
        found = client.list_multipart_uploads(Bucket=bucket, Prefix=f"{key}/")
        for upload in found.get("Uploads", ()):
            client.abort_multipart_upload(
                Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"]
            )


def failures() -> tuple[type[Exception], ...]:
    """Return what Boto3 raises."""
    errors = library("botocore.exceptions")
    return (
        errors.ClientError,
        errors.BotoCoreError,
        library("boto3.exceptions").Boto3Error,
    )


@contextmanager
def told_as_source_error(address: Address) -> Iterator[None]:
    """Turn what Boto3 says of a read into one sentence."""
    try:
        yield
    except failures() as exc:
        raise SourceError(address, f"it cannot be read ({reason(exc)})") from exc


def refuse(url: str, exc: Exception) -> NoReturn:
    """Say that something cannot be written.

    Raises
    ------
    LibraryError
        Always.
    """
    raise LibraryError(
        f"{url} cannot be written: {reason(exc)}; mend that and run the same command again, it "
        "goes on from where it was."
    ) from exc


def reason(exc: Exception) -> str:
    """Return what a store says, in one line and without its request's address."""
    response = getattr(exc, "response", None)
    if isinstance(response, dict) and "Error" in response:
        error = response["Error"]
        return f"the store answers {error.get('Code')}: {error.get('Message')}".rstrip(".: ")
    said = re.sub(r"\s*\[[^\]]*\]", "", str(exc).split("\n")[0])  # of TensorStore: ids of requests
    return (said[:200] or type(exc).__name__).rstrip(".")
