"""Every setting of the server, each with an environment variable ``ATLASVIEW_…``."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from tileserver.embedding import check_origin


class Settings(BaseSettings):
    """What one server needs to know; limits have safe defaults.

    Sizes are in bytes unless named otherwise.
    """

    model_config = SettingsConfigDict(env_prefix="ATLASVIEW_", extra="ignore", frozen=True)

    paths: tuple[Path, ...] = Field(
        (), description="Libraries, BrainGlobe folders and single OME-Zarr volumes to serve."
    )
    cache_bytes: int = Field(
        256 << 20, ge=0, description="Decoded chunks kept in memory by each worker."
    )
    threads: int = Field(4, ge=1, le=64, description="Threads that read and draw in each worker.")
    max_requests: int = Field(
        64, ge=1, description="Pictures and boxes at work or waiting at once; beyond, 503."
    )
    max_picture_pixels: int = Field(4096 * 4096, ge=1, description="Pixels in one picture.")
    max_read_voxels: int = Field(
        1 << 28, ge=1, description="Voxels that one picture may have decoded."
    )
    max_cutout_bytes: int = Field(2 << 30, ge=1, description="Voxels of one cutout, uncompressed.")
    max_cutouts: int = Field(
        4, ge=1, description="Cutouts on their way at once in each worker; beyond, 503."
    )
    max_points: int = Field(100_000, ge=1, description="Points in one request.")
    max_body_bytes: int = Field(32 << 20, ge=1, description="Body of one request.")
    max_bodies_bytes: int = Field(
        64 << 20, ge=1, description="Bodies that each worker holds at once, together; beyond, 503."
    )
    max_age_seconds: int = Field(
        3600, ge=0, description="How long a browser may keep what has no version in its address."
    )
    database_url: str | None = Field(
        None,
        description="Where views and annotations are kept: postgresql://… or sqlite:///…; a file "
        "in the first library when not said.",
    )
    max_view_bytes: int = Field(1 << 20, ge=1, description="One view.")
    max_made_per_hour: int = Field(
        1000,
        ge=0,
        description="Views and annotation sets that one address may make in an hour, in each "
        "worker; beyond, 429; 0 for no limit. Who is on the server's own machine is not counted.",
    )
    max_marks_waiting: int = Field(
        512, ge=1, description="Requests for views and annotations at work or waiting; beyond, 503."
    )
    max_listeners: int = Field(
        256, ge=1, description="Pages that hear of changes at once in each worker; beyond, 503."
    )
    allowed_hosts: tuple[str, ...] = Field(
        ("*",),
        description="Names that the server goes by in a Host header; on a loopback address only "
        "the names of this machine, unless said.",
    )
    cors_origins: tuple[str, ...] = Field(
        ("*",), description="Origins whose pages may read data; none closes it."
    )
    embed_origins: tuple[str, ...] = Field(
        (),
        description="Origins whose pages may show /embed/ in a frame; only pages of this server "
        'unless said, all with "*".',
    )

    @field_validator("embed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(o if o == "*" else check_origin(o) for o in value)
