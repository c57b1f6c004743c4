"""Programs that look at a deployment, in an environment of their own: none of them belongs beside the service's packages."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(sys.prefix) / "deploy"
REQUIREMENTS = Path(__file__).with_name("tools.txt")
_STAMP = FOLDER / "installed"


def prepare_tools() -> bool:
    """Whether they are there; installs them when they are not, or not those that are asked for."""
    wanted = REQUIREMENTS.read_text("utf-8")
    if _STAMP.exists() and _STAMP.read_text("utf-8") == wanted:
        return True
    print("installing the tools of dev/deploy/tools.txt", flush=True)
    commands = (
        [sys.executable, "-m", "venv", str(FOLDER)],
        [str(find_tool("python")), "-m", "pip", "install", "-qq", "-r", str(REQUIREMENTS)],
    )
    for command in commands:
        if subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode != 0:
            return False
    _STAMP.write_text(wanted, "utf-8")
    return True


def find_tool(name: str) -> Path:
    return FOLDER / "bin" / name


def find_compose() -> Path:
    """The program itself: the script in front of it ends with 0 whatever it found."""
    return next(FOLDER.glob("lib/python*/site-packages/compose/docker-compose"))
