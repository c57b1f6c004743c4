"""The frame of every suite: arguments from the fields of its options, a report, a JSON file, an exit code, a folder."""

import json
import sys
import tempfile
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dev.harness import command
from dev.harness.command import option, run_suite
from dev.harness.report import show_table


@dataclass(frozen=True, kw_only=True)
class Options(command.Options):
    days: int = option(7, "(7)")
    share: float = option(0.05, "(0.05)")
    scope: str = option("both", "which", choices=("both", "one"))
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Result:
    options: Options
    is_clean: bool
    touched: frozenset[str] = frozenset({"b", "a"})

    def format(self) -> str:
        return "CLEAN" if self.is_clean else "NOT CLEAN"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs a suite with these arguments; the result and the folder it had."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[tuple[Options, Path]] = []

    def run(*arguments: str, is_clean: bool = True) -> tuple[Options, Path]:
        def suite(options: Options, folder: Path) -> Result:
            (folder / "api.log").write_text("said")
            seen.append((options, folder))
            return Result(options, is_clean)

        monkeypatch.setattr(sys, "argv", ["suite", *arguments])
        with nullcontext() if is_clean else pytest.raises(SystemExit, match="1"):
            run_suite("dev.suite", "What it does.", Options, suite)
        return seen[-1]

    return run


def test_fields_are_arguments_with_their_types_and_defaults(call: Any) -> None:
    options, _ = call("--seed", "7", "--share", "0.5", "--scope", "one")

    assert options == Options(seed=7, days=7, share=0.5, scope="one", environment={})


def test_without_a_seed_there_is_one_and_it_is_told(call: Any, capsys: pytest.CaptureFixture[str]) -> None:
    options, _ = call()

    assert isinstance(options.seed, int)
    assert f"seed {options.seed}" in capsys.readouterr().err


def test_a_clean_run_leaves_its_report_and_no_folder(call: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, folder = call("--seed", "7", "--json", str(tmp_path / "out.json"))

    assert not folder.exists()
    assert capsys.readouterr().out == "CLEAN\n"
    told = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert told["options"]["seed"] == 7
    assert sorted(told["touched"]) == ["a", "b"]


def test_a_run_that_is_not_clean_keeps_what_the_processes_said(call: Any, capsys: pytest.CaptureFixture[str]) -> None:
    _, folder = call("--seed", "7", is_clean=False)

    assert (folder / "api.log").read_text() == "said"
    captured = capsys.readouterr()
    assert captured.out == "NOT CLEAN\n"
    assert str(folder) in captured.err


def test_a_table_is_markdown_and_aligned() -> None:
    assert show_table(["fault", "times"], [("redis kill -9", 2), ("drop", 12.345)]).splitlines() == [
        "| fault         | times |",
        "|---------------|------:|",
        "| redis kill -9 |     2 |",
        "| drop          |  12.3 |",
    ]
