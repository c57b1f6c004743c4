"""A sale without a visit, from the form to the register: one receipt, whatever crashes, and in the books like any other."""

import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from shared.books.model import DayBooks
from shared.books.read import keep_books
from shared.clock import almaty_date, utc_now
from shared.replay import Outcome, replay
from shared.storage.models import AuditEvent, Cashbox, Checkout, DeskSale, PaymentRecord, WebhookRecord
from tests.support.bridge import Bridge
from tests.support.desk import Browser, Desk
from tests.support.documents import make_returns
from tests.support.payloads import COMPANY, goods, visit
from worker.entry.cli.receipt_queries import Filters, find_delivery, list_deliveries
from worker.rounds.rescue import dispatch
from worker.salon.administration import Changes, add_cashbox

BARCODE = "4006381333931"
OTHER = 307627


@pytest.fixture
def desk(bridge: Bridge) -> Iterator[Desk]:
    """Of a salon that is known by its cashbox."""
    serve(bridge, COMPANY, MORE_CASHBOXES[0])
    with Desk.open(bridge.environment) as desk:
        desk.add_user("aigul")
        desk.add_user("dana", role="manager")
        yield desk


@pytest.fixture
def cashier(desk: Desk) -> Browser:
    return desk.sign_in("aigul")


@pytest.fixture
def manager(desk: Desk) -> Browser:
    return desk.sign_in("dana")


def serve(bridge: Bridge, company_id: int, number: str, **choices: str) -> None:
    with bridge.services.sessions.begin() as session:
        add_cashbox(session, bridge.services.settings, company_id, number, Changes(**choices))


def choose(bridge: Bridge, **choices: str) -> None:
    with bridge.services.sessions.begin() as session:
        session.execute(update(Cashbox).where(Cashbox.company_id == COMPANY).values(**choices))


def line(number: int = 0, title: str = "Стрижка", price: str = "4 000", **fields: str) -> dict[str, str]:
    return {f"{name}_{number}": value for name, value in {"title": title, "price": price, **fields}.items()}


def form(*lines: dict[str, str], shown: str = "4000.00", **fields: str) -> dict[str, str]:
    rows = {name: value for row in lines or (line(),) for name, value in row.items()}
    return {"form_key": str(uuid4()), "method": "card", "company": str(COMPANY), "shown": shown, **rows, **fields}


def sell(browser: Browser, typed: dict[str, str] | None = None, address: str = "/acquire/sale") -> Any:
    return browser.submit(address, typed or form())


def work(bridge: Bridge) -> None:
    bridge.decide_open()
    bridge.issue()
    bridge.settle()


def make(browser: Browser, bridge: Bridge, *lines: dict[str, str], shown: str = "4000.00", **fields: str) -> None:
    answer = sell(browser, form(*lines, shown=shown, **fields))
    assert answer.status_code == 303, answer.text
    work(bridge)


def today(bridge: Bridge) -> DayBooks:
    day = almaty_date(utc_now())
    with bridge.services.sessions() as session:
        cashbox = session.query(Cashbox).filter(Cashbox.company_id == COMPANY).one()
        (books,) = keep_books(session, cashbox, day, day)
    return books


