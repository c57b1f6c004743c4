"""Loyalty transactions: which pay, with what, for which record. Rows are the documented ones of Altegio, shortened."""

from decimal import Decimal
from typing import Any

import pytest

from shared.fiscal.statuses import NoMoney
from worker.altegio.loyalty import Loyalty, read_loyalty
from worker.altegio.schemas import UnreadableAnswer

# Of the sale document: a type, and what was used.
FROM_ACCOUNT = {"id": 25042, "amount": 9.9, "type_id": 11, "deposit_transaction_id": 775, "type": {"id": 11, "title": "…"}}
ACCRUED = {"id": 25043, "amount": 0.1, "type_id": 2, "loyalty_card_id": 185395, "type": {"id": 2, "title": "Loyalty"}}
FROM_CERTIFICATE = {"id": 25050, "amount": "-100", "type_id": 8, "loyalty_certificate_id": 339}
# Of visit details: two flags besides.
ACCRUED_THERE = {
    "id": 10614,
    "status_id": 1,
    "amount": 0.5,
    "type_id": 2,
    "is_discount": False,
    "is_loyalty_withdraw": False,
}


def read(*rows: Any) -> list[Loyalty]:
    return read_loyalty({"loyalty_transactions": list(rows)})


def test_the_documented_lists() -> None:
    assert read(FROM_ACCOUNT, ACCRUED, FROM_CERTIFICATE) == [
        Loyalty(25042, Decimal("9.9"), NoMoney.DEPOSIT),
        Loyalty(25050, Decimal(100), NoMoney.CERTIFICATE),
    ]
    assert read(ACCRUED_THERE) == []


@pytest.mark.parametrize(
    ("fields", "means"),
    [
        *((pytest.param({"type_id": number}, None, id=f"type-{number}")) for number in (1, 2, 4, 5, 7)),
        pytest.param({"type_id": 3}, NoMoney.BONUS, id="type-3"),
        pytest.param({"type_id": 8}, NoMoney.CERTIFICATE, id="type-8"),
        pytest.param({"type_id": 9}, NoMoney.MEMBERSHIP, id="type-9"),
        pytest.param({"type_id": 11}, NoMoney.DEPOSIT, id="type-11"),
        pytest.param({"type_id": "11"}, NoMoney.DEPOSIT, id="as-text"),
        pytest.param({"type": {"id": 8, "title": "…"}}, NoMoney.CERTIFICATE, id="type-as-an-object"),
        pytest.param({"type_id": 6}, NoMoney.UNCLEAR, id="by-hand"),
        pytest.param({"type_id": 10}, NoMoney.UNCLEAR, id="membership-counted-anew"),
        pytest.param({"type_id": 99}, NoMoney.UNCLEAR, id="a-type-nobody-knows"),
        pytest.param({"type_id": 2, "is_loyalty_withdraw": 1}, None, id="the-type-is-stronger-than-the-flag"),
        pytest.param({"is_loyalty_withdraw": True}, NoMoney.BONUS, id="no-type-and-withdrawn"),
        pytest.param(
            {"is_loyalty_withdraw": "1", "certificate_id": 5}, NoMoney.CERTIFICATE, id="withdrawn-from-certificate"
        ),
        pytest.param({"is_loyalty_withdraw": 1, "abonement_id": 5}, NoMoney.MEMBERSHIP, id="withdrawn-from-membership"),
        pytest.param({"is_loyalty_withdraw": 1, "title": "Депозит"}, NoMoney.DEPOSIT, id="by-its-words"),
        pytest.param({"is_loyalty_withdraw": 0}, None, id="no-type-and-not-withdrawn"),
        pytest.param({"is_discount": True}, None, id="a-discount-lowered-the-price-before"),
        pytest.param({}, NoMoney.UNCLEAR, id="nothing-said"),
        pytest.param({"deposit_transaction_id": 1}, NoMoney.DEPOSIT, id="nothing-said-but-what-was-used"),
        pytest.param({"type_id": 8, "status_id": 2}, None, id="cancelled"),
        pytest.param({"type_id": 8, "status_id": 1}, NoMoney.CERTIFICATE, id="in-force"),
        pytest.param({"type_id": 8, "deleted": 1}, None, id="deleted"),
        pytest.param({"type_id": 8, "amount": 0}, None, id="nothing-used"),
    ],
)
def test_what_pays(fields: dict[str, Any], means: NoMoney | None) -> None:
    assert [one.means for one in read({"id": 1, "amount": 700, **fields})] == ([means] if means else [])


def test_the_record_it_is_for() -> None:
    assert read({"amount": 1, "type_id": 8, "item_record_id": 13136569})[0].record_id == 13136569
    assert read({"amount": 1, "type_id": 8, "item_record_id": 0})[0].record_id is None


@pytest.mark.parametrize("state", [{}, {"loyalty_transactions": []}, {"loyalty_transactions": None}])
def test_none(state: dict[str, Any]) -> None:
    assert read_loyalty(state) == []


@pytest.mark.parametrize("row", [{}, {"amount": "?"}, "100", {"amount": 1, "is_discount": "maybe"}])
def test_what_cannot_be_read(row: Any) -> None:
    with pytest.raises(UnreadableAnswer, match=r"loyalty_transactions\[0\]"):
        read(row)
