"""What is read of a document: sums, numbers and names, from wherever the answer has them."""

from decimal import Decimal
from typing import Any

import pytest

from worker.webkassa.schemas import (
    FiscalReceipt,
    UnreadableAnswer,
    read_check_data,
    read_history_item,
    read_items,
    read_shifts,
)

LINK = "http://ofd.example/consumer?i=1000000000011&f=010203040506&s=15000.00&t=20261120T140531"
PRINT = "https://devkkm.webkassa.kz/spa-ui/ticket?chb=SWK00012345&sh=42&extnum=alt-1"


def read(**changes: Any) -> FiscalReceipt:
    return read_check_data({"CheckNumber": "1000000000011", "TicketUrl": LINK, "TicketPrintUrl": PRINT, **changes})


@pytest.mark.parametrize(
    ("changes", "total"),
    [
        ({}, "15000"),
        ({"Total": 0}, "15000"),
        ({"Total": 14999}, "15000"),
        ({"TicketUrl": None, "Total": "14 999"}, None),
        ({"TicketUrl": None, "Total": "14999,50"}, "14999.50"),
        ({"TicketUrl": LINK.replace("s=15000.00", "s=x"), "Total": 5}, "5"),
        ({"TicketUrl": None, "Total": 0}, None),
        ({"TicketUrl": LINK.replace("15000.00", "0.00")}, "0"),
        ({"TicketUrl": "HTTP://X?I=1000000000011&S=77#f"}, "77"),
    ],
)
def test_the_link_tells_the_sum(changes: dict[str, Any], total: str | None) -> None:
    assert read(**changes).total == (Decimal(total) if total is not None else None)


def test_it_names_its_register_and_its_number() -> None:
    found = read(Cashbox={"UniqueNumber": "SWK1", "RegistrationNumber": "010203040506"}, ExternalCheckNumber="alt-1")
    assert found.registers == {"SWK1", "SWK00012345"}
    assert found.external_numbers == {"alt-1"}
    assert found.registration_number == "010203040506"
    assert found.contradiction is None


def test_what_the_answer_leaves_out_the_link_tells() -> None:
    found = read(DateTime="01.01.0001 00:00:00")
    assert (found.registration_number, found.issued_at_text) == ("010203040506", "20.11.2026 14:05:31")
    assert found.issued_at is not None
    assert found.issued_at.isoformat() == "2026-11-20T14:05:31+05:00"


@pytest.mark.parametrize("moment", ["00010101T000000", "20190101T000000", "x"])
def test_a_time_that_cannot_be_is_not_the_links_either(moment: str) -> None:
    found = read(DateTime="01.01.0001 00:00:00", TicketUrl=LINK.replace("20261120T140531", moment))
    assert (found.issued_at, found.issued_at_text) == (None, None)


@pytest.mark.parametrize(
    ("changes", "is_one"),
    [
        ({}, True),
        ({"CheckNumber": "7"}, False),
        ({"CheckNumber": "7", "OfflineMode": True}, True),
        ({"CheckNumber": 1000000000011}, True),
        ({"CheckNumber": Decimal("1.000000000011E+12")}, True),
        ({"Cashbox": {"RegistrationNumber": "7"}}, False),
    ],
)
def test_an_answer_and_its_link_are_of_one_document(changes: dict[str, Any], is_one: bool) -> None:
    assert (read(**changes).contradiction is None) is is_one


@pytest.mark.parametrize("number", ["", None, 0, "0", "000", True, [1], {"a": 1}, "9" * 51, " "])
def test_what_is_no_fiscal_number(number: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read(CheckNumber=number)


@pytest.mark.parametrize(
    ("told", "number"),
    [(42, 42), ("42", 42), (" 42 ", 42), ("42.0", 42), (Decimal("42.0"), 42), (None, None), ("", None), (True, None)]
    + [(told, None) for told in ("x", -1, 42.5, "1e999999999", "NaN", 2**31, "9" * 40, [1])],
)
def test_numbers_of_shifts(told: Any, number: int | None) -> None:
    assert read(ShiftNumber=told, CheckOrderNumber=told).shift_number == number


def test_absurd_lengths_go_nowhere() -> None:
    found = read(TicketUrl=LINK + "&x=" + "я" * 5000, Cashbox={"RegistrationNumber": "7" * 5000, "UniqueNumber": ["x"]})
    assert (found.receipt_url, found.registration_number, found.total) == (None, "010203040506", Decimal(15000))


def test_a_warning_is_kept_with_its_code() -> None:
    errors = [{"Code": 9, "Text": "раз"}, {"Text": "два"}, "x"]
    assert read(Errors=errors).warning == "9: раз; два"


def test_a_history_item_names_its_kind() -> None:
    found = read_history_item(
        {"Number": "7", "OperationType": "3", "CashboxUniqueNumber": "SWK1", "ExternalCheckNumber": "n"}
    )
    assert (found.operation_type, found.registers, found.external_numbers) == (3, {"SWK1"}, {"n"})


@pytest.mark.parametrize("data", [{"CheckNumber": "7"}, {"Shifts": []}, {"Token": "t"}])
def test_another_answer_is_no_list_of_receipts(data: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer):
        read_items(data)


@pytest.mark.parametrize("data", [None, {}, [], {"Items": None}, {"Items": []}, {"Rows": []}, {"Total": 0, "Items": "x"}])
def test_a_list_of_none(data: Any) -> None:
    assert read_items(data)[0] == []


def test_rows_that_are_no_shifts_are_left_out() -> None:
    rows = [{"ShiftNumber": "7"}, {"ShiftNumber": "x"}, None, "y", {"ShiftNumber": 8, "CloseDate": None}]
    assert [(shift.number, shift.is_open) for shift in read_shifts({"Shifts": rows, "Total": "2"})[0]] == [
        (7, True),
        (8, True),
    ]


@pytest.mark.parametrize(
    "address",
    ["javascript:alert(1)", "data:text/html,x", "//ofd.example/t", "ofd.example/t", "https://ofd.example/?" + "x" * 100_000],
)
def test_an_address_that_may_be_no_link_is_none(address: str) -> None:
    document = read_check_data({"CheckNumber": "1", "TicketUrl": address, "TicketPrintUrl": address})
    assert (document.receipt_url, document.print_url) == (None, None)
