"""Install the peers that are Python packages: ``python -m benchmarks.install [PEER …]``."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.data import default_root
from benchmarks.peers.interpreter import PACKAGES, place


def main() -> None:
    """Make an environment for each and install it there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.install", description=__doc__)
    parser.add_argument("peer", nargs="*", help=f"of {', '.join(PACKAGES)}; all if none")
    parser.add_argument("--data", type=Path, default=default_root(), help="as of benchmarks.serve")
    options = parser.parse_args()
    for name in options.peer or PACKAGES:
        folder = place(options.data, name)
        if not (folder / "bin" / "python").exists():
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        subprocess.run([*pip, *PACKAGES[name]], check=True)
        print(f"{name}: {folder}")


if __name__ == "__main__":
    main()
