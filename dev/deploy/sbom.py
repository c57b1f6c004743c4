"""`make sbom`: what a release consists of, as a CycloneDX file: packages with their hashes, and the images they run beside.

The same for the same versions, to the byte. Exit code 1 where the tool could not be had.
"""

import json
import sys
from pathlib import Path
from typing import Any

from dev.demo import processes
from dev.demo.children import ROOT
from dev.deploy.images import Image, read_table
from dev.deploy.lock import OTEL, SERVICE
from dev.deploy.tools import find_tool, prepare_tools

TARGET = ROOT / "sbom.json"


def build(packages: Path) -> dict[str, Any]:
    """What the packages of a file of requirements and the images of the table are together."""
    command = [str(find_tool("cyclonedx-py")), "requirements", str(packages), "--pyproject", str(ROOT / "pyproject.toml")]
    done = processes.run([*command, "--output-reproducible", "--output-format", "JSON"])
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip()[-500:])
    bom: dict[str, Any] = json.loads(done.stdout)
    bom["components"] += [_describe(image) for image in read_table()]
    return bom


def _describe(image: Image) -> dict[str, Any]:
    """An image as a component of CycloneDX 1.6."""
    component: dict[str, Any] = {
        "type": "container",
        "bom-ref": f"image-{image.name}",
        "name": image.name,
        "version": image.version,
        "purl": f"pkg:docker/{image.name}@{image.version}",
    }
    if image.digest:
        component["hashes"] = [{"alg": "SHA-256", "content": image.digest.removeprefix("sha256:")}]
    return component


def main(target: Path = TARGET) -> int:
    if not prepare_tools():
        print("the tools of dev/deploy/tools.txt could not be installed", file=sys.stderr)
        return 1
    everything = target.with_suffix(".requirements")
    everything.write_text(SERVICE.read_text("utf-8") + OTEL.read_text("utf-8"), "utf-8")
    try:
        bom = build(everything)
    finally:
        everything.unlink()
    target.write_text(json.dumps(bom, indent=2, sort_keys=True) + "\n", "utf-8")
    print(f"{target}: {len(bom['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
