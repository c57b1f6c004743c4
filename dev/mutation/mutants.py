"""Reads what mutmut left in a folder: which changes of the code it tried, and what became of each."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

# A worker's exit code: pytest's own, a number of mutmut's, or the signal of a time limit.
_FATES = {
    0: "survived",
    1: "killed",
    3: "killed",
    -11: "killed",
    5: "unseen",
    33: "unseen",
    **dict.fromkeys((-24, 24, 36, 152, 255), "timed out"),
}
_VERSION = re.compile(r"__mutmut_(?:orig|\d+)$")


@dataclass(frozen=True, slots=True)
class Mutant:
    """Describes one change. `name` is mutmut's; `what` says it in words that stay the same while the function does, with
    a number where a function has the same line again.

    `fate`: killed, timed out, survived, unseen (no test runs the function), or untried.
    """

    module: str
    name: str
    what: str
    fate: str

    @property
    def is_noticed(self) -> bool:
        return self.fate in ("killed", "timed out")


def read_mutants(folder: Path) -> list[Mutant]:
    """Returns the mutants of every module of a folder in which mutmut ran."""
    return [mutant for path in sorted(folder.rglob("*.py.meta")) for mutant in _read_module(folder, path)]


def _read_module(folder: Path, meta: Path) -> Iterator[Mutant]:
    source = meta.with_suffix("")
    module = source.relative_to(folder).with_suffix("").as_posix().replace("/", ".")
    versions = _find_versions(source.read_text("utf-8"))
    told = Counter[str]()
    for name, code in json.loads(meta.read_text("utf-8"))["exit_code_by_key"].items():
        mangled = name.removeprefix(f"{module}.")
        function = _VERSION.sub("", mangled).removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        change = _describe(versions[_VERSION.sub("__mutmut_orig", mangled)], versions[mangled])
        what = f"{module}.{function}: {change}"
        told[what] += 1
        again = f" ({told[what]})" if told[what] > 1 else ""
        yield Mutant(module, name, what + again, _FATES.get(code, "untried"))


def _find_versions(source: str) -> dict[str, list[str]]:
    """The lines of every version of every function; mutmut writes them all into one file."""
    versions, lines = {}, source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _VERSION.search(node.name):
            versions[node.name] = [line.replace(node.name, "") for line in lines[node.lineno - 1 : node.end_lineno]]
    return versions


def _describe(original: list[str], changed: list[str]) -> str:
    lines = list(ndiff(original, changed))
    before, after = (" ".join(line[2:].strip() for line in lines if line.startswith(sign)) for sign in ("- ", "+ "))
    return f"{before} -> {after}"
