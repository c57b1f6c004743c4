"""Every field of a document under each of the names that answers have for it, and pages of lists."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.clock import ALMATY
from worker.webkassa.schemas import (
    UnreadableAnswer,
    find_registers,
    read_check_data,
    read_history_item,
    read_items,
    read_shifts,
)

MOMENT = datetime(2026, 4, 14, 9, 41, 56, tzinfo=ALMATY)
CHECK = {
    "CheckNumber": "1591",
    "DateTime": "14.04.2026 09:41:56",
    "Cashbox": {"UniqueNumber": "SWK3", "RegistrationNumber": "600900800700"},
    "CheckOrderNumber": 4,
    "OfflineMode": True,
    "ShiftNumber": "118",
    "Total": "4000.50",
    "OperationType": 2,
    "ExternalCheckNumber": "altegio_1",
    "CashboxUniqueNumber": "SWK1",
    "CashboxSN": "SWK2",
    "Errors": [{"Code": 5, "Text": "скоро"}, {"Text": "иначе"}],
}
HISTORY = {
    "Number": 1591,
    "RegistratedOn": "14.04.2026 09:41:56",
    "CashboxRegistrationNumber": 600900800700,
    "OrderNumber": 4,
    "IsOffline": True,
    "ShiftNumber": 118,
    "Total": 4000.5,
    "OperationType": 3,
}
LINK = "https://ofd.test/t?i=1591&f=600900800700&s=4000.5&t=20260414T094156"


def test_a_check_response() -> None:
    told = read_check_data(CHECK)
    assert (told.fiscal_number, told.registration_number, told.shift_number) == ("1591", "600900800700", 118)
    assert (told.check_order_number, told.offline_mode, told.operation_type) == (4, True, 2)
    assert (told.issued_at, told.issued_at_text, told.total) == (MOMENT, "14.04.2026 09:41:56", Decimal("4000.50"))
    assert told.registers == {"SWK1", "SWK2", "SWK3"}
    assert told.external_numbers == {"altegio_1"}
    assert (told.contradiction, told.warning) == (None, "5: скоро; иначе")
    assert (told.receipt_url, told.print_url) == (None, None)


def test_an_item_of_a_shifts_history() -> None:
    """A sale found after a lost answer can be returned only if its time and register are known."""
    told = read_history_item(HISTORY)
    assert (told.fiscal_number, told.registration_number, told.shift_number) == ("1591", "600900800700", 118)
    assert (told.check_order_number, told.offline_mode, told.operation_type) == (4, True, 3)
    assert (told.issued_at, told.issued_at_text, told.total) == (MOMENT, "14.04.2026 09:41:56", Decimal("4000.5"))


def test_an_item_in_the_words_of_a_check_response() -> None:
    assert read_history_item(CHECK) == read_check_data(CHECK)
    assert read_history_item({**CHECK, "Number": ""}) == read_check_data(CHECK)
    assert read_history_item({**CHECK, "Number": 7}).fiscal_number == "7"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ([], "not an object"),
        ({}, "no Number"),
        ({"Number": None, "CheckNumber": ""}, "no Number"),
        ({"Number": "000"}, "no fiscal number"),
    ],
)
def test_what_is_no_item_says_why(item: Any, words: str) -> None:
    with pytest.raises(UnreadableAnswer, match=f"^{words}$"):
        read_history_item(item)


@pytest.mark.parametrize("data", [None, [], {}, {"CheckNumber": 0}])
def test_what_is_no_check_response_says_why(data: Any) -> None:
    with pytest.raises(UnreadableAnswer, match=r"^no CheckNumber$"):
        read_check_data(data)


def test_the_links_tell_what_the_answer_leaves_out() -> None:
    print_link = "https://print.test/?chb=SWK9&extnum=altegio%5F9&i=#chb=SWK8"
    told = read_check_data({"CheckNumber": "1591", "TicketUrl": f" {LINK} ", "TicketPrintUrl": print_link})
    assert (told.registration_number, told.total, told.issued_at) == ("600900800700", Decimal("4000.5"), MOMENT)
    assert (told.issued_at_text, told.offline_mode) == ("14.04.2026 09:41:56", False)
    assert (told.registers, told.external_numbers) == ({"SWK9"}, {"altegio_9"})
    assert (told.receipt_url, told.print_url) == (LINK, print_link)


def test_a_contradiction_names_both_sides() -> None:
    other = read_check_data({"CheckNumber": "7", "TicketUrl": LINK})
    assert other.contradiction == "its number is 7, its link is that of 1591"
    assert read_check_data({"CheckNumber": "7", "TicketUrl": LINK, "OfflineMode": True}).contradiction is None
    told = {"CheckNumber": "1591", "TicketUrl": LINK, "Cashbox": {"RegistrationNumber": "6"}}
    assert read_check_data(told).contradiction == "its register is 6, its link is that of 600900800700"


def test_a_page_of_shifts() -> None:
    rows = [
        {"ShiftNumber": 2, "CloseDate": None},
        "x",
        {"ShiftNumber": "x"},
        {"ShiftNumber": 1, "CloseDate": "14.04.2026 09:41:56"},
    ]
    shifts, total = read_shifts({"Shifts": rows, "Total": 9})
    assert [(one.number, one.is_open, one.closed_at) for one in shifts] == [(2, True, None), (1, False, MOMENT)]
    assert (total, read_shifts({"Shifts": rows})[1]) == (9, 2)
    assert (read_shifts({"Shifts": rows, "Total": 0})[1], read_shifts(None)) == (0, ([], 0))


@pytest.mark.parametrize("name", ["Items", "Rows"])
def test_a_page_of_receipts(name: str) -> None:
    assert read_items({name: [{"Number": 1}, "x"], "Total": "5"}) == ([{"Number": 1}], 5)
    assert read_items({name: None}) == ([], None)
    assert read_items([{"Number": 1}]) == ([{"Number": 1}], None)
    with pytest.raises(UnreadableAnswer, match=r"^no list of receipts$"):
        read_items({"Total": 5})


def test_registers_by_any_of_their_names() -> None:
    assert find_registers({"CashboxSN": " SWK2 ", "Cashbox": "SWK3"}) == {"SWK2"}
    assert find_registers({"CashboxUniqueNumber": True, "Cashbox": {"UniqueNumber": 12}}) == {"12"}
    assert find_registers("SWK1") == frozenset()


@pytest.mark.parametrize(
    ("told", "number"),
    [(0, 0), (2**31 - 1, 2**31 - 1), (2**31, None), (-1, None), ("2147483647", 2**31 - 1), ("1.0", 1), ("1.5", None)],
)
def test_whole_numbers_that_a_column_holds(told: Any, number: int | None) -> None:
    assert read_check_data({**CHECK, "ShiftNumber": told}).shift_number == number


@pytest.mark.parametrize(("length", "is_kept"), [(50, True), (51, False)])
def test_a_registration_number_has_fifty_signs_at_most(length: int, is_kept: bool) -> None:
    told = read_check_data({**CHECK, "Cashbox": {"RegistrationNumber": "6" * length}}).registration_number
    assert told == ("6" * length if is_kept else None)


def test_what_the_paper_receipt_says_is_kept() -> None:
    organization = {"TaxPayerName": "ТОО «Салон»", "TaxPayerIN": "123456789012"}
    told = read_check_data({**CHECK, "Organization": organization}).paper
    assert (told.taxpayer_name, told.taxpayer_number) == ("ТОО «Салон»", "123456789012")


def test_a_page_may_say_that_its_shift_has_no_receipts() -> None:
    assert read_items({"Items": [], "Total": "0"}) == ([], 0)


@pytest.mark.parametrize(
    ("told", "number"), [(Decimal("1.2E+9"), "1200000000"), ("0071", "0071"), ("X0", "X0"), (Decimal(71), "71")]
)
def test_a_fiscal_number_is_written_out(told: Any, number: str) -> None:
    assert read_check_data({"CheckNumber": told}).fiscal_number == number


@pytest.mark.parametrize(
    ("address", "is_kept"),
    [
        (LINK, True),
        (LINK.replace("https", "http"), True),
        (LINK.replace("https", "HTTP"), True),
        (LINK.replace("https", "ftp"), False),
        (f"https://ofd.test/{'t' * 983}", True),
        (f"https://ofd.test/{'t' * 984}", False),
    ],
    ids=["https", "http", "capitals", "no-link", "1000-signs", "1001-signs"],
)
def test_only_what_may_become_a_link_is_kept(address: str, is_kept: bool) -> None:
    told = read_check_data({"CheckNumber": "1591", "TicketUrl": address, "TicketPrintUrl": address})
    assert (told.receipt_url, told.print_url) == ((address,) * 2 if is_kept else (None, None))


def test_signs_of_a_query_may_stand_in_its_values() -> None:
    """The first question mark begins it, the first equals sign of a field ends its name."""
    told = read_check_data({"CheckNumber": "1591", "TicketPrintUrl": "https://print.test/?extnum=a=b&u=?&chb=SWK9"})
    assert (told.external_numbers, told.registers) == ({"a=b"}, {"SWK9"})
