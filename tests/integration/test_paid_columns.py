"""What receipts were paid with, as the database reads it out of each request: the same as we read ourselves."""

from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import PaymentKind
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Receipt
from tests.support.bridge import Bridge


def paid_by(sessions: SessionFactory, request: dict[str, Any]) -> dict[PaymentKind, Decimal]:
    with sessions.begin() as session:
        cashbox = Cashbox(unique_number="SWK00030001")
        session.add(cashbox)
        session.flush()
        what = {
            "kind": "sale",
            "document_id": 1,
            "external_check_number": "altegio_1",
            "total": Decimal(1),
            "tax": Decimal(0),
        }
        session.add(Receipt(company_id=1, cashbox_id=cashbox.id, request=request, **what))
        session.flush()
        row = session.execute(select(Receipt.paid_cash, Receipt.paid_card, Receipt.paid_mobile)).one()
    return dict(zip((PaymentKind.CASH, PaymentKind.CARD, PaymentKind.MOBILE), row, strict=True))


@pytest.mark.parametrize(
    "request_of",
    [
        {"Payments": [{"PaymentType": 0, "Sum": 5000}], "Change": 1000},
        {"Payments": [{"PaymentType": 1, "Sum": Decimal("99.90")}], "Change": 0},
        {"Payments": [{"PaymentType": 4, "Sum": 900}, {"PaymentType": 0, "Sum": Decimal("0.50")}]},
        {"Payments": [{"PaymentType": 0, "Sum": 20000}, {"PaymentType": 1, "Sum": 1}], "Change": Decimal("3000.25")},
        {"Payments": [{"PaymentType": 0, "Sum": "4000.55"}], "Change": "0.50"},
    ],
)
def test_each_way_holds_what_was_kept(bridge: Bridge, request_of: dict[str, Any]) -> None:
    assert {kind: amount for kind, amount in paid_by(bridge.services.sessions, request_of).items() if amount} == read_paid(
        request_of
    )


@pytest.mark.parametrize(
    "request_of", [{}, {"Payments": None}, {"Payments": [{"PaymentType": 0, "Sum": "x"}], "Change": "x"}, {"Payments": [7]}]
)
def test_a_damaged_request_is_stored_and_adds_nothing(bridge: Bridge, request_of: dict[str, Any]) -> None:
    assert set(paid_by(bridge.services.sessions, request_of).values()) == {Decimal(0)}
