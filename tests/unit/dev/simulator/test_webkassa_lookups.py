"""Finding receipts again, and the methods that only read."""

from collections.abc import Callable
from typing import Any

import pytest

GetCode = Callable[[Any], int | None]
TICKET = "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"
HISTORY = "/api/v4/Check/History"
ITEM_FIELDS = {
    "CashboxUniqueNumber",
    "CashboxRegistrationNumber",
    "CashboxIdentityNumber",
    "Address",
    "Number",
    "OrderNumber",
    "ExternalOrderNumber",
    "RegistratedOn",
    "RegistratedOnUTC",
    "EmployeeName",
    "EmployeeCode",
    "ShiftNumber",
    "DocumentNumber",
    "OperationType",
    "OperationTypeText",
    "Payments",
    "Total",
    "Change",
    "Taken",
    "Discount",
    "MarkupPercent",
    "Markup",
    "TaxPercent",
    "Tax",
    "VATPayer",
    "Positions",
    "IsOffline",
    "TicketUrl",
    "TicketPrintUrl",
    "CustomerXin",
    "Ofd",
    "ExternalCheckNumber",
    "TaxPayerName",
    "TaxPayerIN",
}


def test_ticket_needs_the_right_shift(client: Any, get_code: GetCode) -> None:
    sold = client.sell("a", ExternalOrderNumber="visit-1")["Data"]
    client.call("/api/v4/ZReport")
    client.sell("b")
    found = client.call(TICKET, ExternalCheckNumber="a", ShiftNumber=1)["Data"]
    assert set(found) == ITEM_FIELDS
    assert (found["Number"], found["RegistratedOn"], found["IsOffline"]) == (
        sold["CheckNumber"], sold["DateTime"], False,
    )  # fmt: skip
    assert found["Payments"] == [{"Sum": 4000, "PaymentTypeName": "Наличные"}]
    assert (found["Total"], found["ExternalOrderNumber"]) == (4000, "visit-1")
    assert get_code(client.call(TICKET, ExternalCheckNumber="a", ShiftNumber=2)) == 19
    assert get_code(client.call(TICKET, ExternalCheckNumber="a", ShiftNumber=3)) == 15
    assert get_code(client.call(TICKET, ExternalCheckNumber="a")) == 9
    client.control("settings", {"lookup_needs_shift": False})
    assert client.call(TICKET, ExternalCheckNumber="a")["Data"]["ShiftNumber"] == 1


@pytest.mark.parametrize(("style", "code"), [("19", 19), ("16", 16), ("empty", None)])
def test_not_found_has_three_faces(client: Any, get_code: GetCode, style: str, code: int | None) -> None:
    client.sell("a")
    client.control("settings", {"not_found_style": style})
    answer = client.call(TICKET, ExternalCheckNumber="x", ShiftNumber=1)
    assert get_code(answer) == code
    assert answer.get("Data") is None


def test_ticket_lookup_may_be_missing(client: Any) -> None:
    client.control("settings", {"ticket_lookup_missing": True})
    assert client.post(TICKET, {}).status_code == 404


def test_history_is_paged_and_take_is_limited(client: Any, get_code: GetCode) -> None:
    for number in "abc":
        client.sell(number)
    page = client.call(HISTORY, ShiftNumber=1, Skip=1, Take=50)["Data"]
    assert (page["Skip"], page["Take"], page["Total"]) == (1, 50, 3)
    assert [item["ExternalCheckNumber"] for item in page["Items"]] == ["b", "c"]
    assert get_code(client.call(HISTORY, ShiftNumber=1, Skip=0, Take=51)) == 9
    assert get_code(client.call(HISTORY, ShiftNumber=1, Skip=0, Take=0)) == 9
    assert get_code(client.call(HISTORY, ShiftNumber=9, Skip=0, Take=1)) == 15


