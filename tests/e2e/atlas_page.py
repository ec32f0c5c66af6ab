"""A page of AtlasView in a browser, and where in it a point of the world is drawn."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import Image
from playwright.sync_api import ConsoleMessage, Page

Point = tuple[float, float, float]

# What lies to the right in each plane and what lies up, as axis and sign: docs/coordinates.md.
DRAWN = {
    "horizontal": ((0, 1), (1, 1)),
    "coronal": ((0, 1), (2, 1)),
    "sagittal": ((1, 1), (2, 1)),
}
NORMAL = {"horizontal": 2, "coronal": 1, "sagittal": 0}

_WATCH_POLICY = """
addEventListener("securitypolicyviolation",
  (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
_DROP = """({name, text}) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const at = document.querySelector(".map");
  for (const type of ["dragover", "drop"]) {
    at.dispatchEvent(
      new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true}));
  }
}"""
_LOADED = """async () => {
  const end = performance.now() + 30000;
  while (!(window.atlasview && window.atlasview.state().loaded)) {
    if (performance.now() > end) throw new Error("the page did not load");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}"""


@dataclass
class AtlasPage:
    """One page, driven as a user would."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)
    #: What the browser may complain of: failures that a test brings about.
    expected: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.add_init_script(_WATCH_POLICY)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        # The engine probes for files that need not be there; the browser logs each 404.
        known = ("404", *self.expected)
        if message.type == "error" and not any(words in message.text for words in known):
            self.complaints.append(message.text)

    def open(self, hash_: str = "") -> AtlasPage:
        """Open a link, and wait until its picture is complete."""
        self.page.goto("about:blank")
        self.page.goto(self.address + hash_)
        self.page.evaluate(_LOADED)
        return self.drawn()

    def drawn(self) -> AtlasPage:
        """Wait until the picture is complete."""
        self.page.evaluate("window.atlasview.drawn()")
        return self

    @property
    def view(self) -> dict:
        """What the page says it shows."""
        return self.page.evaluate("window.atlasview.state().view")

    @property
    def hash(self) -> str:
        """What follows # in the address."""
        return self.page.evaluate("location.hash")

    def wait_for(self, condition: str) -> None:
        """Wait until a JavaScript expression holds (the page's policy forbids playwright's own)."""
        self.page.evaluate(
            f"""async () => {{
              const end = performance.now() + 15000;
              while (!({condition})) {{
                if (performance.now() > end) throw new Error({condition!r} + " never held");
                await new Promise((resolve) => setTimeout(resolve, 10));
              }}
            }}"""
        )

    def settled(self) -> str:
        """Wait until the address holds what is shown, and return it."""
        self.wait_for("location.hash === window.atlasview.state().hash")
        self.drawn()
        return self.hash

    def picture(self) -> np.ndarray:
        """Return what the engine has drawn, without the letters over it; (y, x, 3) uint8."""
        url = self.page.evaluate("window.atlasview.picture()")
        png = base64.b64decode(url.split(",", 1)[1])
        return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))

    def panel(self, plane: str) -> dict[str, float]:
        """Return the place of a plane's panel in the window."""
        box = self.page.locator(f'.frame[data-plane="{plane}"]').bounding_box()
        assert box is not None
        return box

    def pixel(self, plane: str, point: Point) -> tuple[float, float]:
        """Return where in the window a point of the upright plane must be drawn."""
        camera, box = self.view["camera"], self.panel(plane)
        (across, right), (up, above) = DRAWN[plane]
        dx = right * (point[across] - camera["at"][across]) / camera["zoom"]
        dy = -above * (point[up] - camera["at"][up]) / camera["zoom"]
        return box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dy

    def color(self, picture: np.ndarray, plane: str, point: Point) -> tuple[int, ...]:
        """Return the colour of a picture at a point of the world."""
        surface = self.page.locator(".surface").bounding_box()
        assert surface is not None
        x, y = self.pixel(plane, point)
        return tuple(int(v) for v in picture[int(y - surface["y"]), int(x - surface["x"])])

    def panel_of(self, picture: np.ndarray, plane: str) -> np.ndarray:
        """Cut a plane's panel out of a picture, without its outermost pixels."""
        surface, box = self.page.locator(".surface").bounding_box(), self.panel(plane)
        assert surface is not None
        x, y = round(box["x"] - surface["x"]), round(box["y"] - surface["y"])
        return picture[y + 2 : y + int(box["height"]) - 2, x + 2 : x + int(box["width"]) - 2]

    def hover(self, plane: str, point: Point) -> None:
        """Move the mouse to a point of the world."""
        x, y = self.pixel(plane, point)
        self.page.mouse.move(x - 3, y - 3)
        self.page.mouse.move(x, y)

    def click(self, plane: str, point: Point, modifier: str | None = None) -> None:
        """Click on a point of the world."""
        x, y = self.pixel(plane, point)
        if modifier is not None:
            self.page.keyboard.down(modifier)
        self.page.mouse.click(x, y)
        if modifier is not None:
            self.page.keyboard.up(modifier)

    def more(self, name: str, menu: str = "More") -> None:
        """Choose what lies in the menu of the bar."""
        self.page.locator(f'.toolbar summary[aria-label="{menu}"]').click()
        self.page.locator(".toolbar").get_by_role("button", name=name, exact=True).click()

    def resized(self, act: Callable[[], object]) -> None:
        """Open or close a panel beside the map, and wait until the map has made room or taken it."""
        width = "document.querySelector('.frame').getBoundingClientRect().width"
        before = self.page.evaluate(width)
        act()
        self.wait_for(f"{width} !== {before}")
        self.drawn()

    def open_beside(self, key: str) -> None:
        """Open a panel by its key."""
        self.resized(lambda: self.page.keyboard.press(key))

    def drop(self, name: str, text: str) -> None:
        """Drop a file on the map."""
        self.page.evaluate(_DROP, {"name": name, "text": text})

    def tooltip(self, name: str) -> None:
        """Wait until the tooltip says this."""
        self.page.locator(".tooltip .tip-name", has_text=name).wait_for()
