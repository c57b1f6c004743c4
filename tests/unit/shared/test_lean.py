"""What is left out of a process is missing for a moment only, and never taken from whoever has it already."""

import importlib
import sys

import pytest

from shared.lean import stand_in, without

LIBRARY = "this"  # of the standard library, and loaded by nobody


@pytest.fixture(autouse=True)
def _unload(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, LIBRARY, raising=False)


def test_a_library_is_missing_meanwhile_and_there_afterwards() -> None:
    with without(LIBRARY), pytest.raises(ImportError):
        importlib.import_module(LIBRARY)
    assert importlib.import_module(LIBRARY).__file__


def test_a_failed_import_leaves_nothing_behind() -> None:
    with pytest.raises(RuntimeError), without(LIBRARY):
        raise RuntimeError
    assert LIBRARY not in sys.modules


def test_a_library_that_is_loaded_stays() -> None:
    with without("json"):
        assert importlib.import_module("json").dumps([]) == "[]"
    stand_in("json", dumps=None)
    assert importlib.import_module("json").dumps([]) == "[]"


def test_a_stand_in_has_what_it_was_given() -> None:
    stand_in(LIBRARY, answer=42)
    assert importlib.import_module(LIBRARY).answer == 42
