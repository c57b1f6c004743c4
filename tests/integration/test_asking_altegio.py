"""The body of a webhook is a hint: what Altegio says when it is asked decides."""

from typing import Any

import pytest

from dev.demo.waiting import wait_until
from dev.harness.altegio import PARTNER_TOKEN, USER_TOKEN, AltegioControl
from dev.harness.services import close_all_but_database
from dev.harness.simulator import SimulatorControl
from dev.simulator.altegio.ledgers import GOODS_INCOME, SERVICE_INCOME
from tests.support.bridge import Bridge
from tests.support.payloads import T0, T1, T2, T3, envelope, goods, payment, visit
from worker.altegio.limits import WINDOWS, RateLimiter
from worker.decide.process_record import process_record
from worker.services import create_services

CASH, CARD, MOBILE = 0, 1, 4
DOCUMENT = 5001


@pytest.fixture(autouse=True)
def _asking(bridge: Bridge, altegio: AltegioControl) -> None:
    ask(bridge, altegio)


def ask(bridge: Bridge, altegio: AltegioControl, **changes: str) -> None:
    bridge.configure(**{name.lower(): value for name, value in altegio.environment.items()}, **changes)


def service(number: int, cost: Any, title: str = "Стрижка") -> dict[str, Any]:
    return {"id": number, "title": title, "cost": cost, "cost_per_unit": cost, "amount": 1, "discount": 0}


def known_visit(record_id: int = 1001, cost: Any = 4000, **fields: Any) -> dict[str, Any]:
    given = {
        "services": [service(1, cost)],
        "goods_transactions": [],
        "documents": [{"id": DOCUMENT}],
        "visit_id": record_id + 1,
    }
    return visit(record_id, cost, **{**given, **fields})


def known_payment(
    operation_id: int, amount: Any, *, cash: bool = True, till: str = "Касса", **fields: Any
) -> dict[str, Any]:
    given = {
        "account": {"id": 7 if cash else 8, "title": till, "is_cash": cash},
        "date": "2026-03-02T12:00:00+0500",
        "document_id": DOCUMENT,
        "sold_item_type": "service",
        "sold_item_id": 1,
        "expense": SERVICE_INCOME,
    }
    return payment(operation_id, amount, **{**given, **fields})


def known_goods(line_id: int, cost: Any, **fields: Any) -> dict[str, Any]:
    return goods(line_id, cost, **{"discount": 0, **fields})


def paid_for_goods(operation_id: int, amount: Any, **fields: Any) -> dict[str, Any]:
    given = {"record_id": 0, "visit_id": 0, "sold_item_type": "goods_transaction", "expense": GOODS_INCOME}
    return known_payment(operation_id, amount, **{**given, **fields})


def paid_by(simulator: SimulatorControl) -> dict[int, str]:
    (receipt,) = simulator.receipts()
    return {part["type"]: part["sum"] for part in receipt["payments"]}


