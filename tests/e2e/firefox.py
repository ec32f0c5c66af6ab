"""A stock Firefox, driven by its own Marionette protocol: no driver need be had."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def find_firefox() -> str | None:
    """Return the Firefox that the environment names or that is on PATH."""
    named = os.environ.get("ATLASVIEW_FIREFOX")
    return next(filter(None, map(shutil.which, [named] if named else ["firefox-esr", "firefox"])), None)  # fmt: skip


class Firefox:
    """One window; every message is ``length:[0, id, command, parameters]``."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=180)
        self._file = self._socket.makefile("rb")
        self._id = 0
        self._read()
        self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {}}})
        self.ask("WebDriver:SetTimeouts", {"script": 150_000, "pageLoad": 150_000})

    def ask(self, command: str, parameters: dict[str, Any] | None = None) -> Any:
        """Send one command and return its answer."""
        self._id += 1
        message = json.dumps([0, self._id, command, parameters or {}]).encode()
        self._socket.sendall(b"%d:%s" % (len(message), message))
        _, number, error, result = self._read()
        assert number == self._id
        if error:
            raise AssertionError(f"{command}: {error['error']}: {error['message']}")
        return result

    def _read(self) -> Any:
        length = b""
        while (byte := self._file.read(1)) != b":":
            assert byte, "Firefox has gone"
            length += byte
        return json.loads(self._file.read(int(length)))

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()

    def go(self, url: str) -> None:
        """Open an address."""
        self.ask("WebDriver:Navigate", {"url": url})

    def run(self, body: str) -> Any:
        """Return what the body of an async function returns; `page` is the window as the page has it."""
        script = f"""const done = arguments[arguments.length - 1];
          const page = window.wrappedJSObject ?? window;
          (async () => {body})()
            .then((value) => done({{value}}), (error) => done({{error: String(error)}}));"""
        found = self.ask("WebDriver:ExecuteAsyncScript", {"script": script, "args": []})["value"]
        assert "error" not in found, found["error"]
        return found.get("value")

    def wait(self, expression: str) -> None:
        """Wait until a JavaScript expression holds."""
        self.run(
            f"""{{
            const end = performance.now() + 120000;
            while (!({expression})) {{
              if (performance.now() > end) throw new Error({expression!r} + " never held");
              await new Promise((resolve) => setTimeout(resolve, 20));
            }}
          }}"""
        )

    def act(self, kind: str, actions: list[dict[str, Any]], **more: Any) -> None:
        """Move, press, type, as a user."""
        source = {"type": kind, "id": kind, "actions": actions, **more}
        self.ask("WebDriver:PerformActions", {"actions": [source]})

    def screenshot(self) -> bytes:
        """Return the window as PNG."""
        answer = self.ask("WebDriver:TakeScreenshot", {"full": False})
        return base64.b64decode(answer["value"])


@contextmanager
def firefox(program: str, profile: Path, prefs: dict[str, Any]) -> Iterator[Firefox]:
    """Start Firefox without a screen, with a profile of its own; yield it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {
        "marionette.port": port,
        "browser.shell.checkDefaultBrowser": False,
        "datareporting.policy.dataSubmissionEnabled": False,
        "app.update.enabled": False,
        "network.captive-portal-service.enabled": False,
        "intl.accept_languages": "en-GB, en",
    }
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in {**quiet, **prefs}.items()]
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "user.js").write_text("\n".join(lines))
    process = subprocess.Popen(
        [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "MOZ_HEADLESS_WIDTH": "1280", "MOZ_HEADLESS_HEIGHT": "900"},
    )
    try:
        end = time.monotonic() + 90
        while True:
            try:
                driver = Firefox(port)
                break
            except OSError:
                if time.monotonic() > end or process.poll() is not None:
                    raise AssertionError("Firefox did not start") from None
                time.sleep(0.1)
        try:
            yield driver
        finally:
            driver.close()
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
