"""Answers that look right and are not, and answers that take strange ways; the ledger stays true."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from dev.simulator.webkassa import Settings, start

OTHER = "SWK00000002"
CHECK, TICKET = "/api/v4/check", "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"


def order(client: Any, kind: str, when: str = "after", operation: str = "check", **options: Any) -> None:
    client.control("faults", {"operation": operation, "kind": kind, "when": when, **options})


def read_raw(client: Any, running: Any, body: dict[str, Any], stop: Callable[[bytes], bool]) -> bytes:
    """All that comes on a connection of its own, until it is enough."""
    raw = json.dumps({"Token": client.token, "CashboxUniqueNumber": "SWK00000001", **body}).encode()
    head = f"POST {CHECK} HTTP/1.1\r\nHost: x\r\nx-api-key: sim-api-key\r\nContent-Length: {len(raw)}\r\n\r\n"
    got = b""
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        connection.sendall(head.encode() + raw)
        while not stop(got) and (more := connection.recv(65536)):
            got += more
    return got


@pytest.mark.parametrize("pace", [0.0, 0.05])
def test_an_answer_comes_twice_on_one_connection(client: Any, running: Any, sale: Any, pace: float) -> None:
    client.login()
    order(client, "twice", pace=pace)
    got = read_raw(client, running, sale("a"), lambda got: got.count(b"HTTP/1.1 200") == 2 and got.endswith(b"}"))
    first, second = got.split(b"HTTP/1.1 200")[1:]
    assert first == second
    assert len(client.look("receipts")) == 1


def test_the_second_of_two_answers_is_taken_for_the_next_one(client: Any, running: Any) -> None:
    """By who reads what comes: that is the trouble with it."""
    client.login()
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    numbers = []
    order(client, "twice", pace=0.2)
    for total in (4000, 5000):
        body = {"Token": client.token, "CashboxUniqueNumber": "SWK00000001", "ExternalCheckNumber": f"n{total}"}
        body |= {"OperationType": 2, "Payments": [{"Sum": total, "PaymentType": 0}]}
        body |= {"Positions": [{"PositionName": "x", "Count": 1, "Price": total, "TaxType": 0, "Tax": 0, "UnitCode": 796}]}
        connection.request("POST", CHECK, json.dumps(body), {"x-api-key": "sim-api-key"})
        numbers.append(json.loads(connection.getresponse().read())["Data"]["CheckNumber"])
    connection.close()
    assert numbers[0] == numbers[1]


@pytest.mark.parametrize(
    ("kind", "begins"),
    [("garbage", b"\x80\x81"), ("drip", b"HTTP/1.1 200"), ("continue", b"HTTP/1.1 100 Continue\r\n\r\n" * 5)],
)
def test_bytes_on_the_way(client: Any, running: Any, sale: Any, kind: str, begins: bytes) -> None:
    client.login()
    order(client, kind, pace=0.001)
    started = time.monotonic()
    got = read_raw(client, running, sale("a"), lambda got: got.endswith(b"}"))
    assert got.startswith(begins)
    assert kind == "garbage" or time.monotonic() - started >= 0.1
    assert client.look("journal?operation=check")[0]["outcome"] == f"fault:{kind}"
    assert len(client.look("receipts")) == 1


def test_a_drip_ends_with_whoever_waits_for_it(client: Any, running: Any, sale: Any) -> None:
    client.login()
    order(client, "drip_body", pace=60)
    read_raw(client, running, sale("a"), lambda got: got.endswith(b"\r\n\r\n"))
    assert "Errors" in client.sell("a")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["foreign", "foreign_14"])
def test_the_document_of_another_sale(client: Any, kind: str, when: str) -> None:
    client.sell("others", cashbox=OTHER)
    order(client, kind, when)
    answer = client.sell("ours")
    assert answer["Data"]["TicketPrintUrl"].endswith(f"chb={OTHER}&sh=1&extnum=others")
    assert [error["Code"] for error in answer.get("Errors", [])] == ([14] if kind == "foreign_14" else [])
    assert len(client.look("receipts")) == (2 if when == "after" else 1)


def test_the_one_that_is_named_else_one_of_the_same_total(client: Any, position: Any) -> None:
    dear = {"Positions": [position(Price=5000)], "Payments": [{"Sum": 5000, "PaymentType": 0}]}
    numbers = {name: client.sell(name, **body)["Data"]["CheckNumber"] for name, body in {"a": {}, "b": dear}.items()}
    order(client, "foreign", document="b")
    order(client, "foreign")
    assert [client.sell(name)["Data"]["CheckNumber"] for name in ("c", "d")] == [
        numbers["b"],
        client.look("receipts")[2]["check_number"],
    ]


def test_a_lookup_that_answers_with_another_document(client: Any) -> None:
    client.sell("a")
    for operation, path in (("ticket", TICKET), ("check_history", "/api/v4/Check/History")):
        order(client, "foreign", "before", operation)
        data = client.call(path, ExternalCheckNumber="b", ShiftNumber=1, Skip=0, Take=50)["Data"]
        assert [item["ExternalCheckNumber"] for item in data.get("Items", [data])] == ["a"]


def test_what_an_answer_says_is_changed_and_something_stands_beside_it(client: Any) -> None:
    broken = "пол \ud83d\0 смайлика"
    order(client, "changed", changes={"Total": 0, "Cashbox": {"Address": broken}}, errors=[{"Code": 9, "Text": "Внимание"}])
    answer = client.sell("a")
    assert (answer["Data"]["Total"], answer["Data"]["Cashbox"]["UniqueNumber"]) == (0, "SWK00000001")
    assert (answer["Data"]["Cashbox"]["Address"], answer["Errors"][0]["Text"]) == (broken, "Внимание")
    order(client, "changed", operation="check_history", changes={"Total": 1})
    assert client.call("/api/v4/Check/History", shiftNumber=1, Skip=0, Take=50)["Data"]["Items"][0]["Total"] == 1


def test_a_gateway_and_a_body_of_choice(client: Any, sale: Any) -> None:
    body = {"Token": client.login(), "CashboxUniqueNumber": "SWK00000001", **sale("a")}
    order(client, "page", "before", status=302, location="http://127.0.0.1:9/login", text="Вход")
    order(client, "json", "before", status=400, body={"title": "no \ud83d", "errors": ["x"]})
    order(client, "429", "before", retry_after=30, dated=True)
    page = client.post(CHECK, body, allow_redirects=False)
    assert (page.status_code, page.headers["Location"], "Вход" in page.content.decode()) == (
        302,
        "http://127.0.0.1:9/login",
        True,
    )
    told = client.post(CHECK, body)
    assert (told.status_code, told.json()) == (400, {"title": "no \ud83d", "errors": ["x"]})
    until = parsedate_to_datetime(client.post(CHECK, body).headers["Retry-After"])
    assert 25 < (until - datetime.now(UTC)).total_seconds() <= 30


def test_the_same_answers_in_another_hand(client: Any) -> None:
    client.login()
    client.control("settings", {"key_style": "camel", "value_style": "text"})
    data = client.sell("a")["data"]
    assert (data["offlineMode"], data["shiftNumber"], data["cashbox"]["uniqueNumber"]) == ("false", "1", "SWK00000001")
    client.control("settings", {"key_style": "lower"})
    assert client.sell("a")["errors"][0]["code"] == "14"


def test_a_register_registered_anew_begins_again(client: Any, tmp_path: Any, make_client: Any) -> None:
    settings = Settings(cashboxes=("SWK00000001",), state_file=tmp_path / "ledger")
    for renewed in (False, True):
        with start(settings) as running:
            ours = make_client(running.url)
            if not renewed:
                first = ours.sell("a")["Data"]
                ours.call("/api/v4/ZReport")
                ours.control("cashboxes/register", {"cashbox": "SWK00000001"})
            again = ours.sell(f"b{renewed}")["Data"]
            assert again["ShiftNumber"] == 1
            assert again["Cashbox"]["RegistrationNumber"] != first["Cashbox"]["RegistrationNumber"]
            assert [row["external_check_number"] for row in ours.look("receipts")][:2] == ["a", "bFalse"]


def test_a_return_in_cash_needs_cash(client: Any, get_code: Callable[[Any], int | None]) -> None:
    client.control("settings", {"returns_need_cash": True})
    basis = client.sell("a", Payments=[{"Sum": 4000, "PaymentType": 1}])["Data"]
    told = {"DateTime": basis["DateTime"], "Total": 4000, "CheckNumber": basis["CheckNumber"], "IsOffline": False}
    told |= {"RegistrationNumber": basis["Cashbox"]["RegistrationNumber"]}
    assert get_code(client.sell("a_r1", OperationType=3, ReturnBasisDetails=told)) == 8
    client.call("/api/v4/MoneyOperation", OperationType=0, Sum=4000, ExternalCheckNumber="m")
    assert get_code(client.sell("a_r1", OperationType=3, ReturnBasisDetails=told)) is None