def test_receipt_may_become_visible_later(client: Any, get_code: GetCode) -> None:
    client.control("settings", {"visibility_delay_seconds": 3})
    sold = client.sell("a")["Data"]
    by_number = {"ShiftNumber": 1, "Number": int(sold["CheckNumber"])}
    assert get_code(client.call(TICKET, ExternalCheckNumber="a", ShiftNumber=1)) == 19
    assert get_code(client.call("/api/v4/Check/HistoryByNumber", **by_number)) == 16
    assert client.call(HISTORY, ShiftNumber=1, Skip=0, Take=5)["Data"]["Total"] == 0
    client.control("clock", {"advance_seconds": 3})
    assert get_code(client.call(TICKET, ExternalCheckNumber="a", ShiftNumber=1)) is None
    assert get_code(client.call("/api/v4/Check/HistoryByNumber", **by_number)) is None
    assert client.call(HISTORY, ShiftNumber=1, Skip=0, Take=5)["Data"]["Total"] == 1


def test_history_by_number_stays_in_the_shift(client: Any) -> None:
    number = client.sell("a")["Data"]["CheckNumber"]
    client.call("/api/v4/ZReport")
    client.sell("b")
    found = client.call("/api/Check/HistoryByNumber", Number=number, ShiftNumber=1)
    assert found["Data"]["ExternalCheckNumber"] == "a"
    text = f"Чек № {number} не зарегистрирован в рамках смены 2"
    missed = client.call("/api/v4/Check/HistoryByNumber", Number=number, ShiftNumber=2)
    assert missed == {"Errors": [{"Code": 16, "Text": text}]}


def test_shift_history_is_oldest_first(client: Any, get_code: GetCode) -> None:
    client.sell("a")
    client.call("/api/v4/ZReport")
    client.sell("b")
    page = client.call("/api/v4/Cashbox/ShiftHistory", Skip=0, Take=50)["Data"]
    assert page["Total"] == 2
    assert [set(shift) for shift in page["Shifts"]] == [
        {"ShiftNumber", "OpenDate", "CloseDate"},
        {"ShiftNumber", "OpenDate"},
    ]
    assert get_code(client.call("/api/v4/Cashbox/ShiftHistory", Skip=0, Take=51)) == 9


def test_print_format_shows_the_receipt(client: Any, get_code: GetCode) -> None:
    sold = client.sell("a")["Data"]
    lines = client.call("/api/v4/Ticket/PrintFormat", ExternalCheckNumber="a", PaperKind=0)["Data"]["Lines"]
    assert lines == sold["TicketPrintFormat"]
    assert get_code(client.call("/api/v4/Ticket/PrintFormat", ExternalCheckNumber="x")) == 19


def test_reference_methods(client: Any) -> None:
    client.sell("a")
    [first, second] = client.call("/api/v4/Cashboxes")["Data"]["List"]
    assert (first["UniqueNumber"], first["Shift"], first["CurrentStatus"]) == ("SWK00000001", 1, 1)
    assert first["RegistrationNumber"] != second["RegistrationNumber"]
    units = {unit["Code"]: unit["NameRu"] for unit in client.call("/api/v4/references/RefUnits")["Data"]}
    assert (units[796], units[5114]) == ("шт", "одн.усл.")
    assert client.call("/api-portal/v4/cashbox/client-info")["Data"]["CashboxStatus"] == 1
    info = client.call("/api-portal/v4/organization/main-info", Xin="000000000000")["Data"]
    assert (info["TaxationType"], info["VATInfo"]["VATRates"]) == (100, [5, 10, 12, 16])


def test_unknown_paths_are_404(client: Any) -> None:
    assert client.post("/api/ShiftClose", {}).status_code == 404
    assert client.post("/api/v4/ShiftClose", {}).status_code == 404
    assert client.session.get(f"{client.url}/api/v4/check", timeout=10).status_code == 405
    assert [entry["outcome"] for entry in client.look("journal")] == ["error:404", "error:404", "error:405"]
