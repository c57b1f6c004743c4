"""Chromium of this machine. `python -m tests.support.chromium` installs Debian's package where it is missing and may be."""

import os
import shutil
import subprocess
import sys

# The shell has no windows to draw: half the processor time of a whole browser.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Without these it asks the network for updates of itself and, as root, refuses to start.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING = "NO CHROMIUM: the payment page was NOT tested in a browser. Install chromium, or set CHROMIUM to its path."


def find_chromium() -> str | None:
    """The program named by CHROMIUM, else one on the PATH."""
    given = os.environ.get("CHROMIUM")
    return given or next(filter(None, map(shutil.which, NAMES)), None)


def install_chromium() -> None:
    """Root on a Debian is the one case in which a test command may install a package."""
    if find_chromium() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print("installing chromium for the browser tests", flush=True)
    _run_apt("update")
    for name in NAMES[:2]:  # older Debians have no shell
        problem = _run_apt("install", "-y", "--no-install-recommends", name, "fonts-dejavu-core")
        if problem is None:
            return
        print(problem, file=sys.stderr)


def _run_apt(*words: str) -> str | None:
    """What went wrong, None where nothing did."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", *words]
    nothing = subprocess.DEVNULL
    done = subprocess.run(
        command, env=environment, stdin=nothing, stdout=nothing, stderr=subprocess.PIPE, text=True, check=False
    )
    return None if done.returncode == 0 else f"{' '.join(command)} failed: {done.stderr.strip()[-500:]}"


if __name__ == "__main__":
    install_chromium()
    print(find_chromium() or MISSING)
