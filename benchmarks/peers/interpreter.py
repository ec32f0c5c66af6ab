"""Where the Python of a peer is: each peer has an environment of its own, since they conflict."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.process import NotInstalledError

#: Environment → what pip installs into it.
PACKAGES = {
    "titiler": ("titiler.xarray", "jinja2", "pydantic-settings", "starlette-cramjam",
                "uvicorn[standard]"),
    "xpublish": ("xpublish-tiles", "uvicorn[standard]"),
    "large-image": ("large-image-source-zarr", "large-image-source-tiff", "packaging", "simplejpeg",
                    "starlette", "uvicorn[standard]"),
    # its encoders call what numpy 2.3 removed
    "neuroglancer": ("neuroglancer", "tensorstore", "numpy<2.3"),
    "cloud-volume": ("cloud-volume",),
    "acquire-zarr": ("acquire-zarr", "numpy"),
    "igneous": ("igneous-pipeline",),
    "ngff-zarr": ("ngff-zarr[dask-image,itk,tensorstore]",),
    "ome-zarr": ("ome-zarr",),
}  # fmt: skip
APPS = Path(__file__).parent / "apps"


def variable(name: str) -> str:
    """Return the environment variable that says where a peer's Python is."""
    return f"BENCH_{name.replace('-', '_').upper()}_PYTHON"


def place(root: Path, name: str) -> Path:
    """Return the environment of a peer, whether it is there or not."""
    return root / "peers" / name


def find(root: Path, name: str) -> str:
    """Return the Python of a peer.

    Raises
    ------
    NotInstalledError
    """
    given = os.environ.get(variable(name))
    python = Path(given) if given else place(root, name) / "bin" / "python"
    if not python.exists():
        raise NotInstalledError(f"python -m benchmarks.install {name}")
    return str(python)
