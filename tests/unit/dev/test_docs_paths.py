"""What the documentation names exists: files, folders, modules, commands of make. What moves is mended with the move."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.demo.children import ROOT

PACKAGES = ("api", "worker", "shared", "dev", "tests", "migrations")
FOLDERS = (*PACKAGES, "docs", "nginx", "static", "templates", r"\.ci")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SOURCES = sorted(path for package in PACKAGES for path in ROOT.glob(f"{package}/**/*.py"))
NAMES_OF_FILES = {path.name for package in PACKAGES for path in ROOT.glob(f"{package}/**/*")}

_PATH = re.compile(rf"(?<![\w./-])((?:{'|'.join(FOLDERS)})/[\w.*/-]*[\w*/])")
_BARE_FILE = re.compile(r"`([\w-]+\.(?:py|sh|yml|lua))`")
_MODULE = re.compile(rf"(?:`|-m )((?:{'|'.join(PACKAGES)})(?:\.\w+)+)")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_COMMAND = re.compile(r"(?:`|^)make ([a-z][\w-]*)", re.MULTILINE)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def find_lost_paths(text: str) -> Iterator[str]:
    for path in _PATH.findall(text):
        if not any(ROOT.glob(path.rstrip("/"))):
            yield path
    yield from (name for name in _BARE_FILE.findall(text) if name not in NAMES_OF_FILES)


def find_lost_modules(text: str) -> Iterator[str]:
    yield from (name for name in _MODULE.findall(text) if not is_module_or_name_in_one(name))


def is_module_or_name_in_one(dotted: str) -> bool:
    """`worker.alerts`, `worker.alerts.grouping`, or a name that `shared/clock.py` has, as in `shared.clock.utc_now`."""
    place, parts = ROOT, dotted.split(".")
    while parts and (place / parts[0]).is_dir():
        place /= parts.pop(0)
    if parts and (place / f"{parts[0]}.py").is_file():
        place /= f"{parts.pop(0)}.py"
    if not parts:
        return True
    source = place if place.is_file() else place / "__init__.py"
    return source.is_file() and re.search(rf"\b{parts[0]}\b", source.read_text("utf-8")) is not None


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_what_a_document_names_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    assert [*find_lost_paths(text), *find_lost_modules(text)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_commands_of_make_are_in_the_makefile(document: Path) -> None:
    assert set(_COMMAND.findall(document.read_text("utf-8"))) <= TARGETS


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_of_a_document_lead_somewhere(document: Path) -> None:
    links = [link for link in _LINK.findall(document.read_text("utf-8")) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_modules_that_comments_name_exist() -> None:
    others = [path for path in SOURCES if path != Path(__file__)]
    lost = {name_of(path): [*find_lost_modules(path.read_text("utf-8"))] for path in others}
    assert {path: names for path, names in lost.items() if names} == {}


def test_every_decision_has_its_line_in_the_index_and_no_number_is_left_out() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path.name for path in folder.glob("0*.md"))
    assert [int(name[:4]) for name in files] == list(range(1, len(files) + 1))
    numbers = [str(number) for number in range(1, len(files) + 1)]
    assert [(folder / name).read_text("utf-8").split()[1] for name in files] == [f"{number}." for number in numbers]
    lines = re.findall(r"^\| \[(\d+)\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text("utf-8"), re.MULTILINE)
    assert lines == [*zip(numbers, files, strict=True)]


@pytest.mark.parametrize(
    "text",
    [
        "see `worker/nowhere.py`",
        "`nowhere.py` does it",
        "docs/nowhere.md",
        "`worker.nowhere`",
        "python -m dev.nowhere",
        "`shared.clock.nowhere`",
    ],
)
def test_what_is_lost_is_found(text: str) -> None:
    assert [*find_lost_paths(text), *find_lost_modules(text)] != []