class TestVisits:
    def test_lines_and_kinds_are_altegios(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        """The body says 1 tenge, by card for all it knows; no payment was ever told."""
        altegio.apply(known_visit(cost=9000), known_payment(1, 2000), known_payment(2, 7000, cash=False, till="Kaspi QR"))
        bridge.deliver(visit(cost=1))
        assert paid_by(simulator) == {CASH: "2000.00", MOBILE: "7000.00"}

    def test_a_forged_body_makes_no_receipt(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        (row,) = bridge.deliver(visit(666))
        assert (row.state, row.error_code) == ("dead_lettered", "not_in_altegio")
        assert simulator.receipts() == []

    def test_a_body_that_is_old_by_now_makes_no_receipt(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.apply(known_visit(paid=0, changed=T2))
        (row,) = bridge.deliver(visit(paid=1, changed=T1))
        assert (row.state, simulator.receipts()) == ("awaiting_payment", [])

    def test_what_does_nothing_fiscal_costs_no_call(self, bridge: Bridge, altegio: AltegioControl) -> None:
        bridge.deliver(visit(1, paid=0), visit(2, services=[]), visit(3, status="delete"))
        assert altegio.calls() == []

    def test_a_part_that_a_certificate_paid_is_a_discount(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        services = [service(1, 4000), service(2, 2000.5, "Укладка")]
        loyalty = {
            "id": 7,
            "document_id": DOCUMENT,
            "title": "Сертификат",
            "amount": -1500,
            "is_discount": False,
            "is_loyalty_withdraw": True,
        }
        spent = envelope("loyalty_transaction", 7, "create", loyalty)
        altegio.apply(known_visit(services=services), known_payment(1, 4500.5), spent)
        bridge.deliver(visit())
        (receipt,) = simulator.receipts()
        assert (receipt["total"], paid_by(simulator)) == ("4500.50", {CASH: "4500.50"})
        assert [line["price"] for line in receipt["positions"]] == ["4000.00", "2000.50"]

    def test_part_of_the_money_and_no_word_of_the_rest(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.apply(known_visit(cost=9000), known_payment(1, 2000))
        (row,) = bridge.deliver(visit(cost=9000))
        assert (row.state, row.error_code, simulator.receipts()) == ("dead_lettered", "sum_mismatch", [])

    def test_a_payment_altegio_does_not_list_is_none(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.apply(known_visit(), known_payment(2, 4000, cash=False))
        bridge.deliver(payment(1, 4000), visit())
        assert paid_by(simulator) == {CARD: "4000.00"}
        assert {one.operation_id: one.state for one in bridge.payments()} == {1: "revoked", 2: "active"}

    def test_other_records_of_the_visit_pay_for_themselves(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        """Two records, one visit, and one document for both."""
        altegio.apply(known_visit(1001, 4000, visit_id=7), known_visit(1002, 3000, visit_id=7))
        altegio.apply(known_payment(1, 4000, visit_id=7), known_payment(2, 3000, record_id=1002, visit_id=7, cash=False))
        bridge.deliver(visit(1001), visit(1002, 3000))
        assert [(one["total"], one["payments"][0]["type"]) for one in simulator.receipts()] == [
            ("4000.00", CASH),
            ("3000.00", CARD),
        ]

    def test_money_taken_at_the_desk_is_not_asked_about(self, bridge: Bridge, altegio: AltegioControl) -> None:
        bridge.deliver(visit(paid=0))
        bridge.execute("INSERT INTO staff_users (login, password_hash, role) VALUES ('a', 'x', 'cashier')")
        bridge.execute(
            "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total)"
            " VALUES (307626, 1001, 1, gen_random_uuid(), 4000)"
        )
        bridge.execute(
            "INSERT INTO payment_records (company_id, record_id, kind, amount, checkout_id)"
            " VALUES (307626, 1001, 'cash', 4000, 1)"
        )
        bridge.execute("UPDATE webhook_records SET state = 'received'")
        bridge.decide_open()
        bridge.issue()
        assert bridge.receipt().state == "issued"
        assert altegio.calls() == []


class TestRights:
    def test_without_the_ledger_the_record_tells_its_payments(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.settings(no_rights=["timetable_transactions", "transactions", "accounts"])
        altegio.apply(known_visit(), known_payment(1, 4000, cash=False, till="Kaspi QR"))
        bridge.deliver(visit())
        assert paid_by(simulator) == {MOBILE: "4000.00"}

    def test_an_empty_list_beside_the_record_takes_no_payment_away(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        """Where finances are closed to the user, it may be closed as well."""
        altegio.settings(no_rights=["timetable_transactions", "transactions", "accounts", "sale"])
        altegio.apply(known_visit())
        bridge.deliver(payment(1, 4000), visit())
        assert paid_by(simulator) == {CASH: "4000.00"}

    def test_without_finance_rights_webhooks_tell_the_kind(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.settings(no_rights=["timetable_transactions", "transactions", "accounts", "sale"])
        altegio.apply(known_visit(), known_payment(1, 4000))
        bridge.deliver(payment(1, 4000), visit())
        assert paid_by(simulator) == {CASH: "4000.00"}

    @pytest.mark.parametrize("as_200", [False, True])
    def test_without_any_right_the_body_has_to_do(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl, as_200: bool
    ) -> None:
        ask(bridge, altegio, altegio_company_id="307626")
        altegio.settings(no_rights=["record", "records"], refuse_with_200=as_200)
        bridge.deliver(visit())
        assert paid_by(simulator) == {CARD: "4000.00"}

    def test_a_wrong_token_is_told_without_the_token(self, bridge: Bridge, altegio: AltegioControl) -> None:
        ask(bridge, altegio, altegio_company_id="307626")
        altegio.settings(user_token="changed")
        bridge.deliver(visit())
        assert bridge.receipt().state == "issued"
        said = bridge.scalar("SELECT text FROM alerts WHERE kind = 'altegio_rights'")
        assert "ALTEGIO_USER_TOKEN" in said
        assert not [token for token in (USER_TOKEN, PARTNER_TOKEN) if token in said]


class TestFailures:
    @pytest.mark.parametrize("kind", ["drop", "500", "html_502", "truncated", "429"])
    def test_an_answer_that_does_not_come_is_waited_for(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl, kind: str
    ) -> None:
        altegio.apply(known_visit(), known_payment(1, 4000))
        # Without a word on how long, a 429 is waited out for ten seconds: see the limiter's own tests.
        altegio.fault(operation="record", kind=kind, retry_after=1)
        (row,) = bridge.deliver(visit())
        assert (row.state, row.error_code, simulator.receipts()) == ("retrying", "altegio", [])
        assert row.next_attempt_at is not None
        # After a 429 nobody asks for a moment.
        wait_until(lambda: bridge.decide(row.id) and bridge.receipts(), timeout=20, what="Altegio to answer")
        bridge.issue()
        assert paid_by(simulator) == {CASH: "4000.00"}
        assert bridge.row().error_code is None

    def test_a_minute_of_calls_that_is_used_up_is_waited_for(self, bridge: Bridge, altegio: AltegioControl) -> None:
        altegio.apply(known_visit(), known_payment(1, 4000))
        worker = create_services(bridge.services.settings, bridge.services.sessions)
        _, minute = WINDOWS
        others = RateLimiter(worker.redis, altegio.host, [minute])
        for _ in range(minute.calls):
            others.acquire(patience=0)
        row_id = bridge.accept(visit()).body["record_id"]
        process_record(worker, row_id)
        close_all_but_database(worker)
        assert (bridge.row(row_id).state, bridge.row(row_id).error_code) == ("retrying", "altegio")
        assert altegio.calls() == []

    def test_in_the_end_a_person_is_asked(self, bridge: Bridge, altegio: AltegioControl) -> None:
        altegio.fault(operation="any", kind="500", times=None)
        bridge.deliver(visit())
        bridge.execute("UPDATE webhook_records SET created_at = now() - interval '73 hours'")
        bridge.decide(1)
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "altegio_unavailable")


class TestSecondThoughts:
    @pytest.fixture
    def issued(self, bridge: Bridge, altegio: AltegioControl) -> Bridge:
        altegio.apply(known_visit(changed=T0), known_payment(1, 4000, changed=T0))
        bridge.deliver(visit(changed=T0))
        assert bridge.receipt().state == "issued"
        return bridge

    def test_a_deletion_that_never_was(self, issued: Bridge) -> None:
        issued.deliver(visit(status="delete", changed=T0))
        assert issued.receipt().return_due_reason is None
        assert issued.row(2).state == "processed"

    def test_a_deletion_that_was(self, issued: Bridge, altegio: AltegioControl) -> None:
        gone = [known_payment(1, 4000, status="delete", changed=T2), visit(status="delete", changed=T2)]
        altegio.apply(*gone)
        issued.deliver(gone[1])
        assert issued.receipt().return_due_reason == "the record was deleted"
        assert issued.receipt().paid_back_since is not None

    def test_a_deletion_that_leaves_the_payment(self, issued: Bridge, altegio: AltegioControl) -> None:
        gone = visit(status="delete", changed=T2)
        altegio.apply(gone)
        issued.deliver(gone)
        assert issued.receipt().return_due_reason == "the record was deleted, payments of 4000.00 ₸ are in force"
        assert issued.receipt().paid_back_since is None

    def test_cash_became_kaspi_and_one_webhook_is_missing(self, issued: Bridge, altegio: AltegioControl) -> None:
        deleted = known_payment(1, 4000, status="delete", changed=T2)
        altegio.apply(deleted, known_payment(2, 4000, cash=False, till="Kaspi QR", changed=T2))
        issued.deliver(deleted)
        doubt = issued.receipt()
        assert "mobile 4000.00" in (doubt.return_due_reason or "")
        assert doubt.paid_back_since is None

    def test_another_sum(self, issued: Bridge, altegio: AltegioControl) -> None:
        altegio.apply(known_visit(cost=4500, changed=T3))
        issued.deliver(visit(cost=4500, changed=T3))
        assert (issued.row(2).state, issued.row(2).error_code) == ("dead_lettered", "difference")

    def test_another_sum_that_altegio_does_not_confirm(self, issued: Bridge) -> None:
        issued.deliver(visit(cost=4500, changed=T0))
        assert issued.row(2).state == "processed"


class TestGoods:
    def test_the_sale_document_decides(self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        """Two lines were sold; the webhook of one was lost, that of the other tells an old price."""
        altegio.apply(known_goods(1, 900), known_goods(2, 1100, title="Маска"), paid_for_goods(1, 2000, cash=False))
        bridge.deliver(goods(1, 1, barcode="4006381333931"))
        (receipt,) = simulator.receipts()
        assert (receipt["external_check_number"], receipt["total"]) == ("altegio_goods_5001", "2000.00")
        assert paid_by(simulator) == {CARD: "2000.00"}
        assert [line.get("GTIN") for line in receipt["request"]["Positions"]] == ["4006381333931", None]

    def test_a_forged_sale(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        (row,) = bridge.deliver(goods(1, 900))
        assert (row.error_code, simulator.receipts()) == ("not_in_altegio", [])

    def test_a_payment_whose_goods_nobody_told(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.apply(known_goods(1, 900), known_goods(2, 1100, title="Маска"), paid_for_goods(1, 2000))
        bridge.deliver(paid_for_goods(1, 2000))
        bridge.decide_open()
        bridge.issue()
        (receipt,) = simulator.receipts()
        assert (receipt["external_check_number"], receipt["total"]) == ("altegio_goods_5001", "2000.00")
        assert [row.source for row in bridge.rows()] == ["webhook", "catch_up", "catch_up"]
