"""Altegio's REST over a real socket: paths, headers, envelopes, and the truth of this moment."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from dev.simulator.altegio.day import DEFAULT_COMPANY, Day, generate_day
from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.simulator import Altegio
from dev.simulator.altegio.stories.script import Event
from dev.simulator.serving import Running

HEADERS = {
    "Accept": "application/vnd.api.v2+json",
    "Authorization": "Bearer sim-partner-token, User sim-user-token",
}
STRANGER = 999_999
DAY = generate_day(4, visits=40)


class Client:
    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False

    def ask(self, path: str, headers: dict[str, str] = HEADERS, **query: Any) -> requests.Response:
        return self.session.get(f"{self.url}/api/v1{path}", headers=headers, params=query, timeout=10)

    def read(self, path: str, **query: Any) -> Any:
        answer = self.ask(path, **query)
        body = answer.json()
        assert (answer.status_code, body["success"], body["meta"]) == (200, True, [])
        return body["data"]

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        answer = self.session.request(method, f"{self.url}/_sim/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def running() -> Iterator[Running[Altegio]]:
    with Running(Altegio(Settings(limit_per_minute=0, limit_per_second=0))) as simulator:
        yield simulator


@pytest.fixture
def client(running: Running[Altegio]) -> Iterator[Client]:
    client = Client(running.url)
    client.control("reset")
    yield client
    client.session.close()


@pytest.fixture
def tell(client: Client) -> Callable[..., None]:
    def feed(events: list[Event] = DAY.events) -> None:
        client.control("changes", {"envelopes": [event.truth for event in events]})

    return feed


def find_story(name: str, day: Day = DAY) -> list[Event]:
    """All events of the first visit with this story."""
    first = next(event for event in day.events if event.story == name)
    data = first.envelope["data"]
    if first.envelope["resource"] != "record":
        return [event for event in day.events if event.truth["data"].get("document_id") == data["document_id"]]

    def is_of_record(event: Event) -> bool:
        is_itself = event.truth["resource"] == "record" and event.truth["resource_id"] == data["id"]
        return is_itself or event.truth["data"].get("record_id") == data["id"]

    return [event for event in day.events if is_of_record(event)]


def of(events: list[Event], resource: str) -> list[dict[str, Any]]:
    return [event.truth["data"] for event in events if event.truth["resource"] == resource]


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({}, 401, "Authentication needed."),
        ({**HEADERS, "Authorization": "Bearer sim-partner-token"}, 401, "Authentication needed."),
        ({**HEADERS, "Authorization": "Bearer other, User sim-user-token"}, 401, "Authentication needed."),
        ({**HEADERS, "Accept": "application/json"}, 400, "Accept must be application/vnd.api.v2+json"),
    ],
)
def test_headers_are_enforced(
    client: Client, tell: Callable[..., None], headers: dict[str, str], status: int, message: str
) -> None:
    tell()

    answer = client.ask(f"/records/{DEFAULT_COMPANY}", headers=headers)

    assert answer.status_code == status
    assert answer.json() == {"success": False, "data": None, "meta": {"message": message}}


def test_a_strange_location_is_denied_and_a_strange_record_not_found(client: Client, tell: Callable[..., None]) -> None:
    tell()

    denied, missing = client.ask(f"/records/{STRANGER}"), client.ask(f"/record/{DEFAULT_COMPANY}/1")

    assert (denied.status_code, denied.json()["meta"]) == (403, {"message": "Access denied."})
    assert (missing.status_code, missing.json()) == (404, {"success": False, "data": None, "meta": {}})
    client.control("settings", {"not_found_meta": "list"})
    assert client.ask(f"/record/{DEFAULT_COMPANY}/1").json()["meta"] == []


def test_refusals_may_come_with_http_200(client: Client, tell: Callable[..., None]) -> None:
    tell()
    client.control("settings", {"refuse_with_200": True})

    answer = client.ask(f"/record/{DEFAULT_COMPANY}/1")

    assert (answer.status_code, answer.json()["success"]) == (200, False)


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("accounts", "/accounts/{}"),
        ("transactions", "/transactions/{}"),
        ("timetable_transactions", "/timetable/transactions/{}"),
        ("records", "/records/{}"),
        ("hooks", "/hooks_settings/{}"),
    ],
)
def test_rights_can_be_taken_away_one_by_one(client: Client, tell: Callable[..., None], operation: str, path: str) -> None:
    tell()
    client.control("settings", {"no_rights": [operation]})

    answer = client.ask(path.format(DEFAULT_COMPANY))

    assert (answer.status_code, answer.json()["meta"]) == (403, {"message": "No rights to manage the location"})
    record = of(find_story("plain"), "record")[-1]
    assert client.read(f"/record/{DEFAULT_COMPANY}/{record['id']}")["id"] == record["id"]


def test_a_record_is_told_as_it_is_now(client: Client, tell: Callable[..., None]) -> None:
    events = find_story("split")
    number = events[0].envelope["resource_id"]
    path = f"/record/{DEFAULT_COMPANY}/{number}"
    paid_at = next(place for place, event in enumerate(events) if event.truth["data"].get("paid_full") == 1)

    tell(events[:paid_at])
    before = client.read(path, include_finance_transactions=1)
    tell(events[paid_at:])
    after = client.read(path)

    payments = of(events, "finances_operation")
    assert (before["paid_full"], before["payment_status"]) == (0, 2)
    assert [row["amount"] for row in before["finance_transactions"]] == [one["amount"] for one in payments]
    assert {tuple(row["account"]) for row in before["finance_transactions"]} == {("id", "title")}
    assert (after["paid_full"], after["payment_status"], "finance_transactions" in after) == (1, 1, False)


def test_a_deleted_record_is_listed_on_request(client: Client, tell: Callable[..., None]) -> None:
    tell()
    number = find_story("cancelled")[0].envelope["resource_id"]

    def listed(**query: Any) -> set[int]:
        return {row["id"] for row in client.read(f"/records/{DEFAULT_COMPANY}", count=500, **query)}

    assert number not in listed()
    assert number in listed(with_deleted=1)
    assert client.read(f"/record/{DEFAULT_COMPANY}/{number}")["deleted"] is True
    client.control("settings", {"deleted_records": "missing"})
    assert client.ask(f"/record/{DEFAULT_COMPANY}/{number}").status_code == 404


def test_records_are_listed_by_change_and_by_page(client: Client, tell: Callable[..., None]) -> None:
    tell()
    newest = {event.truth["resource_id"]: event.truth["data"] for event in DAY.events if event.truth["resource"] == "record"}
    after = sorted(body["last_change_date"] for body in newest.values())[len(newest) // 2]
    path, query = f"/records/{DEFAULT_COMPANY}", {"changed_after": after, "with_deleted": 1}

    pages = [client.read(path, page=page, count=7, **query) for page in range(1, 9)]

    found = [row["id"] for page in pages for row in page]
    assert sorted(found) == sorted(number for number, body in newest.items() if body["last_change_date"] >= after)
    assert [len(page) for page in pages[:2]] == [7, 7]
    assert client.read(path, changed_after="2026-03-03 00:00:00") == []
    assert client.ask(path, changed_after="yesterday").status_code == 422


def test_changes_may_be_dated_by_their_arrival(client: Client, tell: Callable[..., None]) -> None:
    tell()
    path, query = f"/records/{DEFAULT_COMPANY}", {"changed_after": "2026-09-01T00:00:00+05:00"}

    assert client.read(path, **query) == []
    client.control("settings", {"dated_by": "arrival"})
    assert len(client.read(path, **query)) > 0


@pytest.mark.parametrize("story", ["discount", "goods", "counter_sale"])
def test_a_sale_document_tells_items_and_whole_accounts(client: Client, tell: Callable[..., None], story: str) -> None:
    tell()
    payments = of(find_story(story), "finances_operation")
    document = payments[0]["document_id"]

    state = client.read(f"/company/{DEFAULT_COMPANY}/sale/{document}")["state"]

    assert sum(item["cost_to_pay_total"] for item in state["items"]) == pytest.approx(sum(one["amount"] for one in payments))
    assert [row["account"] for row in state["payment_transactions"]] == [one["account"] for one in payments]
    assert {item["type"] for item in state["items"]} == ({"good"} if story == "counter_sale" else {"service"}) | (
        {"good"} if story == "goods" else set()
    )
    assert state["loyalty_transactions"] == []


def test_the_sale_document_of_a_visit_can_be_hidden(client: Client, tell: Callable[..., None]) -> None:
    tell()
    client.control("settings", {"sale_of_visits": False})
    visit, counter = (of(find_story(story), "finances_operation")[0]["document_id"] for story in ("plain", "counter_sale"))

    assert client.ask(f"/company/{DEFAULT_COMPANY}/sale/{visit}").status_code == 404
    assert client.ask(f"/company/{DEFAULT_COMPANY}/sale/{counter}").status_code == 200


def test_transactions_leave_when_they_are_deleted(client: Client, tell: Callable[..., None]) -> None:
    events = find_story("refunded")
    creations = [event for event in events if event.envelope["status"] != "delete"]
    first = of(events, "finances_operation")[0]
    lists = {
        "/transactions": {"document_id": first["document_id"]},
        "/timetable/transactions": {"visit_id": first["visit_id"], "record_id": first["record_id"]},
    }

    tell(creations)
    for path, query in lists.items():
        assert first["id"] in {row["id"] for row in client.read(f"{path}/{DEFAULT_COMPANY}", **query)}

    tell(events)
    for path, query in lists.items():
        assert client.read(f"{path}/{DEFAULT_COMPANY}", **query) == []
    assert client.read(f"/transactions/{DEFAULT_COMPANY}", deleted=1, document_id=first["document_id"])


def test_transactions_are_listed_by_page(client: Client, tell: Callable[..., None]) -> None:
    tell()
    path = f"/transactions/{DEFAULT_COMPANY}"

    whole = client.read(path, count=1000)

    assert len(whole) > 50 == len(client.read(path))
    assert client.read(path, page=2, count=10) == whole[10:20]


def test_accounts_tell_cash_from_the_rest(client: Client, tell: Callable[..., None]) -> None:
    tell()
    till = {"id": 77, "title": "Сейф", "type": 0}
    client.control("locations", {"id": DEFAULT_COMPANY, "accounts": [till]})

    kinds = {account["title"]: account["type"] for account in client.read(f"/accounts/{DEFAULT_COMPANY}")}

    assert kinds == {"Касса зала": 0, "Терминал банка": 1, "Оплата по QR": 1, "Сейф": 0}


def test_lists_may_tell_is_cash_and_amounts_may_be_texts(client: Client, tell: Callable[..., None]) -> None:
    tell()
    client.control("settings", {"is_cash_in_transactions": True, "amounts_as_text": True})

    rows = client.read(f"/transactions/{DEFAULT_COMPANY}")

    assert all(isinstance(row["account"]["is_cash"], bool) for row in rows)
    assert all(isinstance(row["amount"], str) and row["amount"][-3] == "." for row in rows)


def test_hooks_are_told_as_a_salon_has_them(client: Client) -> None:
    client.control("locations", {"id": DEFAULT_COMPANY, "urls": ["https://bridge.example/api/webhook/s3cret"]})

    hooks = client.read(f"/hooks_settings/{DEFAULT_COMPANY}")

    assert hooks["urls"] == ["https://bridge.example/api/webhook/s3cret"]
    assert (hooks["active"], hooks["record"], hooks["client"]) == (1, 1, 0)


def test_the_journal_counts_calls_and_keeps_no_secret(client: Client, tell: Callable[..., None]) -> None:
    tell()
    client.read(f"/accounts/{DEFAULT_COMPANY}")
    client.ask("/nowhere")

    journal = client.control("journal", method="GET")

    told = Counter((entry["operation"], entry["outcome"], entry["status"]) for entry in journal)
    assert told == {("accounts", "data", 200): 1, ("unknown", "refused:404", 404): 1}
    assert client.control("state", method="GET")["calls"]["by_operation"]["accounts"] == 1
    for secret in ("sim-partner-token", "sim-user-token"):
        assert secret not in str(journal) + str(client.control("state", method="GET"))


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("settings", {"no_rights": ["coffee"]}, "coffee"),
        ("settings", {"port": 1}, "port"),
        ("settings", {"latency": 1}, "latency"),
        ("faults", {"kind": "explode"}, "kind"),
        ("faults", {"kind": "drop", "operation": "coffee"}, "operation"),
        ("changes", {"envelopes": [{"resource": "record"}]}, "envelope"),
        ("locations", {"id": "x"}, "id"),
    ],
)
def test_the_control_api_names_what_is_wrong(client: Client, path: str, body: Any, word: str) -> None:
    answer = client.session.post(f"{client.url}/_sim/{path}", json=body, timeout=10)

    assert answer.status_code == 400
    assert word in answer.json()["error"]
