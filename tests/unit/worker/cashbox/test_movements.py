"""What a register's reports say of a cash movement whose answer was lost: never more than they tell."""

from decimal import Decimal
from typing import Any

import pytest

from shared.storage.models.desk.cashbox_order import OrderKind
from worker.cashbox.shift.movements import Count, Fate, count_movements, judge

AMOUNT = Decimal(5000)
ENDED = "14.04.2026 23:50:00"
DEPOSIT, WITHDRAWAL = OrderKind.DEPOSIT, OrderKind.WITHDRAWAL


def report(shift: Any = 3, put: Any = 100, closed: Any = None, registration: str = "R") -> dict[str, Any]:
    return {"ShiftNumber": shift, "PutMoneySum": put, "TakeMoneySum": 7, "CloseOn": closed, "CashboxRN": registration}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(report(), Count("R", 3, Decimal(100)), id="into-the-open-shift"),
        pytest.param(report(closed=ENDED), Count("R", 4, Decimal(0)), id="it-opens-the-next"),
        pytest.param(report(closed="0001-01-01T00:00:00"), Count("R", 3, Decimal(100)), id="never-ended"),
        pytest.param(report(closed="01.01.0001 00:00:00"), Count("R", 3, Decimal(100)), id="never-ended-here"),
        pytest.param(report(put=None), Count("R", 3, None), id="not-counted"),
        pytest.param(report(put="100,50"), Count("R", 3, Decimal("100.50")), id="as-text"),
        pytest.param(report(shift=None), None, id="of-no-shift"),
        pytest.param({}, Count("", 1, Decimal(0)), id="a-new-register"),
        pytest.param(None, None, id="no-report"),
    ],
)
def test_what_a_movement_is_added_to(found: Any, expected: Count | None) -> None:
    assert count_movements(found, DEPOSIT) == expected
    if expected is not None:
        assert Count.load(expected.dump()) == expected


def test_each_kind_has_its_counter() -> None:
    count = count_movements(report(), WITHDRAWAL)
    assert count is not None
    assert count.moved == 7


BEFORE = Count("R", 3, Decimal(100))


@pytest.mark.parametrize(
    ("found", "fate"),
    [
        pytest.param(report(put=100), Fate.NOT_MOVED, id="counts-what-it-did"),
        pytest.param(report(put=5100), Fate.ASK, id="open-so-the-number-is-known"),
        pytest.param(report(put=200), Fate.ASK, id="open-with-another-movement"),
        pytest.param(report(put=None), Fate.ASK, id="open-and-not-counted"),
        pytest.param(report(put=5100, closed="0001-01-01"), Fate.ASK, id="never-ended"),
        pytest.param(report(put=100, closed=ENDED), Fate.NOT_MOVED, id="over-without-it"),
        pytest.param(report(put=5100, closed=ENDED), Fate.MOVED, id="over-with-it"),
        pytest.param(report(put=5100, closed="31/12/26"), Fate.MOVED, id="perhaps-over-with-it"),
        pytest.param(report(put=200, closed="31/12/26"), Fate.UNCLEAR, id="perhaps-over"),
        pytest.param(report(put=5200, closed=ENDED), Fate.UNCLEAR, id="over-with-another-movement"),
        pytest.param(report(put=None, closed=ENDED), Fate.UNCLEAR, id="over-and-not-counted"),
        pytest.param(report(shift=4, put=0), Fate.UNCLEAR, id="the-next-shift-hides-it"),
        pytest.param(report(shift=4, put=5000), Fate.UNCLEAR, id="whatever-that-counts"),
        pytest.param(report(shift=1, put=100, closed=ENDED), Fate.UNCLEAR, id="numbers-began-anew"),
        pytest.param(report(put=100, registration="other"), Fate.UNCLEAR, id="registered-anew"),
        pytest.param(report(put=100, registration=""), Fate.NOT_MOVED, id="registration-not-told"),
        pytest.param(report(shift="x"), Fate.UNCLEAR, id="of-no-shift"),
        pytest.param({}, Fate.UNCLEAR, id="no-shift-at-all"),
        pytest.param(None, Fate.UNCLEAR, id="no-report"),
    ],
)
def test_what_became_of_it(found: Any, fate: Fate) -> None:
    assert judge(BEFORE, found, DEPOSIT, AMOUNT) is fate


def test_a_shift_it_would_have_opened_is_not_there() -> None:
    assert judge(Count("R", 4, Decimal(0)), report(closed=ENDED), DEPOSIT, AMOUNT) is Fate.NOT_MOVED
    assert judge(Count("R", 4, Decimal(0)), report(), DEPOSIT, AMOUNT) is Fate.UNCLEAR
    assert judge(Count("", 1, Decimal(0)), {}, DEPOSIT, AMOUNT) is Fate.NOT_MOVED


def test_without_a_count_before_it_nothing_is_known() -> None:
    assert judge(None, report(), DEPOSIT, AMOUNT) is Fate.UNCLEAR
    assert judge(Count("R", 3, None), report(closed=ENDED), DEPOSIT, AMOUNT) is Fate.UNCLEAR


def test_a_shift_that_takes_nothing_more_is_over_though_open() -> None:
    assert judge(BEFORE, report(put=5100), DEPOSIT, AMOUNT, is_over=True) is Fate.MOVED
    assert judge(BEFORE, report(put=200), DEPOSIT, AMOUNT, is_over=True) is Fate.UNCLEAR
