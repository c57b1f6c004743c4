"""Faults on the wire; the ledger is the judge of what was done."""

import http.client
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

GetCode = Callable[[Any], int | None]


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline, "condition was not met in time"
        time.sleep(0.005)


def order(client: Any, kind: str, when: str = "before", **options: Any) -> int:
    return int(client.control("faults", {"operation": "check", "kind": kind, "when": when, **options})["id"])


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["drop", "reset", "timeout", "truncated"])
def test_answer_is_lost_and_one_receipt_remains(client: Any, kind: str, when: str) -> None:
    client.login()
    order(client, kind, when, seconds=0.05)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.sell("a")
    assert len(client.look("receipts")) == (1 if when == "after" else 0)
    assert client.look("journal?operation=check")[0]["outcome"] == f"fault:{kind}"
    again = client.sell("a")
    assert ("Errors" in again) is (when == "after")
    [row] = client.look("receipts")
    assert row["check_number"] == again["Data"]["CheckNumber"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("kind", "status"),
    [("html_502", 502), ("html_503", 503), ("text_200", 200), ("http_505", 505), ("429", 429), ("code", 200)],
)
def test_answer_is_replaced(client: Any, kind: str, status: int, when: str, sale: Any) -> None:
    body = {"Token": client.login(), "CashboxUniqueNumber": "SWK00000001", **sale("a")}
    order(client, kind, when, retry_after=7, alternatives="one.example, two.example")
    response = client.post("/api/v4/check", body)
    assert response.status_code == status
    if kind == "429":
        assert response.headers["Retry-After"] == "7"
    else:
        assert response.headers["AlternativeDomainNames"] == "one.example, two.example"
    is_json = response.headers["Content-Type"].startswith("application/json")
    assert is_json is (kind == "code")
    assert len(client.look("receipts")) == (1 if when == "after" else 0)
    client.post("/api/v4/check", body)
    assert len(client.look("receipts")) == 1


@pytest.mark.parametrize("code", [-1, 505])
def test_code_of_choice(client: Any, code: int) -> None:
    order(client, "code", code=code, text="нет связи")
    assert client.sell("a") == {"Errors": [{"Code": code, "Text": "нет связи"}]}


def test_reset_is_a_reset(client: Any) -> None:
    client.login()
    order(client, "reset", "after")
    with pytest.raises(requests.ConnectionError, match="reset"):
        client.sell("a")


def test_truncated_keeps_the_full_length(client: Any, running: Any) -> None:
    client.control("faults", {"operation": "authorize", "kind": "truncated"})
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.request("POST", "/api/Authorize", b"{}")
    response = connection.getresponse()
    with pytest.raises(http.client.IncompleteRead) as caught:
        response.read()
    assert len(caught.value.partial) == int(response.headers["Content-Length"]) // 2
    connection.close()


def test_slow_answer_is_a_normal_one(client: Any) -> None:
    client.login()
    order(client, "slow", seconds=0.1)
    started = time.monotonic()
    assert "Data" in client.sell("a")
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize(("when", "receipts"), [("before", 0), ("after", 1)])
def test_cashbox_is_free_again_when_the_client_has_left(client: Any, when: str, receipts: int) -> None:
    client.login()
    order(client, "slow", when, seconds=60)
    with pytest.raises(requests.ReadTimeout):
        client.sell("a", timeout=0.1)
    wait_until(lambda: client.look("journal?operation=check")[0]["outcome"] == "fault:slow")
    assert len(client.look("receipts")) == receipts
    client.sell("a")
    assert client.look("state")["overlaps"] == 0
    assert len(client.look("receipts")) == 1


def test_lingering_request_keeps_the_cashbox_and_registers_late(client: Any, get_code: GetCode) -> None:
    client.login()
    order(client, "slow", seconds=0.6, linger=True)
    with pytest.raises(requests.ReadTimeout):
        client.sell("a", timeout=0.1)
    assert get_code(client.call("/api/v4/XReport")) == 9
    wait_until(lambda: len(client.look("receipts")) == 1)
    assert client.sell("a")["Errors"][0]["Code"] == 14


