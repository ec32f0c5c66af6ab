"""Talk to a server from Python: tiles, regions, spaces, the region at a point."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import numpy as np
import numpy.typing as npt
from PIL import Image

from atlasview.clientline import Line, known, write_whole
from atlasview.clientpoints import points_of, unpacked
from atlasview.clientsets import ClientAnnotations
from atlasview.clientviews import ClientViews
from atlasview.clientvolume import ClientVolume
from atlasview.geometry import FloatArray


class Client:
    """One AtlasView server.

    Parameters
    ----------
    url : str
        Such as ``http://127.0.0.1:8000``.
    timeout : float
        Seconds.

    Examples
    --------
    >>> client = Client("http://127.0.0.1:8000")  # doctest: +SKIP
    >>> volume = client.volume("icbm152-2009a-sym")  # doctest: +SKIP
    >>> box = volume.read(x=(60, 70), y=(80, 90), z=(70, 71))  # doctest: +SKIP
    """

    def __init__(self, url: str, *, timeout: float = 60.0) -> None:
        self._line = Line(url, timeout)
        self.url = self._line.url
        self.views = ClientViews(self._line.ask)
        self.annotations = ClientAnnotations(self._line.ask)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._line.close()

    def volumes(self) -> list[dict[str, Any]]:
        """List the volumes, as the server describes them.

        Raises
        ------
        ServerError
        """
        return cast("list[dict[str, Any]]", self._line.json("/api/volumes")["volumes"])

    def volume(self, name: str) -> ClientVolume:
        """Open a volume by id.

        Raises
        ------
        ServerError
            There is none.
        """
        return ClientVolume(
            self.url, self._line.json, self._line.save, self._line.json(f"/api/volumes/{name}")
        )

    def tile(
        self, volume: str, plane: str, slice: int, z: int, x: int, y: int, **style: object
    ) -> npt.NDArray[np.uint8]:
        """Fetch one tile as pixels.

        Parameters
        ----------
        volume : str
        plane : str
            ``horizontal``, ``coronal`` or ``sagittal``.
        slice, z, x, y : int
        **style
            Drawing parameters, such as ``window="0,200"``.

        Returns
        -------
        ndarray of uint8, shape (256, 256, 4)
            RGBA.

        Raises
        ------
        ServerError
        """
        body = self._line.get(f"/tiles/{volume}/{plane}/{slice}/{z}/{x}/{y}.png", style).content
        with Image.open(io.BytesIO(body)) as picture:
            return np.asarray(picture.convert("RGBA"))

    def atlases(self) -> list[dict[str, Any]]:
        """List the atlases, as the server describes them.

        Raises
        ------
        ServerError
        """
        return cast("list[dict[str, Any]]", self._line.json("/api/atlases")["atlases"])

    def regions(
        self, atlas: str, find: str | None = None, *, parcellation: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:  # fmt: skip
        """List the regions of an atlas in tree order, or those that a search finds, best first.

        Raises
        ------
        ServerError
        """
        asked = {"find": find, "parcellation": parcellation, "limit": limit}
        return cast(
            "list[dict[str, Any]]",
            self._line.json(f"/api/atlases/{atlas}/regions", asked)["regions"],
        )

    def region(
        self, atlas: str, region: int | str, *, parcellation: str | None = None
    ) -> dict[str, Any]:
        """Return all that is known of one region, by id or acronym.

        Raises
        ------
        ServerError
            There is none.
        """
        return self._line.json(
            f"/api/atlases/{atlas}/regions/{region}", {"parcellation": parcellation}
        )

    def spaces(self) -> list[dict[str, Any]]:
        """List the reference spaces, as the server describes them.

        Raises
        ------
        ServerError
        """
        return cast("list[dict[str, Any]]", self._line.json("/api/spaces")["spaces"])

    def space(self, name: str) -> dict[str, Any]:
        """Return all that is known of a space: origins, transforms, what it is related to.

        Raises
        ------
        ServerError
            There is none.
        """
        return self._line.json(f"/api/spaces/{quote(name, safe='')}")

    def carry(
        self,
        points: npt.ArrayLike,
        space: str,
        to: str,
        *,
        origin: str | None = None,
        to_origin: str | None = None,
    ) -> FloatArray:
        """Return where points lie in another space.

        Parameters
        ----------
        points : array_like, shape (n, 3) or (3,)
            x, y, z in mm of the space, or from `origin`.
        space, to : str
            Id or name of the spaces.
        origin, to_origin : str, optional
            How points of either are written: id of an origin such as ``ac-pc``, or
            ``voxel:VOLUME``.

        Returns
        -------
        ndarray, of the shape of `points`

        Raises
        ------
        ServerError
            No transform leads there (409), or there is no such space.
        """
        asked = points_of(points)
        if not len(asked):
            return asked
        response = self._line.ask(
            "POST",
            f"/api/spaces/{quote(space, safe='')}/carry",
            params=known({"to": to, "origin": origin, "to_origin": to_origin}),
            json={"points": asked.tolist()},
        )
        carried = np.array(response.json()["points"], np.float64)
        return carried.reshape(np.shape(points))

    def assign(
        self,
        atlas: str,
        points: npt.ArrayLike,
        *,
        parcellation: str | None = None,
        distance: bool = False,
        threshold: float | None = None,
        space: str | None = None,
        origin: str | None = None,
    ) -> list[dict[str, Any]]:
        """Return the region at each point.

        Parameters
        ----------
        atlas : str
        points : array_like, shape (n, 3) or (3,)
            x, y, z in mm, RAS+.
        parcellation : str, optional
        distance : bool
            Also say which region is ``nearest``, and how far, where a point lies in none.
        threshold : float, optional
            Of a parcellation with probability maps: leave out what is not more probable.
        space, origin : str, optional
            Space of the points, where it is not the atlas's, and how they are written.

        Returns
        -------
        list of dict
            ``point`` in mm of the atlas's ``space``, ``assignments`` (empty outside all regions,
            each with its ``probability`` where there are maps, the most probable first),
            ``hemisphere`` where the atlas knows it. Points in one region share what is said of it.

        Raises
        ------
        ServerError
        """
        asked = points_of(points)
        if not len(asked):
            return []
        response = self._line.ask(
            "POST",
            f"/api/atlases/{atlas}/assign",
            params=known(
                {
                    "parcellation": parcellation,
                    "format": "compact",
                    "distance": distance or None,
                    "threshold": threshold,
                    "space": space,
                    "origin": origin,
                }
            ),
            json={"points": asked.tolist()},
        )
        return unpacked(asked.tolist(), response.json())

    def assign_file(
        self,
        atlas: str,
        source: str | Path,
        target: str | Path,
        *,
        parcellation: str | None = None,
        distance: bool = False,
        threshold: float | None = None,
        space: str | None = None,
        origin: str | None = None,
    ) -> None:
        """Name the region at every point of a table: CSV in, CSV out.

        Parameters
        ----------
        atlas : str
        source : str or Path
            A CSV whose first line names x, y and z, in mm.
        target : str or Path
            The same with the regions' ids, acronyms, names and ancestors; whole, or not at all.
        parcellation : str, optional
        distance : bool
            Also how far the nearest region is.
        threshold : float, optional
            Of a parcellation with probability maps: leave out what is not more probable.
        space, origin : str, optional
            Space of the points, where it is not the atlas's, and how they are written.

        Raises
        ------
        ServerError
        """
        response = self._line.ask(
            "POST",
            f"/api/atlases/{atlas}/assign",
            params=known(
                {
                    "parcellation": parcellation,
                    "distance": distance or None,
                    "threshold": threshold,
                    "space": space,
                    "origin": origin,
                }
            ),
            content=Path(source).read_bytes(),
            headers={"Content-Type": "text/csv"},
        )
        write_whole(Path(target), [response.content])
