"""`make sbom`, by the tool itself: every package that an image has, with its hashes, and every image."""

import json
import re
from pathlib import Path

import pytest

from dev.deploy import sbom
from dev.deploy.images import read_table
from dev.deploy.lock import OTEL, SERVICE
from dev.deploy.tools import prepare_tools


@pytest.fixture(scope="module")
def tools() -> None:
    if not prepare_tools():
        pytest.skip("NO TOOLS: dev/deploy/tools.txt could not be installed, the bill of materials was NOT tested")


@pytest.mark.usefixtures("tools")
def test_the_bill_of_materials_names_all_that_runs_and_is_the_same_again(tmp_path: Path) -> None:
    first, second = tmp_path / "first.json", tmp_path / "second.json"
    assert (sbom.main(first), sbom.main(second)) == (0, 0)
    assert first.read_bytes() == second.read_bytes()
    bom = json.loads(first.read_text("utf-8"))
    assert (bom["bomFormat"], bom["metadata"]["component"]["name"]) == ("CycloneDX", "altegio-webkassa")
    pinned = set(re.findall(r"^([\w.-]+)==([\w.]+)", SERVICE.read_text("utf-8") + OTEL.read_text("utf-8"), re.MULTILINE))
    libraries = [component for component in bom["components"] if component["type"] == "library"]
    assert {(component["name"], component["version"]) for component in libraries} == pinned
    assert all(any(where.get("hashes") for where in component["externalReferences"]) for component in libraries)
    containers = {(one["name"], one["version"]) for one in bom["components"] if one["type"] == "container"}
    assert containers == {(image.name, image.version) for image in read_table()}
