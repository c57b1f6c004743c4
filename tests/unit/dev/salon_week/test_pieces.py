"""The return of one marked piece has one code, and the one that was chosen."""

from datetime import datetime
from typing import Any

import pytest

from dev.salon_week.pieces import find_other_pieces
from dev.simulator.altegio.stories.evenings import DeskReturn

WANTED = DeskReturn(datetime.fromisoformat("2026-03-02T22:00:00"), "altegio_1", "Духи", "010;b")
RIGHT = {"PositionName": "Духи", "Count": 1, "Mark": "010;b"}


@pytest.mark.parametrize(
    ("position", "is_right"),
    [
        pytest.param(RIGHT, True, id="its code"),
        pytest.param({**RIGHT, "Mark": "010;a"}, False, id="another code"),
        pytest.param({**RIGHT, "Count": 2}, False, id="more pieces than codes"),
        pytest.param({"PositionName": "Духи", "Count": 1, "MarkList": ["010;b", "010;a"]}, False, id="more codes"),
        pytest.param({"PositionName": "Духи", "Count": 1}, False, id="no code"),
    ],
)
def test_a_return_of_one_piece(position: dict[str, Any], is_right: bool) -> None:
    ledger = [{"external_check_number": "altegio_1_r1", "request": {"Positions": [position]}}]

    assert (find_other_pieces(ledger, [WANTED]) == []) is is_right


def test_nothing_was_returned() -> None:
    assert find_other_pieces([], [WANTED])
