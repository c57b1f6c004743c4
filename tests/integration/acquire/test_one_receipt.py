"""One receipt of any kind: as the register prints it, what became of it, and what can be done with it."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from api.acquire.access.salons import EVERYWHERE, Salons
from api.acquire.returns.hand_backs import select_unticked
from dev.demo.waiting import wait_until
from shared.queue import DELIVER, MAINTENANCE
from shared.storage.models import (
    AuditEvent,
    Checkout,
    CustomerMessage,
    FiscalizationLog,
    HandBack,
    PrintLayout,
    Receipt,
    ReturnOrder,
)
from tests.support.desk import COMPANY, Browser, Desk, minutes

AT = datetime(2026, 4, 14, 4, 41, tzinfo=UTC)  # 09:41 in Almaty


@pytest.fixture
def sale(desk: Desk, cashier: Browser) -> Receipt:
    """Paid at the desk at 09:41."""
    desk.execute("UPDATE staff_users SET name = 'Айгерим'")
    visit = desk.add_visit("7200", state="processed", at=AT)
    checkout = {"company_id": visit.company_id, "record_id": visit.record_id, "staff_user_id": 1}
    desk_add(desk, Checkout(**checkout, form_key=uuid4(), total=7200, created_at=AT))
    return desk.add_receipt(visit, created_at=AT + minutes(1), issued_at=AT + minutes(9), staff_user_id=1)


def desk_add(desk: Desk, *rows: Any) -> None:
    with desk.sessions.begin() as session:
        session.add_all(rows)


def read_story(page: str) -> list[tuple[str, str]]:
    """Times and words of the steps."""
    steps = re.findall(r"<b>(\d\d:\d\d)</b></span> <span>(.*?)</span></li>", page, re.DOTALL)
    return [(time, " ".join(re.sub(r"<[^>]+>", " ", words).split())) for time, words in steps]


def log(receipt: Receipt, at: datetime, outcome: str, code: str | None = None) -> FiscalizationLog:
    own = {"receipt_id": receipt.id, "cashbox_id": receipt.cashbox_id, "operation": "check", "attempt": 1, "request": {}}
    return FiscalizationLog(**own, outcome=outcome, error_code=code, created_at=at)


def test_its_story_is_told_in_words(desk: Desk, cashier: Browser, sale: Receipt) -> None:
    desk_add(
        desk,
        *(log(sale, AT + minutes(2 + number), "unavailable") for number in range(3)),
        log(sale, AT + minutes(8), "issued"),
        CustomerMessage(
            receipt_id=sale.id,
            company_id=COMPANY,
            channel="email",
            state="handed_over",
            created_at=AT + minutes(9),
            ended_at=AT + minutes(10),
        ),
    )
    assert read_story(cashier.page(f"/acquire/receipts/{sale.id}")) == [
        ("09:41", "Оплачено, кассир: Айгерим"),
        ("09:43", "Webkassa была недоступна: повтор без участия людей 3 раз, до 09:45"),
        ("09:49", "Отправлен в Webkassa"),
        ("09:50", "Чек пробит"),
        ("09:51", "Отправлен клиенту: по e-mail"),
    ]


def test_a_sale_that_altegio_told_of_says_so(desk: Desk, cashier: Browser) -> None:
    receipt = desk.add_receipt(created_at=AT, issued_at=AT)
    assert read_story(cashier.page(f"/acquire/receipts/{receipt.id}"))[0] == ("09:41", "Об оплате сообщил Altegio")


def test_a_refused_one_says_why_and_what_to_do(desk: Desk, cashier: Browser) -> None:
    words = {"error_kind": "ReceiptRejected", "error_code": "8", "error_text": "мало денег"}
    receipt = desk.add_receipt(desk.add_visit(state="dead_lettered"), state="rejected", **words)
    desk_add(desk, log(receipt, AT, "rejected", "8"))
    page = cashier.page(f"/acquire/receipts/{receipt.id}")
    assert "не хватает наличных" in read_story(page)[0][1].lower() or "не хватает наличных" in page.lower()
    assert "мало денег" in page
    assert "/return" not in page
    assert "/print" not in page


@pytest.mark.parametrize("kind", ["goods", "deposit", "return"])
def test_receipts_without_a_visit_have_a_page_too(desk: Desk, cashier: Browser, kind: str) -> None:
    receipt = desk.add_receipt(external_check_number=f"altegio_{kind}_1")
    if kind == "return":
        receipt = desk.add_receipt(kind="return", basis=receipt)
    page = cashier.page(f"/acquire/receipts/{receipt.id}")
    assert receipt.fiscal_number in page
    assert f"/acquire/receipts/{receipt.id}/print" in page
    assert (f"/acquire/receipts/{receipt.id}/return" in page) == (kind != "return")


def test_it_is_shown_as_the_register_prints_it(desk: Desk, cashier: Browser, sale: Receipt) -> None:
    assert "Копия" in cashier.page(f"/acquire/receipts/{sale.id}")
    lines = [{"kind": "text", "value": "ФИСКАЛЬНЫЙ ЧЕК / ФИСКАЛДЫ ЧЕК", "bold": True}]
    desk_add(desk, PrintLayout(receipt_id=sale.id, form="80", language="own", lines=lines, fetched_at=AT))
    page = cashier.page(f"/acquire/receipts/{sale.id}")
    assert '<p class="line bold">ФИСКАЛЬНЫЙ ЧЕК / ФИСКАЛДЫ ЧЕК</p>' in page
    assert "Копия" not in page


@pytest.mark.parametrize(
    ("state", "is_sent"),
    [("handed_over", True), ("uncertain", True), ("refused", True), ("waiting", False), ("dropped", False), (None, False)],
)
def test_it_is_sent_again(desk: Desk, cashier: Browser, sale: Receipt, state: str | None, is_sent: bool) -> None:
    """Not twice at once, and not to a client who wants none."""
    if state:
        ended = None if state == "waiting" else AT
        own = {"receipt_id": sale.id, "company_id": COMPANY, "channel": "email", "state": state}
        desk_add(desk, CustomerMessage(**own, ended_at=ended))
    page = cashier.page(f"/acquire/receipts/{sale.id}")
    assert (f'action="/acquire/receipts/{sale.id}/send"' in page) is is_sent
    answer = cashier.submit(f"/acquire/receipts/{sale.id}/send")
    assert answer.status_code == (303 if is_sent else 409)
    if is_sent:
        (message,) = desk.all(CustomerMessage)
        assert (message.state, message.ended_at, message.refusals) == ("waiting", None, 0)
        assert desk.all(AuditEvent)[-1].action == "receipt_sent_again"
        queue = desk.app.state.redis  # type: ignore[attr-defined]
        wait_until(lambda: DELIVER.encode() in b"".join(queue.lrange(MAINTENANCE, 0, -1)), timeout=10, what="the message")
        assert cashier.submit(f"/acquire/receipts/{sale.id}/send").status_code == 409


class TestMoneyToGiveBack:
    """A return receipt moves no money: staff tick off what they gave back."""

    @pytest.fixture
    def back(self, desk: Desk, sale: Receipt) -> Receipt:
        visit = type("V", (), {"record_id": sale.record_id, "total": sale.total})()
        made = desk.add_receipt(visit, kind="return", basis=sale, staff_user_id=1)
        order = {"receipt_id": sale.id, "staff_user_id": 1, "form_key": uuid4(), "reason": "", "lines": []}
        desk_add(
            desk,
            ReturnOrder(**order, reason_code="changed_mind", state="accepted", return_receipt_id=made.id),
            HandBack(return_receipt_id=made.id, kind="card", amount=5200),
            HandBack(return_receipt_id=made.id, kind="cash", amount=2000),
        )
        return made

    def count(self, desk: Desk, salons: Salons = EVERYWHERE) -> int:
        with desk.sessions() as session:
            return len(session.execute(select_unticked(salons)).all())

    def test_each_way_is_ticked_by_somebody(self, desk: Desk, cashier: Browser, sale: Receipt, back: Receipt) -> None:
        for number in (sale.id, back.id):
            page = cashier.page(f"/acquire/receipts/{number}").replace("\u202f", "\u00a0")
            assert "Верните 5\u00a0200\u00a0₸ на терминале карты" in page
            assert "Верните 2\u00a0000\u00a0₸ из денежного ящика" in page
        assert self.count(desk) == 2
        answer = cashier.submit("/acquire/receipts/hand-backs/1/tick")
        assert answer.headers["location"] == f"/acquire/receipts/{back.id}"
        card, cash = desk.all(HandBack)
        assert (card.ticked_by_id, cash.ticked_by_id) == (1, None)
        assert card.ticked_at is not None
        assert self.count(desk) == 1
        event = desk.all(AuditEvent)[-1]
        assert (event.action, event.subject, event.details) == (
            *("handed_back", f"receipt {back.id}"),
            {"kind": "card", "total": "5200.00"},
        )
        page = cashier.page(f"/acquire/receipts/{sale.id}")
        assert "Сделано: Айгерим" in page
        assert "Деньги вернул(а) Айгерим: Карта" in " ".join(words for _, words in read_story(page))

    def test_the_first_tick_counts(self, desk: Desk, cashier: Browser, manager: Browser, back: Receipt) -> None:
        for browser in (cashier, manager, cashier):
            assert browser.submit("/acquire/receipts/hand-backs/1/tick").status_code == 303
        assert desk.all(HandBack)[0].ticked_by_id == 1
        assert [event.action for event in desk.all(AuditEvent)].count("handed_back") == 1

    def test_only_returns_that_are_issued_are_due(self, desk: Desk, cashier: Browser, back: Receipt) -> None:
        desk.execute("UPDATE receipts SET state = 'rejected', error_code = '8' WHERE id = :id", id=back.id)
        assert self.count(desk) == 0
        assert cashier.submit("/acquire/receipts/hand-backs/1/tick").status_code == 404

    def test_it_is_counted_for_ones_own_salons(self, desk: Desk, back: Receipt) -> None:
        assert self.count(desk, Salons(frozenset({COMPANY}))) == 2
        assert self.count(desk, Salons(frozenset({5}))) == 0
