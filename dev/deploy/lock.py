"""`make lock`: what is installed, to the version and the hash of every file that the package index has of it.

`requirements/dev.txt` is everything; the others are what a service, its extra `otel` and the building of our own package
need of it. `peers.txt` and `mutation.txt` are for environments of their own, groups of pyproject.toml; that of `make
mutation` stands beside the first, and has its versions where both have a package. `constraints.txt` has the versions alone,
for `pip install -c`, which takes no folder where there are hashes.
Versions stay as they are, unless newer ones are asked for: `make lock ARGS="--upgrade"`, or `ARGS="--upgrade-package NAME"`.
"""

import re
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

from dev.demo.children import ROOT
from dev.deploy.tools import find_tool, prepare_tools

VERSIONS = ROOT / "constraints.txt"
FOLDER = ROOT / "requirements"
ALL, BUILD, SERVICE, OTEL, PEERS, MUTATION = (
    FOLDER / f"{name}.txt" for name in ("dev", "build", "service", "otel", "peers", "mutation")
)
# One answer for every Python and machine there may be; no address of any index.
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "--no-emit-index-url",
)


def compile_lock(target: str, source: str, *options: str, given: str | None = None) -> None:
    command = [str(find_tool("uv")), "pip", "compile", "--quiet", *OPTIONS, *options, "--output-file", target, source]
    subprocess.run(command, cwd=ROOT, input=given, text=True, check=True)


def keep_what_is_more(larger: Path, smaller: Path) -> None:
    """Of the larger of two files the packages that the smaller has not."""
    known = set(split_packages(smaller.read_text("utf-8")))
    larger.write_text("".join(part for part in split_packages(larger.read_text("utf-8")) if part not in known), "utf-8")


def drop_hashes(text: str) -> str:
    return re.sub(r" \\\n +--hash=\S+", "", text)


def split_packages(text: str) -> list[str]:
    """Each with its hashes, which are indented."""
    return re.findall(r"^\S.*\n(?: .*\n)*", text, re.MULTILINE)


def main(options: Sequence[str]) -> int:
    if not prepare_tools():
        return 1
    FOLDER.mkdir(exist_ok=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    compile_lock(str(ALL), "pyproject.toml", "--all-extras", *options)
    compile_lock(str(BUILD), "-", *options, given="\n".join(project["build-system"]["requires"]))
    compile_lock(str(PEERS), "-", *options, given="\n".join(groups["peers"]))
    compile_lock(str(MUTATION), "-", "--constraints", str(ALL), *options, given="\n".join(groups["mutation"]))
    compile_lock(str(SERVICE), "pyproject.toml", "--constraints", str(ALL))
    compile_lock(str(OTEL), "pyproject.toml", "--extra=otel", "--constraints", str(ALL))
    keep_what_is_more(OTEL, SERVICE)
    VERSIONS.write_text(drop_hashes(ALL.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
