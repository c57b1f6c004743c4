"""What is installed is known to the hash, everywhere the same, and comes from no address that is written down."""

import re
import tomllib
from pathlib import Path

import pytest

from dev.demo.children import ROOT
from dev.deploy import lock
from dev.deploy.lock import (
    ALL,
    BUILD,
    FOLDER,
    MUTATION,
    OTEL,
    PEERS,
    SERVICE,
    VERSIONS,
    drop_hashes,
    keep_what_is_more,
    split_packages,
)

FILES = [ALL, BUILD, SERVICE, OTEL, PEERS, MUTATION]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def read(path: Path) -> dict[str, str]:
    """Versions by name."""
    return dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text("utf-8"), re.MULTILINE))


def name_of(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0].lower().replace("_", "-")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_package_has_one_version_its_hashes_and_no_address(path: Path) -> None:
    text = path.read_text("utf-8")
    packages = split_packages(text)
    assert "".join(packages) == text
    for package in packages:
        assert re.match(r"[\w.-]+==[\w.]+( ;[^\\]+)? \\\n", package), package
        hashes = package.splitlines()[1:]
        assert hashes
        assert all(re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line) for line in hashes), package
    assert len(read(path)) == len(packages)
    assert not re.search(r"(?i)://|index-url|find-links|trusted-host", text)


def test_what_images_install_is_what_the_tests_run_with() -> None:
    everything = set(split_packages(ALL.read_text("utf-8")))
    for path in (SERVICE, OTEL):
        assert set(split_packages(path.read_text("utf-8"))) <= everything
    assert not read(SERVICE).keys() & read(OTEL).keys()
    assert not read(SERVICE).keys() & {"pytest", "playwright", "fakeredis", "mypy", "ruff"}


def test_the_versions_alone_are_the_same_versions() -> None:
    text = VERSIONS.read_text("utf-8")
    assert text == drop_hashes(ALL.read_text("utf-8"))
    assert "--hash" not in text
    assert read(VERSIONS) == read(ALL)


def test_nothing_the_project_names_is_left_out() -> None:
    project, extras = PROJECT["project"], PROJECT["project"]["optional-dependencies"]
    assert {name_of(one) for one in project["dependencies"]} <= read(SERVICE).keys()
    assert {name_of(one) for one in extras["otel"]} <= read(OTEL).keys()
    assert {name_of(one) for one in extras["dev"]} - {project["name"]} <= read(ALL).keys()
    assert {name_of(one) for one in PROJECT["build-system"]["requires"]} == read(BUILD).keys()
    for name, path in (("peers", PEERS), ("mutation", MUTATION)):
        assert {name_of(one) for one in PROJECT["dependency-groups"][name]} <= read(path).keys()


def test_mutants_are_tried_with_the_versions_of_the_tests() -> None:
    """Both environments are on the path there."""
    ours, all_of_them = read(MUTATION), read(ALL)
    assert {name: all_of_them.get(name, version) for name, version in ours.items()} == ours


def test_every_file_is_renewed_with_the_options_that_were_given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    renewed: dict[str, tuple[str, ...]] = {}
    monkeypatch.setattr(lock, "prepare_tools", lambda: True)
    monkeypatch.setattr(lock, "compile_lock", lambda target, _, *options, given=None: renewed.update({target: options}))
    monkeypatch.setattr(lock, "keep_what_is_more", lambda larger, smaller: None)
    monkeypatch.setattr(lock, "VERSIONS", tmp_path / "constraints.txt")
    assert lock.main(["--upgrade"]) == 0
    assert renewed.keys() == {str(path) for path in FOLDER.glob("*.txt")}
    # What a service needs follows from the file of everything.
    followers = {target for target, options in renewed.items() if "--upgrade" not in options}
    assert followers == {str(SERVICE), str(OTEL)}


@pytest.mark.parametrize("name", ["Makefile", "Dockerfile.api", "Dockerfile.worker"])
def test_nothing_is_installed_without_its_hash(name: str) -> None:
    """Our own package is a folder, which has none: it brings nothing along, and is built by what has one."""
    installs = re.findall(r"pip install (.*)", (ROOT / name).read_text("utf-8"))
    ours = [line for line in installs if re.search(r" \.( \\)?$", line)]
    assert len(ours) == 1
    assert {"--no-deps", "--no-build-isolation"} <= set(ours[0].split())
    assert len(installs) > 1
    assert all("--require-hashes" in line for line in installs if line not in ours)


def test_the_smaller_file_is_taken_out_of_the_larger(tmp_path: Path) -> None:
    smaller, larger = tmp_path / "smaller", tmp_path / "larger"
    smaller.write_text("a==1 \\\n    --hash=sha256:0\n")
    larger.write_text("a==1 \\\n    --hash=sha256:0\nb==2 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n")
    keep_what_is_more(larger, smaller)
    assert larger.read_text() == "b==2 \\\n    --hash=sha256:1 \\\n    --hash=sha256:2\n"
