"""What a server writes may be broken: it is cleaned where it enters, kept where people look, and stops nothing."""

from typing import Any
from uuid import uuid4

import pytest

from dev.demo.state import CASHBOX
from dev.harness.simulator import SimulatorControl
from shared.storage.models import CashboxOrder
from tests.support.bridge import Bridge
from tests.support.documents import assert_own_documents, list_ours, recover, try_again
from tests.support.grids import grid
from tests.support.onlooker import Onlooker
from tests.support.payloads import visit
from worker.rounds.cashbox_orders import carry_out
from worker.rounds.nightly_z_report import close_due
from worker.rounds.watch.licences import check_licences

BROKEN = {
    "half an emoji": "Недопустимо \ud83d тут",
    "the other half": "Недопустимо \ude00\ud83d тут",
    "NUL": "Недопустимо \0 тут\0",
    "without end": f"Недопустимо {'о' * 300_000}",
}
texts = pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
TWO_TEXTS = {name: BROKEN[name] for name in ("the other half", "NUL")}
HELD_UP = [("check", -1), ("check", 7), ("check", 12), ("check", 18), ("authorize", 1), ("authorize", -1)]


def refuse(simulator: SimulatorControl, operation: str, code: Any, text: Any, **order: Any) -> None:
    body = {"Errors": [{"Code": code, "Text": text}]}
    simulator.fault(operation=operation, kind="json", body=body, **order)


def order_of(bridge: Bridge, kind: str, **values: Any) -> int:
    with bridge.services.sessions.begin() as session:
        row = CashboxOrder(cashbox_id=1, kind=kind, form_key=uuid4(), ordered_by="staff:dana", **values)
        session.add(row)
    return int(row.id)


class TestARefusal:
    @texts
    def test_ends_in_a_dead_letter_with_its_words(
        self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker, text: str
    ) -> None:
        refuse(simulator, "check", 9, text, times=None)
        bridge.deliver(visit())
        assert (bridge.row().state, bridge.row().error_code, bridge.receipt().state) == ("dead_lettered", "9", "rejected")
        assert "Недопустимо" in bridge.row().reason
        assert len(bridge.row().reason) < 20_000
        try_again(bridge, 3)
        assert len(simulator.journal("check")) == 1
        assert "Недопустимо" in onlooker.run("show", "1")
        assert "Недопустимо" in onlooker.page("/acquire/tasks")

    @grid("refusal, text", HELD_UP, TWO_TEXTS)
    def test_of_the_way_to_a_sale_holds_it_up_and_no_more(
        self, bridge: Bridge, simulator: SimulatorControl, refusal: tuple[str, int], text: str
    ) -> None:
        simulator.revoke_tokens()
        bridge.services.redis.flushdb()
        refuse(simulator, *refusal, text)
        bridge.deliver(visit())
        assert bridge.row().state == "retrying"
        bridge.execute("UPDATE cashboxes SET paused_until = now()")
        recover(bridge)
        assert_own_documents(bridge, simulator, 1)

    @grid("operation, text", ["shift_history", "ticket"], TWO_TEXTS)
    def test_to_tell_of_a_lost_one(self, bridge: Bridge, simulator: SimulatorControl, operation: str, text: str) -> None:
        simulator.fault(operation="check", kind="drop", when="after")
        refuse(simulator, operation, -1, text)
        bridge.deliver(visit())
        bridge.settle()
        assert_own_documents(bridge, simulator, 1)
        assert len(simulator.journal("check")) == 1

    @texts
    def test_of_a_report_of_cash_and_of_the_licence(self, bridge: Bridge, simulator: SimulatorControl, text: str) -> None:
        bridge.deliver(visit())
        refuse(simulator, "money_operation", 9, text)
        carry_out(bridge.services, order_of(bridge, "deposit", amount=100, external_check_number="cash_1"))
        assert (bridge.orders()[0].state, "Недопустимо" in bridge.orders()[0].error_text) == ("refused", True)
        refuse(simulator, "client_info", -1, text)
        check_licences(bridge.services)
        refuse(simulator, "z_report", -1, text)
        bridge.execute("UPDATE shifts SET opened_at = now() - interval '23 hours 50 minutes'")
        for _ in range(2):
            bridge.execute("UPDATE cashboxes SET rest_until = NULL; UPDATE shifts SET next_close_at = NULL")
            close_due(bridge.services, 1)
        assert bridge.shifts()[0].closed_at is not None


