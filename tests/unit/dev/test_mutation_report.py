"""What mutmut leaves in a folder becomes a table, a list of what has no reason, and a yes or no for each module."""

import json
import tomllib
from pathlib import Path

import pytest

from dev.mutation.mutants import Mutant, read_mutants
from dev.mutation.report import LEAST, SURVIVORS, format_report, read_survivors

SOURCE = '''
class Till:
    async def xǁTillǁadd__mutmut_orig(self, amount):
        """Adds."""
        self.sum += amount
        return self.sum

    async def xǁTillǁadd__mutmut_1(self, amount):
        """Adds."""
        self.sum -= amount
        return self.sum

    async def xǁTillǁadd__mutmut_2(self, amount):
        """Adds."""
        self.sum += amount
        return None

def x_double__mutmut_orig(amount):
    return amount * 2

def x_double__mutmut_1(amount):
    return amount * 3

def x_choose__mutmut_orig(amount):
    if amount > 9:
        return amount
    if amount < 3:
        return 3
    return amount

def x_choose__mutmut_1(amount):
    if amount > 9:
        return None
    if amount < 3:
        return 3
    return amount

def x_choose__mutmut_2(amount):
    if amount > 9:
        return amount
    if amount < 3:
        return 3
    return None
'''


def test_what_was_changed_is_told_in_words_that_last(tmp_path: Path) -> None:
    folder = tmp_path / "shared" / "fiscal"
    folder.mkdir(parents=True)
    (folder / "till.py").write_text(SOURCE, "utf-8")
    codes = {"xǁTillǁadd__mutmut_1": 1, "xǁTillǁadd__mutmut_2": 0, "x_double__mutmut_1": None}
    codes |= {"x_choose__mutmut_1": 1, "x_choose__mutmut_2": 0}
    told = {f"shared.fiscal.till.{name}": code for name, code in codes.items()}
    (folder / "till.py.meta").write_text(json.dumps({"exit_code_by_key": told}), "utf-8")
    assert [(one.name, one.what.removeprefix("shared.fiscal.till."), one.fate) for one in read_mutants(tmp_path)] == [
        ("shared.fiscal.till.xǁTillǁadd__mutmut_1", "Till.add: self.sum += amount -> self.sum -= amount", "killed"),
        ("shared.fiscal.till.xǁTillǁadd__mutmut_2", "Till.add: return self.sum -> return None", "survived"),
        ("shared.fiscal.till.x_double__mutmut_1", "double: return amount * 2 -> return amount * 3", "untried"),
        ("shared.fiscal.till.x_choose__mutmut_1", "choose: return amount -> return None", "killed"),
        ("shared.fiscal.till.x_choose__mutmut_2", "choose: return amount -> return None (2)", "survived"),
    ]
    assert {one.module for one in read_mutants(tmp_path)} == {"shared.fiscal.till"}


def mutants(module: str, killed: int, survived: int, untried: int = 0) -> list[Mutant]:
    fates = ["killed"] * killed + ["survived"] * survived + ["untried"] * untried
    return [Mutant(module, f"{module}.{number}", f"{module}: {number}", fate) for number, fate in enumerate(fates)]


@pytest.mark.parametrize(("killed", "is_enough"), [(92, True), (91, False)])
def test_every_module_has_to_suffice_by_itself(killed: int, is_enough: bool) -> None:
    text, enough = format_report([*mutants("large", 1000, 0), *mutants("small", killed, 100 - killed)], {})
    assert (enough, "less were noticed in:\n  small" in text) == (is_enough, not is_enough)
    assert f"| small | 100 | {killed} | 0 | {100 - killed} | 0 | 0 | {killed}.0 % | {killed}.0 % |" in text


@pytest.mark.parametrize(("kind", "percent"), [("equivalent", "100.0"), ("wording", "100.0"), ("accepted", "90.0")])
def test_what_is_accepted_counts_and_what_differs_in_nothing_does_not(kind: str, percent: str) -> None:
    text, _ = format_report(mutants("one", 9, 1), {"one: 9": kind})
    assert f"{percent} % | 90.0 % |" in text
    assert "without a reason" not in text


def test_survivors_without_a_reason_are_named_and_reasons_without_a_survivor() -> None:
    text, _ = format_report(
        mutants("one", 1, 1, untried=1), {"one: 0": "equivalent", "one: 2": "wording", "gone: 7": "accepted"}
    )
    assert "1 survived without a reason in survivors.toml:\n  one.1\n    one: 1\n" in text
    assert "2 of survivors.toml did not survive, or are no more:\n  gone: 7\n  one: 0\n\n" in text


def test_every_survivor_has_one_reason_of_a_kind_that_there_is() -> None:
    groups = tomllib.loads(SURVIVORS.read_text("utf-8"))["group"]
    named = [what for group in groups for what in group["mutants"]]
    assert len(named) == len(set(named)) == len(read_survivors())
    assert {group["kind"] for group in groups} <= {"equivalent", "wording", "accepted"}
    assert all(group["mutants"] and group["reason"].strip() for group in groups)


def test_the_score_that_is_wanted() -> None:
    assert LEAST == 92
