"""Where a run of the tests keeps its servers."""

from pathlib import Path

import pytest

from dev.demo.children import ROOT
from tests.support import workplace


def test_it_is_in_memory_where_there_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "ENOUGH_BYTES", 1)
    base = workplace.find_base(tmp_path)
    assert (base.parent, base.is_dir()) == (tmp_path, True)
    assert workplace.find_base(tmp_path) == base


def test_it_is_in_the_checkout_where_there_is_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "ENOUGH_BYTES", 10**18)
    assert workplace.find_base(tmp_path) == ROOT / ".test"
    assert list(tmp_path.iterdir()) == []


def test_it_is_in_the_checkout_where_there_is_none(tmp_path: Path) -> None:
    assert workplace.find_base(tmp_path / "no-such") == ROOT / ".test"


def test_a_link_of_somebody_else_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "ENOUGH_BYTES", 1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "memory").mkdir()
    base = workplace.find_base(tmp_path / "memory")
    base.rmdir()
    base.symlink_to(elsewhere)
    assert workplace.find_base(tmp_path / "memory") == ROOT / ".test"
