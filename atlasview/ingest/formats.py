"""Which format a source is of: told by its name, a folder by what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from atlasview.errors import InvalidParameterError, LibraryError, SourceError
from atlasview.ingest.address import Address, Location
from atlasview.ingest.source import Source


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a user adds to what a file says of itself.

    Parameters
    ----------
    dataset : str, optional
        Which array of a file or folder that holds several.
    shape : tuple of int, optional
        Of raw voxels: x, y, z (and channels).
    dtype : str, optional
        Of raw voxels.
    box : str, optional
        Part of what is computed: x0:x1,y0:y1,z0:z1.
    spool : Path, optional
        Folder for files that must be copied here first.
    """

    dataset: str | None = None
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    box: str | None = None
    spool: Path | None = None


@dataclass(frozen=True, slots=True)
class Format:
    """What opens a format: a room, and a function or class in it.

    The room, and the library that it needs, are loaded when a file of the format is opened.

    Parameters
    ----------
    room : str
    name : str
    options : tuple of str
        Members of `SourceOptions` that it takes after the path, in this order.
    """

    room: str
    name: str
    options: tuple[str, ...] = ()

    def open(self, path: Location, given: SourceOptions) -> Source:
        """Open a source of this format.

        Raises
        ------
        InvalidParameterError
            An option does not go with the format, is missing, or makes no sense.
        SourceError
            The source is not of the format, or is damaged.
        """
        if given.dataset is not None and "dataset" not in self.options:
            raise InvalidParameterError(
                "--dataset", given.dataset, f"{path} holds one array; leave the option out"
            )
        for option, value in (("shape", given.shape), ("dtype", given.dtype)):
            if value is not None and option not in self.options:
                shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
                raise InvalidParameterError(
                    f"--{option}", shown, f"{path} says that itself; leave the option out"
                )
        make: Any = getattr(import_module(f"atlasview.ingest.{self.room}"), self.name)
        source: Source = make(path, *(getattr(given, option) for option in self.options))
        return source


_NIFTI = Format("nifti", "open_nifti")
_MINC = Format("minc", "MincSource")
_MGH = Format("mgh", "open_mgh")
_AFNI = Format("afni", "open_afni")
_NRRD = Format("nrrd", "open_nrrd")
_META = Format("metaimage", "open_metaimage")
_TIFF = Format("tiff", "open_tiff")
_PICTURE = Format("sections", "open_picture")
_HDF5 = Format("hdf5", "Hdf5Source", ("dataset",))
_RAW = Format("arrays", "open_raw", ("shape", "dtype"))
_SECTIONS = Format("sections", "open_sections")
_STORE = Format("arraystore", "ArraySource", ("dataset",))

#: End of the name → what opens it.
FORMATS: dict[str, Format] = {
    ".nii": _NIFTI,
    ".nii.gz": _NIFTI,
    ".hdr": _NIFTI,
    ".img": _NIFTI,
    ".mgh": _MGH,
    ".mgz": _MGH,
    ".mgh.gz": _MGH,
    ".mnc": _MINC,
    ".mnc.gz": _MINC,
    ".head": _AFNI,
    ".brik": _AFNI,
    ".brik.gz": _AFNI,
    ".nrrd": _NRRD,
    ".nhdr": _NRRD,
    ".mha": _META,
    ".mhd": _META,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".btf": _TIFF,
    ".tf8": _TIFF,
    ".png": _PICTURE,
    ".jpg": _PICTURE,
    ".jpeg": _PICTURE,
    ".h5": _HDF5,
    ".hdf5": _HDF5,
    ".hdf": _HDF5,
    ".ims": Format("imaris", "ImarisSource", ("dataset",)),
    ".npy": Format("arrays", "open_npy"),
    ".raw": _RAW,
    ".bin": _RAW,
}
#: What is no file but a formula, by the name it is asked for with.
FORMULAS: dict[str, Format] = {
    "bigbrain:": Format("formula", "FormulaSource", ("box",)),
}
_STORE_FILES = ("zarr.json", ".zattrs", ".zarray", ".zgroup", "info", "attributes.json")


def _ending(name: str) -> str | None:
    """Return the longest known ending of a name."""
    endings = sorted(FORMATS, key=len, reverse=True)
    return next((ending for ending in endings if name.lower().endswith(ending)), None)


def _folder_elsewhere(address: Address, given: SourceOptions) -> Source:
    """Open a chunked array at an address; in a bucket, else sections."""
    try:
        return _STORE.open(address, given)
    except SourceError:
        if address.scheme != "s3" or given.dataset is not None:
            raise
        from atlasview.ingest.sections import open_sections_in_bucket

        try:
            found = open_sections_in_bucket(address, given.spool)
        except LibraryError:  # without Boto3 there is no telling
            found = None
        if found is None:
            raise
        return found


def open_source(path: Location, options: SourceOptions | None = None) -> Source:
    """Open a file or folder for ingest.

    Parameters
    ----------
    path : Path or Address
    options : SourceOptions, optional

    Raises
    ------
    SourceError
        It is absent, may not be read, is of no known format, or is damaged.
    InvalidParameterError
        An option is missing or makes no sense.
    """
    given = options or SourceOptions()
    if str(path) in FORMULAS:
        return FORMULAS[str(path)].open(path, given)
    if given.box is not None:
        raise InvalidParameterError(
            "--box", given.box, f"it goes with {', '.join(FORMULAS)}; a file is taken in whole"
        )
    if isinstance(path, Address):
        if given.shape is None and _ending(path.name) is None:
            return _folder_elsewhere(path, given)
        from atlasview.ingest.remote import RemoteFile

        return RemoteFile(path, given.spool, lambda copy: open_source(copy, given))
    try:
        if not path.exists():
            raise SourceError(path, "there is no such file")
        if path.is_dir():
            is_store = any((path / name).is_file() for name in _STORE_FILES) or (
                path.suffix.lower() in (".zarr", ".n5")
            )
            return (_STORE if is_store else _SECTIONS).open(path, given)
        if not path.is_file():
            raise SourceError(path, "it is neither a file nor a folder")
        ending = _ending(path.name)
        if ending is None and given.shape is None:
            raise SourceError(
                path,
                "its format is not known; names end in "
                f"{', '.join(FORMATS)}, or give --shape and --dtype of raw voxels",
            )
        with path.open("rb") as file:  # whose refusal tells more than what a library makes of it
            if not file.read(1):
                raise SourceError(path, "it is empty, 0 bytes; copy or download it again")
        return FORMATS[ending or ".raw"].open(path, given)
    except PermissionError as exc:
        raise SourceError(path, "there is no permission to read it") from exc
    except OSError as exc:
        raise SourceError(path, f"it cannot be read ({exc.strerror or exc})") from exc