class TestToTheRegister:
    def test_a_walk_in_by_card(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        answer = sell(cashier)
        assert (answer.status_code, answer.headers["location"]) == (303, "/acquire/sale/1/progress")
        assert cashier.page("/acquire/sale/1/progress")
        work(bridge)
        (receipt,) = simulator.receipts()
        assert receipt["external_check_number"] == "altegio_desk_1"
        assert [(one["name"], one["sum"]) for one in receipt["positions"]] == [("Стрижка", "4000.00")]
        assert [(part["type"], part["sum"]) for part in receipt["payments"]] == [(1, "4000.00")]
        followed = cashier.get("/acquire/sale/1/progress")
        assert followed.headers["location"] == f"/acquire/success/{bridge.receipt().id}"
        assert "4 000" in cashier.page(followed.headers["location"]).replace("\u00a0", " ")
        assert cashier.get("/acquire/sale/1/state").json()["final"] is True

    def test_sums_and_taxes_to_the_tiyn(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        """The tax by the law's rate of the day, 16/116 of each line; a discount in percent, a count in parts."""
        choose(bridge, vat="16")
        make(
            cashier,
            bridge,
            line(0, "Окрашивание", "10 000,50", discount="10%"),
            line(1, "Краска, г", "1 000", count="0,5", kind="goods", own="1", gtin=BARCODE),
            line(2, "Шампунь", "2 500", count="2", discount="500", kind="goods", marks="KZ1\nKZ2"),
            shown="14000.45",
            method="split",
            amount_cash="4 000,45",
            amount_card="10 000",
            cash_received_split="5 000,45",
            email="client@example.com",
        )
        (receipt,) = simulator.receipts()
        assert receipt["total"] == "14000.45"
        assert [(one["tax_percent"], one["tax"]) for one in receipt["positions"]] == [
            (16, "1241.44"),  # 9000.45 * 16 / 116
            (16, "68.97"),  # 500
            (16, "620.69"),  # 4500
        ]
        request = bridge.receipt().request
        assert [part.get("GTIN") for part in request["Positions"]] == [None, BARCODE, None]
        assert request["Positions"][2]["MarkList"] == ["KZ1", "KZ2"]
        assert [one["UnitCode"] for one in request["Positions"]] == [5114, 796, 796]
        assert (request["Change"], request["CustomerEmail"]) == (1000, "client@example.com")
        assert bridge.receipt().tax == Decimal("1931.10")

    def test_the_salons_choices_hold(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        """Another rate by a word of the title, and no VAT where the salon pays none."""
        choose(bridge, vat="auto", vat_lines="ботокс=medical")
        make(cashier, bridge, line(0, "Ботокс", "10500"), line(1, "Стрижка", "1160"), shown="11660.00")
        (receipt,) = simulator.receipts()
        medical, standard = (one["tax_percent"] for one in receipt["positions"])
        assert (medical, standard) == (5 if almaty_date(utc_now()).year == 2026 else 10, 16)

    def test_a_service_that_is_taxed_by_its_id(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        """What visits told of it decides; of a title that is not certain a person."""
        choose(bridge, vat="16", vat_lines="service:8101=medical")
        told = [{"id": 8101, "title": "Ботокс", "cost": 100}, {"id": 8102, "title": "Пилинг", "cost": 100}]
        bridge.deliver(visit(1, services=[*told, {"id": 8103, "title": "Осмотр", "cost": 100}], paid=0))
        bridge.deliver(visit(2, services=[{"id": 8104, "title": "Осмотр", "cost": 100}], paid=0))
        make(cashier, bridge, line(0, "Ботокс", "10500"), line(1, "Пилинг", "1160"), shown="11660.00")
        (receipt,) = simulator.receipts()
        medical = 5 if almaty_date(utc_now()).year == 2026 else 10
        assert [one["tax_percent"] for one in receipt["positions"]] == [medical, 16]
        make(cashier, bridge, line(0, "Осмотр", "4000"))
        assert (bridge.rows()[-1].state, bridge.rows()[-1].error_code) == ("dead_lettered", "no_vat_rate")

    def test_goods_without_a_code_wait_where_the_salon_wants_one(self, bridge: Bridge, cashier: Browser) -> None:
        choose(bridge, goods_codes="required")
        make(cashier, bridge, line(kind="goods"))
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "goods_without_code")
        typed = form(line(kind="goods", own="1", gtin=BARCODE))
        assert sell(cashier, typed, "/acquire/sale/1").status_code == 303
        work(bridge)
        assert bridge.receipt().state == "issued"

    def test_each_salon_at_its_own_register(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        serve(bridge, OTHER, MORE_CASHBOXES[1])
        make(cashier, bridge)
        make(cashier, bridge, company=str(OTHER))
        sold = {row["external_check_number"]: row["cashbox"] for row in simulator.receipts()}
        assert sold == {"altegio_desk_1": MORE_CASHBOXES[0], "altegio_desk_2": MORE_CASHBOXES[1]}


class TestOnce:
    def test_pressed_twice(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        typed = form()
        addresses = {sell(cashier, typed).headers["location"] for _ in range(2)}
        work(bridge)
        assert addresses == {"/acquire/sale/1/progress"}
        assert len(simulator.receipts()) == len(bridge.rows()) == 1

    def test_at_once_from_two_tablets(self, desk: Desk, bridge: Bridge, simulator: SimulatorControl) -> None:
        typed, start = form(), threading.Barrier(2)
        browsers = [desk.sign_in("aigul"), desk.sign_in("dana")]
        for browser in browsers:
            browser.form_token()

        def press(browser: Browser) -> Any:
            start.wait()
            return sell(browser, typed)

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(press, browsers))
        work(bridge)
        assert [answer.status_code for answer in answers] == [303, 303]
        assert len({answer.headers["location"] for answer in answers}) == 1
        assert len(simulator.receipts()) == len(desk.all(DeskSale)) == 1

    def test_a_crash_before_the_message(self, desk: Desk, bridge: Bridge, simulator: SimulatorControl) -> None:
        """Nothing but the committed row is left of the sale: the dispatcher finds it."""
        browser = desk.sign_in("aigul")
        assert sell(browser).status_code == 303
        bridge.services.redis.flushdb()
        dispatch(bridge.services)
        assert [message["headers"]["task"] for message in bridge.messages("records")]
        work(bridge)
        assert len(simulator.receipts()) == 1

    def test_a_lost_answer(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        simulator.fault(operation="check", kind="drop", when="after")
        sell(cashier)
        bridge.decide_open()
        bridge.issue()
        assert bridge.receipt().state == "unknown"
        bridge.settle()
        assert bridge.receipt().state == "issued"
        assert len(simulator.receipts()) == len(simulator.journal("check")) == 1

    def test_a_shift_that_is_open_for_too_long(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        make(cashier, bridge)
        simulator.clock(advance_seconds=25 * 3600)
        make(cashier, bridge)
        assert [receipt.state for receipt in bridge.receipts()] == ["issued", "issued"]
        assert len(simulator.receipts()) == 2

    def test_numbers_are_the_sales_own(self, bridge: Bridge, cashier: Browser) -> None:
        """A visit of the same number in Altegio is another sale."""
        bridge.deliver(visit(1))
        make(cashier, bridge)
        assert {receipt.external_check_number for receipt in bridge.receipts()} == {"altegio_1", "altegio_desk_1"}

    def test_what_a_stranger_posts_is_no_sale_of_the_desk(
        self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser
    ) -> None:
        body = {"company_id": COMPANY, "resource": "desk_sale", "resource_id": 1, "status": "create"}
        bridge.accept({**body, "data": {"id": 1, "lines": [{"title": "x", "price": "1"}]}})
        bridge.execute("UPDATE webhook_records SET state = 'received', next_attempt_at = now()")
        bridge.decide_open()
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "unreadable")
        assert simulator.receipts() == []


class TestLikeAnyDelivery:
    def test_the_command_line_lists_and_shows_it(self, bridge: Bridge, cashier: Browser) -> None:
        make(cashier, bridge)
        with bridge.services.sessions() as session:
            (listed,) = list_deliveries(session, Filters())
            shown = find_delivery(session, 1)
        assert (listed["resource"], listed["resource_id"], listed["state"]) == ("desk_sale", 1, "processed")
        assert listed["receipt"]["external_check_number"] == "altegio_desk_1"
        assert shown is not None
        assert len(shown["calls"]) == 1

    def test_a_replay_tries_the_same_receipt(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        simulator.fault(operation="check", kind="code", code=9, text="Ошибка")
        make(cashier, bridge)
        services = bridge.services
        done = replay(services.sessions, services.producer, services.redis, 1, actor="test", reason="?")
        assert done.outcome is Outcome.REPLAYED
        work(bridge)
        assert [row["external_check_number"] for row in simulator.receipts()] == ["altegio_desk_1"]

    def test_its_status_is_told_by_our_number(self, desk: Desk, bridge: Bridge, cashier: Browser) -> None:
        make(cashier, bridge)
        told = desk.browser().get("/api/webhook/status/1").json()
        assert (told["id"], told["state"], told["processed"]) == (1, "processed", True)

    def test_what_waits_for_a_person_leads_to_it(
        self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser
    ) -> None:
        simulator.fault(operation="check", kind="code", code=9, text="Ошибка")
        make(cashier, bridge)
        assert 'href="/acquire/sale/1"' in cashier.page("/acquire/tasks")


class TestRefused:
    @pytest.fixture
    def refused(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        simulator.fault(operation="check", kind="code", code=9, text="Сумма позиции не сходится")
        make(cashier, bridge)
        assert (bridge.receipt().state, bridge.row().state) == ("rejected", "dead_lettered")

    @pytest.mark.usefixtures("refused")
    def test_the_words_are_shown_and_it_is_tried_again(
        self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser
    ) -> None:
        assert "Сумма позиции не сходится" in cashier.page("/acquire/sale/1/progress")
        assert 'href="/acquire/sale/1"' in cashier.page("/acquire/sale/1/progress")
        shown = cashier.page("/acquire/sale/1")
        assert 'value="Стрижка"' in shown
        assert "Сумма позиции не сходится" in shown
        answer = sell(cashier, form(line(price="3500"), shown="3500.00", method="cash"), "/acquire/sale/1")
        assert answer.headers["location"] == "/acquire/sale/1/progress"
        work(bridge)
        (receipt,) = simulator.receipts()
        assert (receipt["external_check_number"], receipt["total"]) == ("altegio_desk_1", "3500.00")
        assert today(bridge).difference_count == 0

    @pytest.mark.usefixtures("refused")
    def test_unchanged_it_may_be_tried_as_well(self, bridge: Bridge, simulator: SimulatorControl, cashier: Browser) -> None:
        typed = form()
        assert [sell(cashier, typed, "/acquire/sale/1").status_code for _ in range(2)] == [303, 303]
        work(bridge)
        assert len(simulator.receipts()) == len(bridge.receipts()) == 1

    @pytest.mark.usefixtures("refused")
    def test_a_manager_cancels_it(self, desk: Desk, bridge: Bridge, cashier: Browser, manager: Browser) -> None:
        assert cashier.submit("/acquire/sale/1/cancel").status_code == 403
        assert [manager.submit("/acquire/sale/1/cancel").status_code for _ in range(2)] == [303, 303]
        assert "Отмен" in manager.page("/acquire/sale/1/progress")
        assert bridge.row().state == "ignored"
        assert all(checkout.voided_at for checkout in desk.all(Checkout))
        assert today(bridge).difference_count == 0
        events = [event.action for event in desk.all(AuditEvent) if event.action.startswith("sale_")]
        assert events == ["sale_made", "sale_cancelled"]
        assert sell(cashier, None, "/acquire/sale/1").status_code == 409

    def test_what_is_issued_is_changed_no_more(self, bridge: Bridge, cashier: Browser, manager: Browser) -> None:
        make(cashier, bridge)
        assert sell(cashier, None, "/acquire/sale/1").status_code == 409
        assert manager.submit("/acquire/sale/1/cancel").status_code == 409
        assert cashier.get("/acquire/sale/1").headers["location"] == "/acquire/sale/1/progress"

    def test_a_salon_without_a_cashbox_waits_with_a_reason(self, bridge: Bridge, cashier: Browser) -> None:
        bridge.execute("UPDATE cashboxes SET enabled = false")
        make(cashier, bridge)
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "no_cashbox")
        assert cashier.get("/acquire/sale/1/state").json()["state"] == "attention"


class TestMoney:
    def test_the_books_explain_it(self, bridge: Bridge, cashier: Browser) -> None:
        make(cashier, bridge, method="cash", cash_received="5000")
        make(cashier, bridge)
        books = today(bridge)
        assert (books.difference_count, books.issued.total) == (0, Decimal(8000))
        assert not books.dead_letters
        assert not books.reasons

    def test_it_is_returned_like_any_other(self, desk: Desk, bridge: Bridge, simulator: SimulatorControl) -> None:
        cashier, manager = desk.sign_in("aigul"), desk.sign_in("dana")
        make(cashier, bridge, method="cash")
        wish = {"form_key": str(uuid4()), "reason": "передумал", "count_0": "1"}
        assert manager.submit("/acquire/receipts/1/return", wish).status_code == 303
        make_returns(bridge)
        bridge.settle()
        assert [row["external_check_number"] for row in simulator.receipts()] == ["altegio_desk_1", "altegio_desk_1_r1"]
        assert [bool(checkout.voided_at) for checkout in desk.all(Checkout)] == [True]
        assert cashier.get("/acquire/sale/1/state").json()["state"] == "returned"
        assert today(bridge).difference_count == 0
        bridge.execute("UPDATE webhook_records SET state = 'received', receipt_id = NULL, next_attempt_at = now()")
        work(bridge)
        assert (len(simulator.receipts()), bridge.row().state) == (2, "ignored")

    def test_the_wrong_way_of_payment_is_made_good(
        self, desk: Desk, bridge: Bridge, simulator: SimulatorControl, manager: Browser
    ) -> None:
        make(manager, bridge, method="cash")
        wish = {"form_key": str(uuid4()), "method": "card"}
        assert manager.submit("/acquire/receipts/1/method/confirm", wish).status_code == 303
        make_returns(bridge)
        bridge.settle()
        assert [row["external_check_number"] for row in simulator.receipts()][2] == "altegio_desk_1_2"
        assert manager.get("/acquire/sale/1/state").json()["state"] == "issued"
        live = [row for row in desk.all(PaymentRecord) if row.kind == "card"]
        assert [(row.document_id, row.amount) for row in live] == [(-1, Decimal(4000))]
        assert today(bridge).difference_count == 0

    def test_the_return_of_goods_from_altegio_touches_no_sale_of_the_desk(
        self, desk: Desk, bridge: Bridge, manager: Browser
    ) -> None:
        """Neither has a record: a payment of one must not be taken for the other's."""
        make(manager, bridge)
        bridge.deliver(goods(9001, 1100))
        wish = {"form_key": str(uuid4()), "reason": "?", "count_0": "1"}
        assert manager.submit("/acquire/receipts/2/return", wish).status_code == 303
        make_returns(bridge)
        bridge.settle()
        assert [receipt.returned for receipt in bridge.receipts()] == [False, True, False]
        assert [checkout.voided_at for checkout in desk.all(Checkout)] == [None]

    def test_a_status_by_altegios_number_is_no_sale_of_the_desk(self, desk: Desk, bridge: Bridge, cashier: Browser) -> None:
        for number in range(3):
            bridge.deliver(visit(5000 + number))
        make(cashier, bridge)
        sale = desk.get(WebhookRecord, 4)
        assert (sale.resource_id, sale.document_id, sale.source) == (1, -1, "desk")
        assert desk.browser().get("/api/webhook/status/1?resource=record").status_code == 404


class TestForm:
    def test_what_was_sold_before_is_offered(self, bridge: Bridge, cashier: Browser) -> None:
        for number, price in ((1, 4000), (2, 4500)):
            bridge.deliver(visit(number, price))
        make(cashier, bridge, line(0, "Шампунь", "2500", kind="goods", own="1", gtin=BARCODE), shown="2500.00")
        page = cashier.page("/acquire/sale")
        offers = re.findall(r'name="add" value="([^"]+)">.*?<b>([^<]+)</b>', page)
        assert [(key, price.replace("\u00a0", " ")) for key, price in offers] == [
            ("s:Стрижка", "4 500 ₸"),
            ("g:Шампунь", "2 500 ₸"),
        ]

    def test_without_scripts_lines_go_by_the_address(self, bridge: Bridge, cashier: Browser) -> None:
        bridge.deliver(visit(1))
        answer = cashier.submit("/acquire/sale/lines", {**form(), "add": "s:Стрижка", "email": "client@example.com"})
        assert answer.status_code == 303
        assert "client" not in answer.headers["location"]
        assert "form_token" not in answer.headers["location"]
        page = cashier.page(answer.headers["location"])
        assert 'name="shown" value="8000.00"' in page

    def test_one_more_of_the_same(self, bridge: Bridge, cashier: Browser) -> None:
        bridge.deliver(visit(1))
        chosen = {**form({}, shown="0.00"), "add": "s:Стрижка"}
        first = cashier.submit("/acquire/sale/lines", chosen).headers["location"]
        assert "title_0=" in first
        assert "count_0=1" in first
        rows = {"title_0": "Стрижка", "kind_0": "service", "price_0": "4000", "count_0": "1"}
        assert "count_0=2" in cashier.submit("/acquire/sale/lines", {**chosen, **rows}).headers["location"]
        gone = cashier.submit("/acquire/sale/lines", {**form({}), **rows, "remove": "0"})
        assert "title_0" not in gone.headers["location"]

    def test_scripts_get_the_page_itself(self, bridge: Bridge, cashier: Browser) -> None:
        bridge.deliver(visit(1))
        answer = cashier.submit("/acquire/sale/lines", {**form({}), "add": "s:Стрижка"}, headers={"X-Fragment": "sale"})
        assert answer.status_code == 200
        assert 'data-total="4000.00"' in answer.text

    def test_a_sum_nobody_has_seen_is_not_taken(self, desk: Desk, cashier: Browser) -> None:
        answer = sell(cashier, form(line(price="5000")))
        assert answer.status_code == 422
        assert 'name="shown" value="5000.00"' in answer.text
        assert desk.all(DeskSale) == []
        assert desk.all(WebhookRecord) == []

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            (line(title=""), "title_0"),
            (line(price="x"), "price_0"),
            (line(price="-1"), "price_0"),
            (line(price=""), "price_0"),
            (line(price="1000000000"), "price_0"),
            (line(count="-1"), "count_0"),
            (line(count="1e3"), "count_0"),
            (line(count="0,0001"), "count_0"),
            (line(count="10001"), "count_0"),
            (line(discount="4000"), "discount_0"),
            (line(discount="100%"), "discount_0"),
            (line(discount="x"), "discount_0"),
            (line(kind="goods", own="1", gtin="4006381333932"), "gtin_0"),
            (line(kind="goods", count="2", marks="one"), "marks_0"),
            (line(price="999999999", count="2"), "basket"),
            ({}, "basket"),
        ],
    )
    def test_what_is_wrong_is_named_beside_its_field(
        self, desk: Desk, cashier: Browser, fields: dict[str, str], field: str
    ) -> None:
        answer = sell(cashier, form(fields))
        assert answer.status_code == 422
        assert f'id="fault-{field}"' in answer.text
        assert desk.all(DeskSale) == []

    def test_a_form_is_of_one_sale(self, desk: Desk, bridge: Bridge, cashier: Browser) -> None:
        bridge.deliver(visit(1, paid=0))
        typed = form()
        cashier.pay(1, form_key=typed["form_key"])
        assert sell(cashier, typed).status_code == 409
        assert desk.all(DeskSale) == []

    def test_one_of_several_salons_is_chosen_by_its_name(self, bridge: Bridge, cashier: Browser) -> None:
        assert '<select id="company"' not in cashier.page("/acquire/sale")
        serve(bridge, OTHER, MORE_CASHBOXES[1], name="Салон на Абая")
        page = cashier.page(f"/acquire/sale?company={OTHER}")
        assert f'<option value="{OTHER}" selected>Салон на Абая</option>' in page
        assert f'<option value="{COMPANY}" >{COMPANY}</option>' in page
        assert f'name="company" value="{OTHER}"' in page

    def test_of_ones_own_salons_only(self, desk: Desk, bridge: Bridge, cashier: Browser) -> None:
        serve(bridge, OTHER, MORE_CASHBOXES[1])
        make(cashier, bridge, company=str(OTHER))
        desk.add_user("saule", salons=[COMPANY])
        narrow = desk.sign_in("saule")
        assert sell(narrow, form(company=str(OTHER))).status_code == 404
        assert narrow.get(f"/acquire/sale?company={OTHER}").status_code == 404
        for path in ("/acquire/sale/1", "/acquire/sale/1/progress", "/acquire/sale/1/state"):
            assert narrow.get(path).status_code == 404
        assert sell(narrow).status_code == 303
