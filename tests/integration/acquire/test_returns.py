"""A manager returns what was sold: all of it or some, never more."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from api.acquire.access.salons import EVERYWHERE, Salons
from api.acquire.returns.reasons import sum_by_reason
from shared.queue import MAKE_RETURN, RECORDS
from shared.storage.models import AuditEvent, Receipt, ReturnOrder
from tests.support.desk import COMPANY, Browser, Desk, minutes, position

HAIRCUT = position("Стрижка", 1, 6000, 500)
SHAMPOO = position("Шампунь", 3, 2500)
DYE = position("Краска, г", Decimal("1.5"), 1000)


@pytest.fixture
def sale(desk: Desk) -> Receipt:
    return desk.add_receipt(desk.add_visit("14500", state="processed"), positions=[HAIRCUT, SHAMPOO, DYE])


def send(browser: Browser, sale: Receipt, counts: list[str], **fields: str) -> Any:
    typed = {f"count_{index}": count for index, count in enumerate(counts)}
    form = {"form_key": str(uuid4()), "reason": "клиент передумал", **typed, **fields}
    return browser.submit(f"/acquire/receipts/{sale.id}/return", form)


def test_everything_left_is_an_order_without_lines(desk: Desk, manager: Browser, sale: Receipt) -> None:
    answer = send(manager, sale, ["1", "3", "1,5"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/returns/1")
    (order,) = desk.all(ReturnOrder)
    assert (order.receipt_id, order.staff_user_id, order.lines) == (sale.id, 1, [])
    assert (order.reason, order.state) == ("клиент передумал", "requested")
    event = desk.all(AuditEvent)[-1]
    assert (event.action, event.subject) == ("return_ordered", f"receipt {sale.id}")
    assert event.details == {"return_order_id": 1, "total": "14500.00", "reason": "other"}
    assert desk.published(RECORDS, 1) == [(MAKE_RETURN, [1])]


def test_some_lines_are_named_with_their_counts(desk: Desk, manager: Browser, sale: Receipt) -> None:
    assert send(manager, sale, ["", "2", "0,25"]).status_code == 303
    (order,) = desk.all(ReturnOrder)
    assert order.lines == [{"position": 1, "count": "2"}, {"position": 2, "count": "0.25"}]


@pytest.mark.parametrize("code", ["changed_mind", "wrong_service", "wrong_sum", "wrong_method"])
def test_a_reason_is_chosen_and_needs_no_words(desk: Desk, manager: Browser, sale: Receipt, code: str) -> None:
    assert send(manager, sale, ["1", "", ""], reason_code=code, reason="").status_code == 303
    (order,) = desk.all(ReturnOrder)
    assert (order.reason_code, order.reason) == (code, "")


def test_returns_are_added_up_by_reason(desk: Desk, manager: Browser, sale: Receipt) -> None:
    """Of return receipts that are issued; another salon's are another's."""
    other = desk.add_receipt(desk.add_visit("500", company_id=7, state="processed"))
    for basis, code, state in (
        (sale, "wrong_sum", "issued"),
        (sale, "wrong_sum", "issued"),
        (sale, "changed_mind", "pending"),
        (other, "changed_mind", "issued"),
        (sale, None, "issued"),
    ):
        company = type("V", (), {"record_id": basis.record_id, "total": 1, "company_id": basis.company_id})()
        back = [position("Шампунь", 1, 2500, code="1")]
        made = desk.add_receipt(company, kind="return", state=state, basis=basis, positions=back)
        order_return(desk, basis, [{"position": 1, "count": "1"}], "accepted", made, reason_code=code)
    now = datetime.now(UTC)
    with desk.sessions() as session:
        ours = sum_by_reason(session, Salons(frozenset({COMPANY})), now - minutes(60), now + minutes(1))
        assert [tuple(row) for row in ours] == [("wrong_sum", 2, 5000), (None, 1, 2500)]
        assert sum_by_reason(session, EVERYWHERE, now - minutes(120), now - minutes(60)) == []
        assert len(sum_by_reason(session, EVERYWHERE, now - minutes(60), now + minutes(1))) == 3


def test_the_form_says_in_which_ways_the_money_goes_back(desk: Desk, manager: Browser) -> None:
    """What went back already went cashless first: 3 000 of the 5 000 by card."""
    receipt = desk.add_receipt(positions=[position("Шампунь", 3, 3000)])
    paid = json.dumps([{"Sum": 6000, "PaymentType": 0}, {"Sum": 5000, "PaymentType": 1}])
    both = "jsonb_set(jsonb_set(request, '{Change}', '2000'), '{Payments}', CAST(:paid AS jsonb))"
    desk.execute(f"UPDATE receipts SET request = {both}", paid=paid)
    with desk.sessions.begin() as session:
        session.add(
            ReturnOrder(
                receipt_id=receipt.id, form_key=uuid4(), reason="x", lines=[{"position": 0, "count": "1"}], total=3000
            )
        )
    page = manager.page(f"/acquire/receipts/{receipt.id}/return").replace("\u202f", "\u00a0")
    assert re.findall(r'data-way-left="([0-9.]+)"><span>([^<]+)</span>', page) == [
        ("2000.00", "Карта"),
        ("4000", "Наличные"),
    ]


@pytest.mark.parametrize(
    ("counts", "fields", "field"),
    [
        (["1", "", ""], {"reason": "", "reason_code": ""}, "reason"),
        (["1", "", ""], {"reason": "", "reason_code": "other"}, "reason"),
        (["1", "", ""], {"reason_code": "gold"}, "reason"),
        (["2", "", ""], {}, "count_0"),
        (["", "4", ""], {}, "count_1"),
        (["", "", "1.501"], {}, "count_2"),
        (["", "", "0.0001"], {}, "count_2"),
        (["-1", "", ""], {}, "count_0"),
        (["x", "", ""], {}, "count_0"),
        (["1e1", "", ""], {}, "count_0"),
        (["", "", ""], {}, "lines"),
        (["0", "0", "0"], {}, "lines"),
        (["1", "", ""], {"reason": "  "}, "reason"),
        (["1", "", ""], {"reason": "x" * 201}, "reason"),
        (["1", "", ""], {"form_key": "x"}, "lines"),
    ],
)
def test_what_cannot_be_returned_is_named_beside_its_field(
    desk: Desk, manager: Browser, sale: Receipt, counts: list[str], fields: dict[str, str], field: str
) -> None:
    answer = send(manager, sale, counts, **fields)
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in answer.text
    assert desk.all(ReturnOrder) == []
    assert all(f'value="{count}"' in answer.text for count in counts if count)


def test_an_order_that_waits_counts_already(desk: Desk, manager: Browser, sale: Receipt) -> None:
    assert send(manager, sale, ["1", "2", ""]).status_code == 303
    answer = send(manager, sale, ["1", "1", ""])
    assert answer.status_code == 422
    assert "Вернуть можно не больше 0" in answer.text
    assert send(manager, sale, ["", "1", "1.5"]).status_code == 303
    assert desk.all(ReturnOrder)[-1].lines == [], "the rest is everything that is left"
    assert send(manager, sale, ["", "1", ""]).status_code == 409
    assert manager.get(f"/acquire/receipts/{sale.id}/return").status_code == 409


@pytest.mark.parametrize(
    ("order_state", "receipt_state", "counts"),
    [
        ("requested", None, True),
        ("refused", None, False),
        ("accepted", "pending", True),
        ("accepted", "unknown", True),
        ("accepted", "issued", True),
        ("accepted", "rejected", False),
    ],
)
def test_what_counts_as_returned(
    desk: Desk, manager: Browser, sale: Receipt, order_state: str, receipt_state: str | None, counts: bool
) -> None:
    made = None
    if receipt_state:
        back = [position("Шампунь", 3, 2500, code="1")]
        visit = type("V", (), {"record_id": sale.record_id, "total": sale.total})()
        made = desk.add_receipt(visit, kind="return", state=receipt_state, basis=sale, positions=back)
    order_return(desk, sale, [{"position": 1, "count": "3"}], order_state, made)
    answer = send(manager, sale, ["", "1", ""])
    assert answer.status_code == (422 if counts else 303)


def order_return(desk: Desk, sale: Receipt, lines: list[Any], state: str, made: Receipt | None, **values: Any) -> None:
    with desk.sessions.begin() as session:
        session.add(
            ReturnOrder(
                receipt_id=sale.id,
                staff_user_id=1,
                form_key=uuid4(),
                reason="x",
                lines=lines,
                state=state,
                return_receipt_id=made.id if made else None,
                refusal="only an issued sale can be returned" if state == "refused" else None,
                **values,
            )
        )


def test_the_same_press_twice_is_one_return(desk: Desk, manager: Browser, sale: Receipt) -> None:
    key = str(uuid4())
    answers = [send(manager, sale, ["1", "", ""], form_key=key) for _ in range(3)]
    assert {answer.headers["location"] for answer in answers} == {"/acquire/returns/1"}
    assert len(desk.all(ReturnOrder)) == 1
    assert len(desk.published(RECORDS, 1)) == 1
    other = desk.add_receipt(desk.add_visit(state="processed"))
    assert send(manager, other, ["1"], form_key=key).status_code == 409


def test_two_managers_at_once_return_no_more_than_was_sold(desk: Desk, sale: Receipt) -> None:
    managers = []
    for login in ("dana", "olga", "asel"):
        desk.add_user(login, role="manager")
        managers.append(desk.sign_in(login))
    tokens = [manager.form_token() for manager in managers]
    gate = threading.Barrier(3)

    def press(number: int) -> int:
        gate.wait(20)
        form = {"form_token": tokens[number], "form_key": str(uuid4()), "reason": "x", "count_1": "2"}
        return int(managers[number].post(f"/acquire/receipts/{sale.id}/return", data=form).status_code)

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(press, range(3))) == [303, 422, 422]
    assert len(desk.all(ReturnOrder)) == 1


@pytest.mark.parametrize(
    ("state", "kind", "says"),
    [
        ("pending", "sale", "только по пробитому"),
        ("rejected", "sale", "только по пробитому"),
        ("issued", "return", "чек возврата"),
    ],
)
def test_only_an_issued_sale_can_be_returned(
    desk: Desk, manager: Browser, sale: Receipt, state: str, kind: str, says: str
) -> None:
    basis = sale if kind == "return" else None
    visit = desk.add_visit() if kind == "sale" else type("V", (), {"record_id": sale.record_id, "total": Decimal(1)})()
    receipt = desk.add_receipt(visit, state=state, kind=kind, basis=basis)
    for answer in (manager.get(f"/acquire/receipts/{receipt.id}/return"), send(manager, receipt, ["1"])):
        assert answer.status_code == 409
        assert says in answer.text
    assert desk.all(ReturnOrder) == []


def test_goods_sold_without_a_visit_can_be_returned_too(desk: Desk, manager: Browser) -> None:
    receipt = desk.add_receipt()
    assert send(manager, receipt, ["1"]).status_code == 303


def test_the_form_offers_what_is_left_and_takes_it_as_it_stands(desk: Desk, manager: Browser) -> None:
    """Numbers of four digits too: a grouped 1,000 must not come back as 1."""
    receipt = desk.add_receipt(positions=[position("Бисер", 2500, 1), position("Нить", Decimal("0.5"), 100)])
    manager.submit("/acquire/language", {"language": "en"})
    page = manager.page(f"/acquire/receipts/{receipt.id}/return")
    assert 'name="count_0"' in page
    assert 'value="2500"' in page
    assert 'value="0.5"' in page
    assert send(manager, receipt, ["2500", "0.5"]).status_code == 303
    assert desk.all(ReturnOrder)[0].lines == []


def test_the_progress_of_a_return(desk: Desk, manager: Browser, sale: Receipt) -> None:
    send(manager, sale, ["1", "3", "1.5"])
    assert manager.get("/acquire/returns/1/state").json()["state"] == "queued"
    assert "Возврат сохранён" in manager.page("/acquire/returns/1")
    visit = type("V", (), {"record_id": sale.record_id, "total": sale.total})()
    made = desk.add_receipt(visit, kind="return", state="pending", basis=sale, attempts=1)
    desk.execute("UPDATE return_orders SET state = 'accepted', return_receipt_id = :id", id=made.id)
    assert manager.get("/acquire/returns/1/state").json()["state"] == "sending"
    desk.execute("UPDATE receipts SET state = 'rejected', error_code = '8', error_text = 'мало' WHERE id = :id", id=made.id)
    state = manager.get("/acquire/returns/1/state").json()
    assert (state["state"], state["final"]) == ("attention", True)
    assert "не хватает наличных" in state["advice"][0]
    assert "не хватает наличных" in manager.page("/acquire/tasks")
    desk.execute("UPDATE receipts SET state = 'issued', fiscal_number = '7' WHERE id = :id", id=made.id)
    assert manager.get("/acquire/returns/1/state").json()["address"] == f"/acquire/receipts/{made.id}"
    assert manager.get("/acquire/returns/1").headers["location"] == f"/acquire/receipts/{made.id}"
    assert "Чек возврата" in manager.page(f"/acquire/receipts/{made.id}")
    assert "Чек возврата" in manager.page(f"/acquire/success/{made.id}")
    assert f"/acquire/success/{made.id}" in manager.page(f"/acquire/success/{sale.id}")


def test_a_return_the_worker_refused_says_why(desk: Desk, manager: Browser, sale: Receipt) -> None:
    order_return(desk, sale, [], "refused", None)
    page = manager.page("/acquire/returns/1")
    assert "В возврате отказано" in page
    assert "only an issued sale can be returned" in page
    assert manager.get("/acquire/returns/1/state").json()["final"] is True


def test_a_return_of_a_register_that_is_gone_says_what_to_do(desk: Desk, manager: Browser, sale: Receipt) -> None:
    order_return(desk, sale, [], "refused", None)
    desk.execute("UPDATE return_orders SET refusal = 'cashbox SWK00000001, which sold it, is out of service: …'")
    assert manager.get("/acquire/returns/1/state").json()["advice"][1] == "Оформите возврат в кабинете Webkassa."
    for page in ("/acquire/returns/1", "/acquire/tasks"):
        assert "больше не работает" in manager.page(page)


def test_without_a_broker_the_order_is_kept_for_the_dispatcher(desk: Desk, sale: Receipt) -> None:
    with Desk.open(desk.environment, redis_url="redis://127.0.0.1:9/0") as offline:
        offline.add_user("dana", role="manager")
        assert send(offline.sign_in("dana"), sale, ["1", "", ""]).status_code == 303
        assert offline.all(ReturnOrder)[0].state == "requested"


class TestMarkedGoods:
    @pytest.fixture
    def creams(self, desk: Desk) -> Receipt:
        marked = position("Крем", 3, 1000) | {"MarkList": ["010460;a", "010460;b", "010460;c"]}
        return desk.add_receipt(desk.add_visit("3000", state="processed"), positions=[marked])

    def test_the_form_lists_the_codes(self, manager: Browser, creams: Receipt) -> None:
        page = manager.get(f"/acquire/receipts/{creams.id}/return").text
        assert all(f"010460;{letter}" in page for letter in "abc")

    def test_the_chosen_ones_are_ordered(self, desk: Desk, manager: Browser, creams: Receipt) -> None:
        assert send(manager, creams, ["2"], mark_0_0="1", mark_0_2="1").status_code == 303
        (order,) = desk.all(ReturnOrder)
        assert order.lines == [{"position": 0, "count": "2", "marks": ["010460;a", "010460;c"]}]
        page = manager.get(f"/acquire/receipts/{creams.id}/return").text
        assert "010460;a" not in page

    def test_as_many_codes_as_pieces(self, desk: Desk, manager: Browser, creams: Receipt) -> None:
        answer = send(manager, creams, ["2"], mark_0_0="1")
        assert answer.status_code == 422
        assert 'id="fault-marks_0"' in answer.text
        assert desk.all(ReturnOrder) == []

    def test_all_of_them_need_no_choice(self, desk: Desk, manager: Browser, creams: Receipt) -> None:
        assert send(manager, creams, ["3"]).status_code == 303
        assert desk.all(ReturnOrder)[0].lines == []


@pytest.mark.parametrize(("told", "kept"), [("electronic", "electronic"), ("", None), ("a napkin", None)])
def test_which_original_was_shown_is_noted(desk: Desk, manager: Browser, sale: Receipt, told: str, kept: str | None) -> None:
    send(manager, sale, ["1", "", ""], original_shown=told)
    assert desk.all(ReturnOrder)[0].original_shown == kept
    assert desk.all(AuditEvent)[-1].details.get("original_shown") == kept


def test_lines_that_altegio_took_out_are_proposed(desk: Desk, manager: Browser, sale: Receipt) -> None:
    with desk.sessions.begin() as session:
        session.get_one(Receipt, sale.id).return_due_lines = [{"position": 1, "count": "2"}]
    page = manager.get(f"/acquire/receipts/{sale.id}/return").text
    assert [re.search(rf'name="count_{number}"[^>]*value="([^"]*)"', page)[1] for number in range(3)] == ["", "2", ""]
