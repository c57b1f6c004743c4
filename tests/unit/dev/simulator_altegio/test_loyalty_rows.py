"""Rows of loyalty in the two lists that have them, field by field as the official samples show them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from dev.simulator.altegio.bodies import Visit, record_body
from dev.simulator.altegio.ledgers import loyalty_body
from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.state import Stored
from dev.simulator.altegio.rest.views import show_details, show_sale
from dev.simulator.altegio.salon import SPECIALISTS

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
VISIT = Visit(307626, 1, 2, 8201102, NOW, NOW, SPECIALISTS[0], None, ())
IN_DETAILS = {
    *("id", "status_id", "amount", "type_id", "program_id", "card_id", "salon_group_id", "item_id", "item_type_id"),
    *("item_record_id", "goods_transaction_id", "is_discount", "is_loyalty_withdraw", "type"),
}
IN_SALE = {"id", "document_id", "amount", "type_id", "type", "created_at", "chain"}


def show(type_id: int | None, status_id: int = 1) -> tuple[dict[str, Any], dict[str, Any]]:
    """Of visit details, and of the sale document."""
    body = loyalty_body(10614, type_id, Decimal("0.5"), VISIT, NOW, status_id=status_id)
    record = record_body(VISIT, NOW, attendance=1, paid=True, deleted=False)
    row, visit = (Stored(one["id"], VISIT.company_id, one, False, NOW, NOW) for one in (body, record))
    [detail] = show_details(visit, (), [row], Settings())["loyalty_transactions"]
    [sold] = show_sale(VISIT.document_id, visit, (), (), [row])["state"]["loyalty_transactions"]
    return detail, sold


@pytest.mark.parametrize(
    ("type_id", "title", "used"),
    [
        (2, "Loyalty programs", set()),
        (3, "Withdrawal from loyalty card", {"loyalty_card_id"}),
        (8, "Write-off from the certificate", {"loyalty_certificate_id"}),
        (9, "Membership use", {"loyalty_abonement_id"}),
        (11, "Withdrawal from personal account", {"deposit_transaction_id"}),
    ],
)
def test_flags_are_in_the_details_and_what_was_used_in_the_document(type_id: int, title: str, used: set[str]) -> None:
    detail, sold = show(type_id)

    assert detail.keys() == IN_DETAILS
    assert sold.keys() == IN_SALE | used
    assert detail["type"] == sold["type"] == {"id": type_id, "title": title}
    assert (detail["amount"], detail["status_id"], detail["is_discount"]) == (0.5, 1, False)
    # An accrual is neither a discount nor a withdrawal.
    assert detail["is_loyalty_withdraw"] is (type_id != 2)


def test_without_a_type_the_flags_are_all_that_is_said() -> None:
    detail, sold = show(None)

    assert (sold["is_loyalty_withdraw"], sold["is_discount"]) == (True, False)
    assert not {"type", "type_id"} & {*detail, *sold}


def test_what_was_cancelled_says_so_in_both() -> None:
    assert [row["status_id"] for row in show(8, status_id=3)] == [3, 3]
