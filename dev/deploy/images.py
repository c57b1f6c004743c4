"""How old the public images are that compose and the Dockerfiles name: what was fixed since then they lack."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from dev.demo.children import ROOT

TABLE = Path(__file__).with_name("images.toml")
DOCKERFILES = ("Dockerfile.api", "Dockerfile.worker")
OLDEST = timedelta(days=120)


@dataclass(frozen=True)
class Image:
    name: str
    version: str
    released: date
    digest: str = ""

    @property
    def reference(self) -> str:
        return f"{self.name}:{self.version}{f'@{self.digest}' if self.digest else ''}"

    def is_too_old(self, today: date) -> bool:
        return today - self.released > OLDEST


def read_table() -> list[Image]:
    return [Image(name, **row) for name, row in tomllib.loads(TABLE.read_text("utf-8")).items()]


def list_named() -> Iterator[str]:
    """The references that stand in compose and in the Dockerfiles, other than to what is built here."""
    named = re.findall(r"^ +image: (\S+)$", (ROOT / "docker-compose.yml").read_text("utf-8"), re.MULTILINE)
    yield from (reference for reference in named if not reference.startswith("altegio-webkassa-"))
    for name in DOCKERFILES:
        yield from re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)


def report_ages(today: date) -> bool:
    """Prints the age of each, and says whether all are young enough."""
    images = read_table()
    for image in images:
        age = (today - image.released).days
        verdict = f"TOO OLD (over {OLDEST.days}): look for a newer one" if image.is_too_old(today) else "ok"
        print(f"image {image.reference}: {age} days, {verdict}{'' if image.digest else ', no digest known'}")
    return not any(image.is_too_old(today) for image in images)
