"""The formats of cutouts, by the name they have in an address and at the end of a file's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from atlasview.cutout.nifti import size_nifti, write_nifti, write_nifti_gz
from atlasview.cutout.npy import size_npy, write_npy
from atlasview.cutout.request import Cutout
from atlasview.cutout.tiff import size_tiff, write_tiff
from atlasview.cutout.zarrzip import write_zarr_zip


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Parameters
    ----------
    media_type : str
    write : callable
        Gives a cutout out piece by piece; see `atlasview.cutout.planes.stream`.
    size : callable, optional
        Exact size in bytes, known without reading a voxel; None for what is compressed.
    """

    media_type: str
    write: Callable[[Cutout], Iterator[bytes]]
    size: Callable[[Cutout], int] | None = None


FORMATS: dict[str, Format] = {
    "nii.gz": Format("application/gzip", write_nifti_gz),
    "nii": Format("application/octet-stream", write_nifti, size_nifti),
    "npy": Format("application/octet-stream", write_npy, size_npy),
    "tiff": Format("image/tiff", write_tiff, size_tiff),
    "zarr.zip": Format("application/zip", write_zarr_zip),
}