class TestASuccess:
    @texts
    def test_is_one(self, bridge: Bridge, simulator: SimulatorControl, text: str) -> None:
        changes = {
            "EmployeeName": text,
            "Cashbox": {"Address": text, "Ofd": {"Name": text}},
            "Organization": {"TaxPayerName": text},
            "TicketPrintFormat": [{"Order": 1, "Type": 0, "Value": text, "Style": 0}],
            text[:50]: text,
        }
        simulator.fault(operation="check", kind="changed", when="after", changes=changes)
        bridge.deliver(visit())
        assert_own_documents(bridge, simulator, 1)
        assert (bridge.outcomes(), bridge.logs("lookup")) == (["issued"], [])

    @texts
    def test_of_a_lookup_of_a_report_and_of_cash(self, bridge: Bridge, simulator: SimulatorControl, text: str) -> None:
        simulator.fault(operation="check", kind="drop", when="after")
        named = {"EmployeeName": text, "Positions": [{"PositionName": text}], "CashierName": text}
        for operation in ("ticket", "money_operation", "z_report"):
            simulator.fault(operation=operation, kind="changed", when="after", changes=named, times=None)
        bridge.deliver(visit())
        bridge.settle()
        carry_out(bridge.services, order_of(bridge, "deposit", amount=100, external_check_number="cash_1"))
        carry_out(bridge.services, order_of(bridge, "z_report"))
        assert_own_documents(bridge, simulator, 1)
        assert [order.state for order in bridge.orders()] == ["done", "done"]
        assert len(simulator.journal("z_report")) == len(simulator.journal("money_operation")) == 1


NAME = "Окрашивание одновременно с уходом, последовательно и параллельно"
QUOTING = {
    "guillemets": f"Позиция «{NAME}»: недопустимый код единицы измерения",
    "straight": f'Позиция "{NAME}": недопустимый код единицы измерения',
    "single": f"Позиция '{NAME}': недопустимый код единицы измерения",
    "curly": f"Позиция “{NAME}”: недопустимый код единицы измерения",
    "low": f"Позиция „{NAME}“: недопустимый код единицы измерения",
    "none": f"Недопустимый код единицы измерения; {NAME}",
    "cut": f"Недопустимый код единицы измерения в позиции «{NAME[:40]}",
    "shouted": f"ПОЗИЦИЯ «{NAME.upper()}»: НЕДОПУСТИМЫЙ КОД",
}


