"""Rows that no version of ours would write: every page that lists or shows them opens, and shows the others as ever."""

import json

import pytest

from shared.clock import almaty_date, utc_now
from tests.integration.test_bad_rows import MOMENTS, NONSENSE
from tests.support.desk import Browser, Desk

SOUND = "Окрашивание"


@pytest.fixture(params=MOMENTS)
def moment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def spoilt(desk: Desk, moment: str) -> Desk:
    """Of each kind one row that is spoilt, and visits that are not."""
    odd = [desk.add_visit(state=state) for state in ("awaiting_payment", "processed", "dead_lettered")]
    receipt = desk.add_receipt(odd[1], return_due_reason="the payment was taken back in Altegio")
    desk.execute(
        "UPDATE receipts SET issued_at = :at, created_at = :at, issued_at_text = repeat('9', 100000),"
        " receipt_url = 'http://x/?' || repeat('я', 100000), warning = repeat('я', 100000)",
        at=moment,
    )
    desk.execute("UPDATE webhook_records SET created_at = :at, reason = repeat('я', 100000)", at=moment)
    desk.execute("UPDATE visits SET visit_at = :at", at=moment)
    desk.execute(
        "UPDATE cashboxes SET paused_since = now(), paused_until = :at, paused_reason = repeat('я', 9999)", at=moment
    )
    for number, report in ((3, NONSENSE), (4, None)):
        desk.execute(
            "INSERT INTO shifts (cashbox_id, number, opened_at, closed_at, report, strangers)"
            ' VALUES (1, :number, :at, :closed, CAST(:report AS jsonb), \'["x", {"total": "y"}]\')',
            number=number,
            at=moment,
            closed=moment if report else None,
            report=json.dumps(report) if report else None,
        )
    desk.execute(
        "INSERT INTO cashbox_orders (cashbox_id, kind, form_key, ordered_by, amount, external_check_number, state, result,"
        " done_at, created_at) VALUES (1, 'deposit', gen_random_uuid(), 'staff:dana', 5, 'x', 'done',"
        ' \'{"Sum": "a lot"}\', :at, :at)',
        at=moment,
    )
    assert receipt.id
    desk.add_receipt(desk.add_visit(state="processed", title=SOUND))
    return desk


def test_every_page_opens(spoilt: Desk, manager: Browser) -> None:
    today = almaty_date(utc_now())
    visits = manager.page("/acquire")
    assert SOUND in visits
    for path in (
        "/tasks",
        "/shifts",
        "/shifts/1",
        "/drawer",
        "/visits/1",
        "/visits/2",
        "/visits/3",
        "/visits/3/progress",
        "/visits/3/state",
        "/success/1",
        "/success/2",
        "/receipts/1/return",
        f"/books?day={today}",
        f"/books?month={today:%Y-%m}",
        "/audit",
        "/settings",
    ):
        assert manager.page(f"/acquire{path}")


def test_a_day_whose_shift_is_spoilt_has_its_books(spoilt: Desk, manager: Browser) -> None:
    spoilt.execute("UPDATE shifts SET opened_at = now()")
    spoilt.execute("UPDATE receipts SET issued_at = now()")
    assert manager.page(f"/acquire/books?day={almaty_date(utc_now())}")