@pytest.mark.parametrize("linger", [False, True])
def test_a_held_call_goes_on_when_no_fault_is_left(client: Any, linger: bool) -> None:
    client.login()
    order(client, "slow", seconds=60, linger=linger)
    sold: list[Any] = []
    caller = threading.Thread(target=lambda: sold.append(client.sell("a", timeout=30)))
    caller.start()
    wait_until(lambda: client.look("faults")[0]["hits"] == 1)
    assert client.look("receipts") == []
    client.lift_faults()
    caller.join(timeout=5)
    assert [row["check_number"] for row in client.look("receipts")] == [answer["Data"]["CheckNumber"] for answer in sold]


def test_reset_ends_what_is_under_way(client: Any) -> None:
    client.login()
    order(client, "slow", seconds=60, linger=True)
    sleeper = threading.Thread(target=_try, args=(lambda: client.sell("a", timeout=30),))
    sleeper.start()
    wait_until(lambda: len(client.look("journal?operation=check")) == 1)
    client.control("reset")
    sleeper.join(timeout=5)
    assert not sleeper.is_alive()
    assert client.look("receipts") == []


def test_overlap_is_refused_and_counted(client: Any) -> None:
    client.login()
    order(client, "slow", seconds=60)
    holder = threading.Thread(target=_try, args=(lambda: client.sell("a", timeout=30),))
    holder.start()
    wait_until(lambda: len(client.look("journal?operation=check")) == 1)
    [error] = client.call("/api/v4/Cashbox/ShiftHistory", Skip=0, Take=5)["Errors"]
    assert error["Code"] == 9
    assert "последовательно" in error["Text"]
    assert "Data" in client.sell("b", cashbox="SWK00000002")
    assert client.look("state")["overlaps"] == 1
    marks = {entry["operation"]: entry["overlapped"] for entry in client.look("journal")}
    assert (marks["shift_history"], marks["authorize"]) == (True, False)
    client.control("reset")
    holder.join()


def test_no_false_overlap_when_requests_follow_at_once(client: Any, make_client: Any) -> None:
    """The cashbox must be free before the answer can be read, even by a caller on another connection."""
    other = make_client(client.url)
    other.token = client.login()
    for number in range(50):
        (client if number % 2 else other).sell(f"n{number}")
    assert client.look("state")["overlaps"] == 0


def test_after_waits_for_a_call_that_did_something(client: Any) -> None:
    client.login()
    order(client, "html_502", "after")
    assert client.sell("a", Payments=[])["Errors"][0]["Code"] == 9
    assert client.look("faults")[0]["hits"] == 0
    body = {"Token": client.token}
    client.control("faults", {"operation": "cashboxes", "kind": "html_503", "when": "after"})
    assert client.post("/api/v4/Cashboxes", body).status_code == 503


def test_times_cashbox_and_clearing(client: Any) -> None:
    order(client, "code", times=2, cashbox="SWK00000002")
    assert "Data" in client.sell("a")
    outcomes = ["Errors" in client.sell(f"b{n}", cashbox="SWK00000002") for n in range(3)]
    assert outcomes == [True, True, False]
    order(client, "code", times=None)
    assert all("Errors" in client.sell(f"c{n}") for n in range(3))
    assert client.session.delete(f"{client.url}/_sim/faults", timeout=10).status_code == 200
    assert client.look("faults") == []
    assert "Data" in client.sell("c")


def test_probability_follows_the_seed(client: Any) -> None:
    def run() -> list[bool]:
        client.control("reset")
        client.login()
        order(client, "code", times=None, probability=0.5, seed=7)
        return ["Errors" in client.sell(f"n{n}") for n in range(20)]

    first = run()
    assert run() == first
    assert 0 < sum(first) < 20


@pytest.mark.parametrize(
    "wrong", [{"kind": "explode"}, {"operation": "nothing"}, {"when": "during"}, {"seconds": -1}, {"tims": 1}]
)
def test_senseless_fault_is_refused(client: Any, wrong: dict[str, Any]) -> None:
    fault = {"operation": "check", "kind": "drop", **wrong}
    assert client.post("/_sim/faults", fault).status_code == 400


def _try(action: Callable[[], Any]) -> None:
    try:
        action()
    except requests.RequestException:
        return
