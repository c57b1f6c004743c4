"""Every field of a report under the name that Webkassa gives it, and in spellings of former versions."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.clock import ALMATY
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import ReportSums, read_report

CASH, CARD, MOBILE = PaymentKind.CASH, PaymentKind.CARD, PaymentKind.MOBILE


def part(kind: int | None, amount: Any) -> dict[str, Any]:
    return {"Type": kind, "Sum": amount}


def section(*parts: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"PaymentsByTypesApiModel": list(parts), **fields}


def test_each_field_is_read_under_its_own_name() -> None:
    """No two fields have the same value. In both sections the change is in the cash still, as the counters tell."""
    report = {
        "CashboxRN": 600900800700,
        "ShiftNumber": "118",
        "DocumentCount": 13,
        "StartOn": "14.04.2026 09:41:56",
        "ReportOn": "14.04.2026 23:50:03",
        "CloseOn": "14.04.2026 23:49:59",
        "PutMoneySum": "500.5",
        "TakeMoneySum": 300,
        "SumInCashbox": 12350.25,
        "OfflineMode": False,
        "CashboxOfflineMode": True,
        "Sell": section(part(0, 1000), part(0, 200), part(1, "8360"), part(3, 70), Change=150, Count=9, VAT=1280),
        "ReturnSell": section(part(0, 400), part(4, 25), part(2, 30), Change=50, Count=4, VAT=60.5),
        "StartNonNullable": {"Sell": 905400, "ReturnSell": 12000},
        "EndNonNullable": {"Sell": 905400 + 9480, "ReturnSell": 12000 + 405},
    }
    assert read_report(report) == ReportSums(
        registration_number="600900800700",
        shift_number=118,
        opened_at=datetime(2026, 4, 14, 9, 41, 56, tzinfo=ALMATY),
        closed_at=datetime(2026, 4, 14, 23, 49, 59, tzinfo=ALMATY),
        made_at=datetime(2026, 4, 14, 23, 50, 3, tzinfo=ALMATY),
        sold={CASH: Decimal(1050), CARD: Decimal(8360)},
        returned={CASH: Decimal(350), MOBILE: Decimal(25)},
        other=Decimal(40),
        sale_count=9,
        return_count=4,
        document_count=13,
        deposited=Decimal("500.50"),
        withdrawn=Decimal(300),
        cash_in_drawer=Decimal("12350.25"),
        vat=Decimal("1219.50"),
        offline=True,
    )


def test_an_empty_report_has_nothing() -> None:
    zero = Decimal(0)
    told = ("", None, None, None, None, {}, {}, zero, 0, 0, 0, zero, zero, None, zero, False)
    assert read_report({}) == ReportSums(*told)


@pytest.mark.parametrize(
    ("fields", "is_offline"),
    [
        ({"OfflineMode": True}, True),
        ({"CashboxOfflineMode": True}, True),
        ({"OfflineMode": "True "}, True),
        ({"OfflineMode": 1}, True),
        ({"OfflineMode": False, "CashboxOfflineMode": False}, False),
        ({"OfflineMode": "false", "CashboxOfflineMode": "0"}, False),
        ({"OfflineMode": None}, False),
    ],
)
def test_either_flag_says_that_a_register_works_on_its_own(fields: dict[str, Any], is_offline: bool) -> None:
    assert read_report(fields).offline is is_offline


@pytest.mark.parametrize("counters", [{"StartNonNullable": {"Sell": 0}}, {"EndNonNullable": {"Sell": 900}}, {}])
def test_without_both_counters_the_cash_is_taken_as_it_stands(counters: dict[str, Any]) -> None:
    """900 is what stayed of 1000 with a change of 100: one counter alone says nothing of that."""
    report = {"Sell": section(part(0, 1000), Change=100), **counters}
    assert read_report(report).sold == {CASH: Decimal(1000)}


def test_change_given_for_a_payment_by_card_alone_lowers_the_cash() -> None:
    counters = {"StartNonNullable": {"Sell": 0}, "EndNonNullable": {"Sell": 900}}
    assert read_report({"Sell": section(part(1, 1000), Change=100), **counters}).sold == {
        CARD: Decimal(1000),
        CASH: Decimal(-100),
    }


def test_what_is_no_payment_of_a_section_is_passed_over() -> None:
    sell = {"PaymentsByTypesApiModel": ["0", None, part(1, 0), part(0, "много"), part(4, 5)], "Count": 1.5, "VAT": "нет"}
    told = read_report({"Sell": sell})
    assert (told.sold, told.other, told.sale_count, told.vat) == ({MOBILE: Decimal(5)}, 0, 0, 0)