class TestAQuotation:
    @pytest.mark.parametrize("text", QUOTING.values(), ids=QUOTING.keys())
    def test_of_a_position_never_makes_a_register_busy(self, bridge: Bridge, simulator: SimulatorControl, text: str) -> None:
        simulator.fault(operation="check", kind="code", code=9, text=text, times=None)
        bridge.deliver(visit(services=[{"title": NAME, "cost": 4000}]))
        assert (bridge.row().state, bridge.row().error_code, bridge.receipt().state) == ("dead_lettered", "9", "rejected")
        assert "недопустимый код" in bridge.row().reason.lower()
        assert len(simulator.journal("check")) == 1

    def test_beside_the_complaint_of_a_busy_one_hides_nothing(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        busy = f"Касса «{CASHBOX}»: запросы к одной кассе выполняются последовательно"
        simulator.fault(operation="check", kind="code", code=9, text=busy, times=5)
        bridge.deliver(visit(services=[{"title": NAME, "cost": 4000}]))
        try_again(bridge, 3)
        assert (bridge.receipt().state, bridge.receipt().budget_used) == ("pending", 0)
        bridge.settle()
        assert_own_documents(bridge, simulator, 1)

    def test_one_that_is_busy_for_over_five_minutes_is_told_of(
        self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker
    ) -> None:
        busy = "Запросы к одной кассе выполняются последовательно"
        simulator.fault(operation="check", kind="code", code=9, text=busy, times=None)
        bridge.deliver(visit())
        for minute in range(10):
            assert minute > 4 or onlooker.messages == []
            try_again(bridge, 1)
            onlooker.wait(1)
        assert any(CASHBOX in message for message in onlooker.messages)


PROBLEM = {"type": "https://tools.ietf.org/html/rfc7231", "status": 400, "traceId": "00-1"}
NOT_UNDERSTOOD: dict[str, dict[str, Any]] = {
    "ProblemDetails": {"status": 400, "body": {**PROBLEM, "title": "Недопустимо", "detail": "Недопустимо тут"}},
    "its errors": {"status": 400, "body": {**PROBLEM, "title": "x", "errors": {"Positions[0].Price": ["Недопустимо тут"]}}},
    "texts": {"status": 200, "body": {"Errors": ["Недопустимо тут", "и тут"]}},
    "texts with 400": {"status": 400, "body": {"Errors": ["Недопустимо тут"]}},
    "one text": {"status": 200, "body": {"Errors": "Недопустимо тут"}},
    "a message": {"status": 500, "body": {"Message": "Недопустимо тут"}},
    "one object": {"status": 200, "body": {"Errors": {"Code": 9, "Text": "Недопустимо тут"}}},
}


class TestAnAnswerOfAnotherForm:
    @pytest.mark.parametrize("said", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
    def test_shows_its_words(self, bridge: Bridge, simulator: SimulatorControl, said: dict[str, Any]) -> None:
        bridge.deliver(visit(1))
        simulator.fault(operation="check", kind="json", times=None, **said)
        bridge.deliver(visit(2))
        try_again(bridge, 4)
        # What comes with 500 is a gateway's: it is kept, and the reason may be of another call by now.
        assert said["status"] == 500 or "Недопустимо" in bridge.row(2).reason
        assert "Недопустимо" in str(bridge.scalar("SELECT string_agg(l::text, ' ') FROM fiscalization_logs l"))
        assert len(simulator.journal("check")) <= 6
        assert len(list_ours(simulator)) == 1

    def test_is_kept_without_our_secrets_and_not_for_ever_long(
        self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker
    ) -> None:
        """A debug page likes to show all it was sent."""
        bridge.deliver(visit(1))
        settings = bridge.services.settings
        secrets = [
            bridge.services.clients.open_default()._token.get(),
            settings.webkassa_password.get_secret_value(),
            settings.webkassa_api_token.get_secret_value(),
        ]
        page = f"Trace of the request: {' ; '.join(secrets)} {'x' * 50_000}"
        simulator.fault(operation="check", kind="page", status=500, text=page, times=2)
        bridge.deliver(visit(2))
        kept = str(bridge.scalar("SELECT string_agg(l::text, ' ') FROM fiscalization_logs l"))
        shown = onlooker.run("show", "2")
        for text in (kept, shown):
            assert "Trace of the request" in text
            assert not [secret for secret in secrets if secret in text]
        assert kept.count("x" * 100) <= 100
        simulator.fault(operation="check", kind="json", times=2, **NOT_UNDERSTOOD["ProblemDetails"])
        bridge.deliver(visit(3))
        # The register may rest after the page that was no answer.
        try_again(bridge)
        assert "Недопустимо" in onlooker.run("show", "3")
        if "dead_lettered" not in {row.state for row in bridge.rows()}:
            recover(bridge)
            assert_own_documents(bridge, simulator, 3)
