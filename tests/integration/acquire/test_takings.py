"""What a day took in: by way of payment, less what was given back, and what the drawer holds as far as it was told."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.storage.models import CashboxOrder, Receipt, Shift
from tests.support.desk import COMPANY, Browser, Desk, position


def add_sale(desk: Desk, total: int, *payments: tuple[int, int], change: int = 0, **values: object) -> int:
    """`payments`: Webkassa's type and the sum; cash as it was handed over."""
    receipt = desk.add_receipt(positions=[position("Стрижка", 1, total)], **values)
    more = {"Payments": [{"PaymentType": kind, "Sum": amount} for kind, amount in payments], "Change": change}
    desk.execute(
        "UPDATE receipts SET request = request || CAST(:more AS jsonb) WHERE id = :id", more=json.dumps(more), id=receipt.id
    )
    return int(receipt.id)


def read_foot(browser: Browser) -> str:
    page = browser.page("/acquire").replace("\u00a0", " ")
    foot = page.split('id="takings"')[1].split("</p>")[0]
    return " ".join(word for part in foot.split("<") for word in part.partition(">")[2].split())


def test_a_cashier_sees_todays_money_by_way_of_payment(desk: Desk, cashier: Browser) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    add_sale(desk, 4000, (0, 5000), change=1000)
    add_sale(desk, 9900, (1, 9000), (4, 900))
    add_sale(desk, 700, (0, 700), state="pending")
    add_sale(desk, 800, (0, 800), issued_at=yesterday)
    basis = add_sale(desk, 3000, (0, 3000))
    add_sale(desk, 500, (0, 500), kind="return", basis=desk.get(Receipt, basis))
    assert read_foot(cashier) == "Сегодня: 16 400 ₸ нал 6 500 ₸ карта 9 000 ₸ Kaspi 900 ₸"


@pytest.mark.parametrize("told_by", ["movement", "report"])
def test_the_drawer_holds_what_was_told_last_and_the_cash_since(desk: Desk, cashier: Browser, told_by: str) -> None:
    now = datetime.now(UTC)
    add_sale(desk, 9000, (0, 9000), issued_at=now - timedelta(minutes=30))
    with desk.sessions.begin() as session:
        if told_by == "movement":
            session.add(
                CashboxOrder(
                    cashbox_id=1,
                    kind="deposit",
                    amount=20000,
                    form_key="0d1b2a0e-0000-4000-8000-000000000001",
                    ordered_by="staff:aigul",
                    state="done",
                    done_at=now - timedelta(minutes=20),
                    result={"Sum": 52000},
                )
            )
        else:
            closed_at = now - timedelta(minutes=20)
            session.add(
                Shift(
                    cashbox_id=1,
                    number=1,
                    opened_at=now - timedelta(hours=9),
                    closed_at=closed_at,
                    report={"SumInCashbox": 52000},
                )
            )
    add_sale(desk, 4000, (0, 5000), change=1000, issued_at=now - timedelta(minutes=10))
    assert read_foot(cashier).endswith("в ящике 56 000 ₸")


def test_each_salon_sees_its_own_money(desk: Desk) -> None:
    add_sale(desk, 4000, (1, 4000), company_id=COMPANY)
    add_sale(desk, 700, (1, 700), company_id=990077)
    desk.add_user("zarina", salons=[990077])
    assert read_foot(desk.sign_in("zarina")).startswith("Сегодня: 700 ₸")
