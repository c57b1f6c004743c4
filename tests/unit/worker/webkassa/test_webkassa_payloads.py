"""Every canned answer of Webkassa, served by a real server to the real client."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from fakeredis import FakeStrictRedis

from shared.config import Settings
from tests.unit.canned_server import Answer, CannedServer, find_closed_address
from tests.unit.material import WEBKASSA, list_names, make_credentials
from worker.webkassa.client import WebkassaClient
from worker.webkassa.errors import (
    AlreadyIssued,
    CashboxBusy,
    DomainUnavailable,
    LoginRefused,
    NotFoundInShift,
    OfflineTooLong,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    SessionExpired,
    ShiftExpired,
    ShiftNotOpen,
    TooManyRequests,
    UnknownVendorCode,
    WebkassaError,
)
from worker.webkassa.schemas import FiscalReceipt, read_check_data, read_history_item

CASHBOX, NUMBER, SHIFT = "SWK00067890", "altegio_640500104", 118
TICKET = "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"

CALLS: dict[str, tuple[str, Callable[[WebkassaClient], Any]]] = {
    "authorize": ("/api/v4/Authorize", lambda client: client.authorize()),
    "cashboxes": ("/api/v4/Cashboxes", lambda client: client.list_cashboxes()),
    "check": ("/api/v4/check", lambda client: client.check({"ExternalCheckNumber": NUMBER})[0]),
    "check_history": ("/api/v4/Check/History", lambda client: client.find_in_history(CASHBOX, NUMBER, SHIFT)),
    "client_info": ("/api-portal/v4/cashbox/client-info", lambda client: client.client_info(CASHBOX)),
    "lookup_by_external": (TICKET, lambda client: client.find_ticket(CASHBOX, NUMBER, SHIFT)),
    "main_info": ("/api-portal/v4/organization/main-info", lambda client: client.main_info("000000000000")),
    "shift_history": ("/api/v4/Cashbox/ShiftHistory", lambda client: client.list_newest_shifts(CASHBOX)),
    "xreport": ("/api/v4/XReport", lambda client: client.x_report(CASHBOX)),
    "zreport": ("/api/v4/ZReport", lambda client: client.close_shift(CASHBOX)),
    # The bridge has no use for these methods; their envelopes are read all the same.
    "history_by_number": ("/other", lambda client: read_history_item(client._call("/other", {}, client._read))),
    "money_operation": ("/other", lambda client: client._call("/other", {}, client._read)),
    "print_format": ("/other", lambda client: client._call("/other", {}, client._read)),
    "ref_units": ("/other", lambda client: client._call("/other", {}, client._read)),
}

FAILS: dict[str, type[WebkassaError]] = {
    "authorize__api_key_missing": LoginRefused,
    "authorize__without_token": LoginRefused,
    "authorize__wrong_password": LoginRefused,
    "check__duplicate_data_null": AlreadyIssued,
    "check__duplicate_with_data": AlreadyIssued,
    "check__duplicate_with_other_total": AlreadyIssued,
    "check__duplicate_without_data": AlreadyIssued,
    "check__error_1": LoginRefused,
    "check__error_10": RegisterRefused,
    "check__error_1007": ReceiptRejected,
    "check__error_1008": ReceiptRejected,
    "check__error_1011": ReceiptRejected,
    "check__error_1013": ReceiptRejected,
    "check__error_1014": ReceiptRejected,
    "check__error_1024": RegisterRefused,
    "check__error_11": ShiftExpired,
    "check__error_12": ShiftNotOpen,
    "check__error_13": ShiftNotOpen,
    "check__error_14": AlreadyIssued,
    "check__error_1404": RegisterRefused,
    "check__error_15": NotFoundInShift,
    "check__error_16": NotFoundInShift,
    "check__error_17": ReceiptRejected,
    "check__error_18": OfflineTooLong,
    "check__error_19": NotFoundInShift,
    # A session that is refused twice, the second time right after a login, is no matter of time.
    "check__error_2": SessionExpired,
    "check__error_20": ReceiptRejected,
    "check__error_3": SessionExpired,
    "check__error_4": RegisterRefused,
    "check__error_5": RegisterRefused,
    "check__error_505": DomainUnavailable,
    "check__error_505_with_spare_hosts": DomainUnavailable,
    "check__error_6": RegisterRefused,
    "check__error_7": RegisterRefused,
    "check__error_8": ReceiptRejected,
    "check__error_9": ReceiptRejected,
    "check__error_code_as_text": SessionExpired,
    "check__error_minus_1": OutcomeUnknown,
    "check__error_unknown": UnknownVendorCode,
    "check__error_without_text": RegisterRefused,
    "check__external_number_too_long": ReceiptRejected,
    "check__http_200_data_null": OutcomeUnknown,
    "check__http_200_empty": OutcomeUnknown,
    "check__http_200_html": OutcomeUnknown,
    "check__http_200_list": OutcomeUnknown,
    "check__http_200_no_keys": OutcomeUnknown,
    "check__http_200_null": OutcomeUnknown,
    "check__http_200_truncated": OutcomeUnknown,
    "check__http_200_without_check_number": OutcomeUnknown,
    "check__http_400_with_errors": ReceiptRejected,
    "check__http_401_with_errors": SessionExpired,
    # The login was answered by a register, so these are a gateway's.
    "check__http_403_html": OutcomeUnknown,
    "check__http_404_html": OutcomeUnknown,
    "check__http_429": TooManyRequests,
    "check__http_500_json_without_errors": OutcomeUnknown,
    "check__http_502_html": OutcomeUnknown,
    "check__http_503_html": OutcomeUnknown,
    "check__http_504_empty": OutcomeUnknown,
    "check__http_505_with_spare_hosts": DomainUnavailable,
    "check__malformed_json": ReceiptRejected,
    "check__parallel_request": CashboxBusy,
    "check__payment_type_twice": ReceiptRejected,
    "check__return_without_basis": ReceiptRejected,
    "check__session_and_other_error": SessionExpired,
    "check__several_errors": ShiftExpired,
    "check__several_errors_same_code": ReceiptRejected,
    "check__tax_and_sum_wrong": ReceiptRejected,
    "client_info__unknown_cashbox": RegisterRefused,
    "history_by_number__not_found": NotFoundInShift,
    "lookup_by_external__http_502_html": OutcomeUnknown,
    "lookup_by_external__session_expired": SessionExpired,
    "money_operation__not_enough_cash": ReceiptRejected,
    "zreport__already_closed": ShiftNotOpen,
    "zreport__cashbox_blocked": RegisterRefused,
    "zreport__no_open_shift": ShiftNotOpen,
}


def is_sale(found: FiscalReceipt) -> bool:
    return (found.fiscal_number, found.registration_number, found.shift_number, found.check_order_number) == (
        "3300000000451",
        "600900800700",
        SHIFT,
        14,
    )


SUCCEEDS: dict[str, Callable[[Any], bool]] = {
    "authorize__ok": lambda token: token == "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "authorize__ok_errors_null": lambda token: token == "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    "authorize__ok_jwt": lambda token: token == "header.payload.signature",
    "cashboxes__empty": lambda boxes: boxes == [],
    "cashboxes__ok": lambda boxes: [box["CurrentStatus"] for box in boxes] == [1, 5],
    "check__ok": lambda sold: is_sale(sold) and sold.total == 12350,
    "check__ok_errors_empty": is_sale,
    "check__ok_errors_null": is_sale,
    "check__ok_extra_fields": is_sale,
    "check__ok_first_of_a_new_shift": lambda sold: (sold.check_order_number, sold.shift_number) == (1, 119),
    "check__ok_goods": lambda sold: sold.fiscal_number == "3300000000453",
    "check__ok_offline": lambda sold: sold.offline_mode and sold.fiscal_number == "9900000000032",
    "check__ok_return": lambda sold: sold.fiscal_number == "3300000000460",
    "check__ok_tiyn": lambda sold: sold.total != sold.total.to_integral_value(),
    "check__ok_total_as_text": lambda sold: sold.total == 12350,
    "check__ok_with_total": lambda sold: sold.total == 12350,
    "check_history__bare_list": is_sale,
    "check_history__empty": lambda found: found is None,
    "check_history__ok": is_sale,
    "client_info__blocked": lambda info: info["CashboxStatus"] == 2,
    "client_info__ok": lambda info: info["CashboxStatus"] == 1,
    "history_by_number__found": is_sale,
    "lookup_by_external__found": lambda found: is_sale(found) and found.total == 12350,
    "lookup_by_external__found_offline": lambda found: found.offline_mode,
    # The client shows what there is; that it is another's is for `worker.issue.belief` to say.
    "lookup_by_external__found_other_number": lambda found: found.external_numbers == {"altegio_640500199"},
    "lookup_by_external__no_such_shift": lambda found: found is None,
    "lookup_by_external__not_found_16": lambda found: found is None,
    "lookup_by_external__not_found_19": lambda found: found is None,
    "lookup_by_external__not_found_data_empty": lambda found: found is None,
    "lookup_by_external__not_found_data_null": lambda found: found is None,
    "main_info__no_vat": lambda info: info["VATInfo"]["VATPayer"] is False,
    "main_info__vat_payer": lambda info: info["VATInfo"]["VATRates"] == [16],
    "money_operation__ok": lambda data: data["Sum"] == 15000,
    "print_format__ok": lambda data: len(data["Lines"]) > 1,
    "ref_units__ok": lambda units: {unit["Code"] for unit in units} == {796, 5114},
    "shift_history__all_closed": lambda shifts: [(s.number, s.is_open) for s in shifts] == [(117, False)],
    "shift_history__new_cashbox": lambda shifts: shifts == [],
    "shift_history__ok": lambda shifts: [(s.number, s.is_open) for s in shifts] == [(118, True), (117, False)],
    "xreport__last_shift_closed": lambda report: bool(report["CloseOn"]),
    "xreport__open_shift": lambda report: report["ShiftNumber"] == SHIFT,
    "zreport__ok": lambda report: report["ShiftNumber"] == SHIFT,
}


@pytest.fixture(scope="module")
def server() -> Iterator[CannedServer]:
    with CannedServer().running() as server:
        yield server


@pytest.fixture
def client(server: CannedServer) -> Iterator[WebkassaClient]:
    settings = Settings(
        _env_file=None,
        webkassa_api_url=server.url,
        webkassa_api_token="key",
        webkassa_login="cashier",
        webkassa_password="secret",
    )
    client = WebkassaClient(settings, FakeStrictRedis(), make_credentials(settings))
    yield client
    client.close()


def load_answer(name: str) -> Answer:
    canned = json.loads((WEBKASSA / f"{name}.json").read_text())
    headers = dict(canned["headers"])
    if "AlternativeDomainNames" in headers:
        headers["AlternativeDomainNames"] = find_closed_address()
    return Answer(canned["text"] if "text" in canned else canned["body"], canned["http_status"], headers)


def play(server: CannedServer, client: WebkassaClient, name: str) -> Any:
    path, call = CALLS[name.split("__", maxsplit=1)[0]]
    server.answer("/api/v4/Authorize", Answer({"Data": {"Token": "token"}}))
    server.answer(path, load_answer(name))
    return call(client)


def test_every_file_has_its_expected_end() -> None:
    assert not FAILS.keys() & SUCCEEDS.keys()
    assert list_names(WEBKASSA) == sorted(f"{name}.json" for name in (*FAILS, *SUCCEEDS))


@pytest.mark.parametrize("name", FAILS)
def test_fails_as_what_to_do_next(server: CannedServer, client: WebkassaClient, name: str) -> None:
    with pytest.raises(WebkassaError) as caught:
        play(server, client, name)
    assert type(caught.value) is FAILS[name]


@pytest.mark.parametrize("name", SUCCEEDS)
def test_succeeds(server: CannedServer, client: WebkassaClient, name: str) -> None:
    result = play(server, client, name)
    assert SUCCEEDS[name](result), result


def test_duplicate_brings_the_receipt_that_exists(server: CannedServer, client: WebkassaClient) -> None:
    with pytest.raises(AlreadyIssued) as caught:
        play(server, client, "check__duplicate_with_data")
    assert is_sale(read_check_data(caught.value.response["Data"]))


def test_duplicate_with_another_total_shows_it(server: CannedServer, client: WebkassaClient) -> None:
    with pytest.raises(AlreadyIssued) as caught:
        play(server, client, "check__duplicate_with_other_total")
    assert read_check_data(caught.value.response["Data"]).total != Decimal(12350)


@pytest.mark.parametrize(
    ("name", "seconds"), [("check__http_429", 7), ("check__http_503_html", 120), ("check__http_502_html", None)]
)
def test_retry_after_is_kept(server: CannedServer, client: WebkassaClient, name: str, seconds: float | None) -> None:
    with pytest.raises(WebkassaError) as caught:
        play(server, client, name)
    assert caught.value.retry_after == seconds


def test_all_texts_of_an_answer_are_shown(server: CannedServer, client: WebkassaClient) -> None:
    with pytest.raises(ReceiptRejected) as caught:
        play(server, client, "check__several_errors_same_code")
    assert caught.value.text == "Сумма чека не совпадает с суммой платежей; Неверный ИИН/БИН покупателя"


def test_sale_time_is_the_cashboxs_own(server: CannedServer, client: WebkassaClient) -> None:
    sold: FiscalReceipt = play(server, client, "check__ok")
    assert sold.issued_at_text == "14.04.2026 15:02:41"
    assert sold.issued_at is not None
    assert sold.issued_at.isoformat() == "2026-04-14T15:02:41+05:00"
