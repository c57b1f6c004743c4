"""What may be changed over REST, a whole record and money: as the facts have it, before any client of it was written."""

from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
import requests

from dev.demo.waiting import wait_until
from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.simulator import Altegio
from dev.simulator.serving import Running
from tests.support.payloads import COMPANY, visit
from tests.support.post_box import PostBox

HEADERS = {
    "Accept": "application/vnd.api.v2+json",
    "Authorization": "Bearer sim-partner-token, User sim-user-token",
}
ACCOUNTS = [{"id": 41001, "title": "Касса", "type": 0}, {"id": 41002, "title": "Терминал", "type": 1}]
WHOLE: dict[str, Any] = {
    "visit_id": 1002,
    "staff_id": 35011,
    "client": {"id": 51001, "name": "Алия", "phone": "+77010000000"},
    "datetime": "2026-03-02T12:10:00+05:00",
    "seance_length": 3600,
    "comment": "аллергия",
    "attendance": 1,
    "custom_fields": {"source": "instagram"},
    "record_labels": [{"id": 7}],
    "goods_transactions": [],
    "documents": [],
    "is_update_blocked": False,
}


class Salon:
    def __init__(self, url: str) -> None:
        self.url = url

    def control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        answer = requests.request(method, f"{self.url}/_sim/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, f"{self.url}/api/v1{path}", headers=HEADERS, json=body, timeout=10)

    def tell(self, **fields: Any) -> None:
        self.control("changes", {"envelopes": [visit(1001, **{**WHOLE, **fields})]})

    def read(self) -> dict[str, Any]:
        return dict(self.send("GET", f"/record/{COMPANY}/1001").json()["data"])

    def put(self, body: Any) -> requests.Response:
        return self.send("PUT", f"/record/{COMPANY}/1001", body)

    def book(self, **fields: Any) -> requests.Response:
        told = {"expense_id": 5, "amount": 4000, "account_id": 41001, "date": "2026-03-02 12:10:00", **fields}
        return self.send("POST", f"/finance_transactions/{COMPANY}", told)


@pytest.fixture(scope="module")
def running() -> Iterator[Running[Altegio]]:
    with Running(Altegio(Settings(limit_per_minute=0, limit_per_second=0, webhook_seconds=0))) as simulator:
        yield simulator


@pytest.fixture
def receiver() -> Iterator[PostBox]:
    box = PostBox()
    yield box
    box.close()


def address_of(receiver: PostBox) -> str:
    return receiver.address.replace("json://bridge:topsecret@", "http://")


@pytest.fixture
def salon(running: Running[Altegio]) -> Salon:
    salon = Salon(running.url)
    salon.control("reset")
    salon.control("locations", {"id": COMPANY, "accounts": ACCOUNTS})
    salon.tell()
    return salon


class TestRecord:
    def test_one_field_is_changed_and_nothing_else(self, salon: Salon) -> None:
        before = salon.read()
        answer = salon.put({**before, "comment": "аллергия\nстрока"})
        assert (answer.status_code, answer.json()["success"]) == (200, True)
        after = salon.read()
        changed = {name for name in before if before[name] != after[name]}
        assert changed == {"comment", "last_change_date"}
        assert after["last_change_date"] > before["last_change_date"]
        assert salon.control("state", method="GET")["overwritten"] == []

    def test_what_is_left_out_is_lost(self, salon: Salon) -> None:
        """It is a full replacement, and the oracle sees what it cost."""
        before = salon.read()
        needed = ("staff_id", "services", "client", "datetime", "seance_length")
        assert salon.put({**{name: before[name] for name in needed}, "comment": "строка"}).status_code == 200
        assert (salon.read()["custom_fields"], salon.read()["record_labels"]) == ([], [])
        (told,) = salon.control("state", method="GET")["overwritten"]
        assert all(name in told for name in ("attendance", "record_labels", "comment", "custom_fields.source"))

    @pytest.mark.parametrize("name", ["staff_id", "services", "client", "datetime", "seance_length"])
    def test_what_must_be_sent_along(self, salon: Salon, name: str) -> None:
        whole = salon.read()
        del whole[name]
        assert salon.put(whole).status_code == 422

    def test_a_time_that_somebody_else_has_as_well(self, salon: Salon) -> None:
        salon.control("settings", {"busy_records": [1001]})
        assert salon.put(salon.read()).status_code == 409
        assert salon.put(salon.read() | {"save_if_busy": True}).status_code == 200

    def test_a_record_that_is_blocked_or_gone(self, salon: Salon) -> None:
        salon.tell(is_update_blocked=True)
        assert salon.put(salon.read()).status_code == 403
        whole = salon.read()
        salon.tell(deleted=True)
        assert salon.put(whole).status_code == 404

    def test_a_later_edit_leaves_what_was_written(self, salon: Salon) -> None:
        """Staff change the price: the comment on their screen is what is there."""
        salon.put({**salon.read(), "comment": "аллергия\nстрока"})
        salon.tell(cost=5000, changed="2026-03-02T13:00:00+0500")
        assert salon.read()["comment"] == "аллергия\nстрока"
        salon.tell(comment="новое", changed="2026-03-02T13:00:01+0500")
        assert salon.read()["comment"] == "новое\nстрока"
        salon.control("settings", {"edits_keep_lines": False})
        salon.tell(comment="из старого окна", changed="2026-03-02T13:00:02+0500")
        assert salon.read()["comment"] == "из старого окна"

    def test_an_edit_between_reading_and_writing_is_counted(self, salon: Salon) -> None:
        read = salon.read()
        salon.tell(comment="аллергия\nпришла с собакой", changed="2026-03-02T13:00:00+0500")
        salon.put({**read, "comment": "аллергия\nстрока"})
        assert len(salon.control("state", method="GET")["overwritten"]) == 1

    def test_what_is_put_back_is_not_lost(self, salon: Salon) -> None:
        read = salon.read()
        salon.tell(comment="пришла с собакой", changed="2026-03-02T13:00:00+0500")
        salon.put({**read, "comment": "аллергия\nстрока"})
        salon.put({**salon.read(), "comment": "пришла с собакой\nстрока"})
        assert salon.control("state", method="GET")["overwritten"] == []

    @pytest.mark.parametrize(("order", "is_done"), [({"kind": "drop"}, True), ({"kind": "500"}, True),
                                                    ({"kind": "500", "when": "before"}, False), ({"kind": "429"}, False),
                                                    ({"kind": "403"}, False), ({"kind": "409"}, False)])  # fmt: skip
    def test_what_may_go_wrong(self, salon: Salon, order: dict[str, Any], is_done: bool) -> None:
        salon.control("faults", {"operation": "record_update", **order})
        try:
            assert salon.put({**salon.read(), "comment": "строка"}).status_code >= 400
        except requests.ConnectionError:
            assert order["kind"] == "drop"
        assert (salon.read()["comment"] == "строка") is is_done


class TestMoney:
    def test_it_is_booked_on_an_account_and_stands_for_itself(self, salon: Salon) -> None:
        """The visit it names was seen to be dropped; the sign follows the expense item."""
        booked = salon.book(comment="ключ", record_id=1001, visit_id=1002, client_id=51001).json()["data"]
        assert (booked["amount"], booked["record_id"], booked["document_id"]) == (4000, 0, 0)
        assert booked["account"]["is_cash"] is True
        rows = salon.send("GET", f"/transactions/{COMPANY}").json()["data"]
        assert [(row["id"], row["comment"]) for row in rows] == [(booked["id"], "ключ")]
        one = salon.send("GET", f"/finance_transactions/{COMPANY}/{booked['id']}").json()["data"]
        assert one["account"]["id"] == 41001
        assert salon.book(expense_id=13).json()["data"]["amount"] == -4000

    def test_an_installation_may_keep_the_visit(self, salon: Salon) -> None:
        salon.control("settings", {"money_keeps_visit": True})
        salon.book(record_id=1001, visit_id=1002)
        rows = salon.send("GET", f"/timetable/transactions/{COMPANY}?visit_id=1002").json()["data"]
        assert [row["amount"] for row in rows] == [4000]

    @pytest.mark.parametrize(("fields", "status"), [({"account_id": None}, 422), ({"account_id": 9}, 404),
                                                    ({"amount": 0}, 422), ({"expense_id": 999}, 422)])  # fmt: skip
    def test_what_must_be_told(self, salon: Salon, fields: dict[str, Any], status: int) -> None:
        assert salon.book(**fields).status_code == status
        assert salon.send("GET", f"/transactions/{COMPANY}").json()["data"] == []

    def test_what_was_booked_can_be_deleted_once(self, salon: Salon) -> None:
        number = salon.book().json()["data"]["id"]
        assert salon.send("DELETE", f"/finance_transactions/{COMPANY}/{number}").status_code == 200
        assert salon.send("DELETE", f"/finance_transactions/{COMPANY}/{number}").status_code == 404
        assert salon.send("GET", f"/transactions/{COMPANY}").json()["data"] == []
        (row,) = salon.send("GET", f"/transactions/{COMPANY}?deleted=1").json()["data"]
        assert row["deleted"] is True


class TestWebhooks:
    def test_they_come_where_the_hooks_say_so(self, salon: Salon, receiver: PostBox) -> None:
        salon.control("locations", {"id": COMPANY, "urls": [address_of(receiver)], "self_sending": True})
        salon.put({**salon.read(), "comment": "строка"})
        salon.book(comment="ключ")
        wait_until(lambda: len(receiver.messages) == 2, timeout=10, what="both webhooks")
        told = {one["resource"]: (one["status"], one["data"]["comment"]) for one in receiver.messages}
        assert told == {"record": ("update", "строка"), "finances_operation": ("create", "ключ")}

    def test_none_without_self_sending(self, salon: Salon, receiver: PostBox) -> None:
        salon.control("locations", {"id": COMPANY, "urls": [address_of(receiver)]})
        salon.put({**salon.read(), "comment": "строка"})
        assert salon.control("state", method="GET")["webhooks"] == {"waiting": 0, "sent": 0, "refused": 0}


def test_two_who_write_at_once_change_one_after_the_other(salon: Salon) -> None:
    whole = salon.read()
    writers = [Thread(target=salon.put, args=({**whole, "comment": f"строка {number}"},)) for number in range(5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert salon.read()["comment"].startswith("строка")
