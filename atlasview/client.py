"""Talk to a server from Python: tiles, regions, spaces, the region at a point."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import httpx
import numpy as np
import numpy.typing as npt
from PIL import Image

from atlasview.clientsets import ClientAnnotations
from atlasview.clientviews import ClientViews
from atlasview.clientvolume import ClientVolume
from atlasview.errors import AtlasViewError, InvalidParameterError, UnreachableError
from atlasview.geometry import FloatArray


class ServerError(AtlasViewError):
    """The server refused, or failed.

    Parameters
    ----------
    status : int
    problem : mapping
        The problem document (RFC 9457), empty where the server sent none.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.problem = status, dict(problem)
        text = ": ".join(str(problem[k]) for k in ("title", "detail") if problem.get(k))
        super().__init__(text or f"The server answered {status}.")


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
        if not url.startswith(("http://", "https://")):
            raise InvalidParameterError("url", url, "it begins with http:// or https://")
        self.url = url.rstrip("/")
        self.views = ClientViews(self._ask)
        self.annotations = ClientAnnotations(self._ask)
        self._http = httpx.Client(base_url=self.url, timeout=timeout, follow_redirects=True)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def volumes(self) -> list[dict[str, Any]]:
        """List the volumes, as the server describes them.

        Raises
        ------
        ServerError
        """
        return cast("list[dict[str, Any]]", self._json("/api/volumes")["volumes"])

    def volume(self, name: str) -> ClientVolume:
        """Open a volume by id.

        Raises
        ------
        ServerError
            There is none.
        """
        return ClientVolume(self.url, self._json, self._save, self._json(f"/api/volumes/{name}"))

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
        body = self._get(f"/tiles/{volume}/{plane}/{slice}/{z}/{x}/{y}.png", style).content
        with Image.open(io.BytesIO(body)) as picture:
            return np.asarray(picture.convert("RGBA"))

    def atlases(self) -> list[dict[str, Any]]:
        """List the atlases, as the server describes them.

        Raises
        ------
        ServerError
        """
        return cast("list[dict[str, Any]]", self._json("/api/atlases")["atlases"])

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
            "list[dict[str, Any]]", self._json(f"/api/atlases/{atlas}/regions", asked)["regions"]
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
        return self._json(f"/api/atlases/{atlas}/regions/{region}", {"parcellation": parcellation})

    def spaces(self) -> list[dict[str, Any]]:
        """List the reference spaces, as the server describes them.

        Raises
        ------
        ServerError
        """
        return cast("list[dict[str, Any]]", self._json("/api/spaces")["spaces"])

    def space(self, name: str) -> dict[str, Any]:
        """Return all that is known of a space: origins, transforms, what it is related to.

        Raises
        ------
        ServerError
            There is none.
        """
        return self._json(f"/api/spaces/{quote(name, safe='')}")

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
        asked = _points(points)
        if not len(asked):
            return asked
        response = self._ask(
            "POST",
            f"/api/spaces/{quote(space, safe='')}/carry",
            params=_known({"to": to, "origin": origin, "to_origin": to_origin}),
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
        asked = _points(points)
        if not len(asked):
            return []
        response = self._ask(
            "POST",
            f"/api/atlases/{atlas}/assign",
            params=_known(
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
        return _unpacked(asked.tolist(), response.json())

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
        response = self._ask(
            "POST",
            f"/api/atlases/{atlas}/assign",
            params=_known(
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
        body = response.content
        place = Path(target)
        part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            part.write_bytes(body)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        with self._reaching():
            return _checked(self._http.request(method, path, **more))

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Say in our words that the server does not answer."""
        try:
            yield
        except httpx.TransportError as exc:
            raise UnreachableError(self.url, str(exc) or type(exc).__name__) from exc

    def _save(self, path: str, asked: Mapping[str, object], place: Path) -> dict[str, str]:
        """Save an answer as a file, whole or not at all, and return its headers."""
        part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}.part")
        with self._reaching(), self._http.stream("GET", path, params=_known(asked)) as response:
            if not response.is_success:
                response.read()
            _checked(response)
            try:
                with part.open("wb") as file:
                    for piece in response.iter_bytes():
                        file.write(piece)
                part.replace(place)
            finally:
                part.unlink(missing_ok=True)
            return dict(response.headers)

    def _json(self, path: str, asked: Mapping[str, object] | None = None) -> dict[str, Any]:
        return cast("dict[str, Any]", self._get(path, asked or {}).json())

    def _get(self, path: str, asked: Mapping[str, object]) -> httpx.Response:
        return self._ask("GET", path, params=_known(asked))


def _points(points: npt.ArrayLike) -> FloatArray:
    asked = np.asarray(points, np.float64)
    asked = np.atleast_2d(asked) if asked.size else asked.reshape(0, 3)
    if asked.ndim != 2 or asked.shape[1] != 3:
        raise InvalidParameterError("points", asked.shape, "it takes points (n, 3), x, y, z")
    if not np.isfinite(asked).all():
        at = asked[~np.isfinite(asked).all(axis=1)][0].tolist()
        raise InvalidParameterError("points", at, "coordinates are finite numbers")
    return asked


def _unpacked(points: list[list[float]], said: dict[str, Any]) -> list[dict[str, Any]]:
    """Turn the compact answer of many points into one record each."""
    described = [
        {
            "region": {k: v for k, v in region.items() if k != "ancestors"},
            "ancestors": region["ancestors"],
            "parcellation": said["parcellation"],
        }
        for region in said["regions"]
    ]
    rows: list[list[dict[str, Any]]] = (
        [[described[i] | {"probability": p} for i, p in row] for row in said["probabilities"]]
        if "probabilities" in said
        else [[] if place is None else [described[place]] for place in said["region"]]
    )
    out: list[dict[str, Any]] = [
        {
            "point": point,
            "space": said["space"],
            "assignments": row,
        }
        for point, row in zip(said.get("points", points), rows, strict=True)
    ]
    for item, side in zip(out, said.get("hemisphere", ()), strict=False):
        item["hemisphere"] = side
    for item, place, far in zip(
        out, said.get("nearest", ()), said.get("distance_mm", ()), strict=False
    ):
        item["nearest"] = None if place is None else {
            "region": described[place]["region"], "distance_mm": far
        }  # fmt: skip
    return out


def _known(asked: Mapping[str, object]) -> dict[str, str]:
    """Return the parameters that were given, as text."""

    def text(value: object) -> str:
        if isinstance(value, bool):
            return str(int(value))
        if isinstance(value, Iterable) and not isinstance(value, str):
            return ",".join(map(str, value))
        return str(value)

    return {name: text(value) for name, value in asked.items() if value is not None}


def _checked(response: httpx.Response) -> httpx.Response:
    if response.is_success:
        return response
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    raise ServerError(response.status_code, problem if isinstance(problem, dict) else {})
