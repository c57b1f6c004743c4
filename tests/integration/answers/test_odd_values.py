"""A document that exists, exists, whatever else its answer says; and a value is read as what it means, or not at all."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.webhook.status import get_record_status
from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from shared.clock import utc_now
from shared.storage.models import CashboxOrder
from tests.support.bridge import Bridge
from tests.support.documents import assert_own_documents, make_returns, order_return, try_again
from tests.support.onlooker import Onlooker
from tests.support.payloads import visit
from worker.rounds.cashbox_orders import carry_out
from worker.rounds.nightly_z_report import close_due, watch_shifts
from worker.rounds.watch.conditions import observe

WARNINGS: dict[str, Any] = {
    "a refusal's code": [{"Code": 9, "Text": "Внимание: срок лицензии истекает"}],
    "an unknown code": [{"Code": 7777, "Text": "Внимание: срок лицензии истекает"}],
    "no code": [{"Code": None, "Text": "Внимание: срок лицензии истекает"}],
    "unknown error": [{"Code": -1, "Text": "Внимание: срок лицензии истекает"}],
    "session": [{"Code": 2, "Text": "Внимание: срок лицензии истекает"}],
    "shift": [{"Code": 11, "Text": "Внимание: срок лицензии истекает"}],
    "a text": ["Внимание: срок лицензии истекает"],
    "two": [{"Code": 0, "Text": "Все хорошо"}, {"Code": 18, "Text": "Внимание: срок лицензии истекает"}],
}


def order_of(bridge: Bridge, kind: str, **values: Any) -> CashboxOrder:
    with bridge.services.sessions.begin() as session:
        row = CashboxOrder(cashbox_id=1, kind=kind, form_key=uuid4(), ordered_by="staff:dana", **values)
        session.add(row)
    bridge.execute("UPDATE cashboxes SET rest_until = NULL")
    carry_out(bridge.services, row.id)
    return bridge.orders()[-1]


def make_due(bridge: Bridge) -> None:
    """The one open shift is nearly a day old."""
    bridge.execute("UPDATE shifts SET opened_at = now() - interval '23 hours 50 minutes' WHERE closed_at IS NULL")
    bridge.execute("UPDATE shifts SET next_close_at = NULL")
    bridge.execute("UPDATE cashboxes SET rest_until = NULL")


def is_now(moment: Any) -> bool:
    return abs(moment - utc_now()) < timedelta(minutes=10)


class TestAWarning:
    @pytest.mark.parametrize("errors", WARNINGS.values(), ids=WARNINGS.keys())
    def test_beside_the_receipt_refuses_nothing_and_is_kept(
        self, bridge: Bridge, simulator: SimulatorControl, errors: Any
    ) -> None:
        simulator.fault(operation="check", kind="changed", when="after", errors=errors)
        bridge.deliver(visit())
        assert_own_documents(bridge, simulator, 1)
        assert len(simulator.journal("check")) == 1
        assert "Внимание" in str(bridge.scalar("SELECT string_agg(l::text, ' ') FROM fiscalization_logs l"))

    def test_is_shown(self, bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker) -> None:
        simulator.fault(operation="check", kind="changed", when="after", errors=WARNINGS["a refusal's code"])
        bridge.deliver(visit())
        assert "Внимание" in onlooker.run("show", "1")

    def test_beside_a_return(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit())
        order_return(bridge)
        errors = WARNINGS["a refusal's code"]
        simulator.fault(operation="check", kind="changed", when="after", errors=errors)
        make_returns(bridge)
        assert [(row["operation_type"], row["check_number"]) for row in simulator.receipts()] == [
            (2, bridge.receipt(1).fiscal_number),
            (3, bridge.receipt(2).fiscal_number),
        ]


NO_DATES = [
    "01.01.0001 00:00:00",
    "0001-01-01T00:00:00",
    "31.12.9999 23:59:59",
    "12.03.1899 10:00:00",
    "",
    None,
    "сегодня",
    0,
]


class TestADate:
    @pytest.mark.parametrize("written", NO_DATES)
    def test_that_is_none_gives_way_to_our_own_time(self, bridge: Bridge, simulator: SimulatorControl, written: Any) -> None:
        changes = {"DateTime": written, "DateTimeUTC": f"{written} +05:00"}
        simulator.fault(operation="check", kind="changed", when="after", changes=changes)
        bridge.deliver(visit())
        assert_own_documents(bridge, simulator, 1)
        assert is_now(bridge.receipt().issued_at)
        assert is_now(bridge.shifts()[0].opened_at)
        with bridge.services.sessions() as session:
            assert get_record_status(session, 1).state == "processed"
        observe(bridge.services)
        watch_shifts(bridge.services.sessions, bridge.services.settings, bridge.services.producer)
        make_due(bridge)
        assert close_due(bridge.services, 1)

    @pytest.mark.parametrize("written", ["01.01.0001 00:00:00", None])
    def test_nor_does_one_in_a_lookup(self, bridge: Bridge, simulator: SimulatorControl, written: Any) -> None:
        changes = {"RegistratedOn": written, "RegistratedOnUTC": f"{written} +05:00"}
        simulator.fault(operation="check", kind="drop", when="after")
        simulator.fault(operation="ticket", kind="changed", when="after", changes=changes)
        bridge.deliver(visit())
        bridge.settle()
        assert_own_documents(bridge, simulator, 1)
        assert is_now(bridge.receipt().issued_at)

    @pytest.mark.parametrize("written", ["0001-01-01T00:00:00", "01.01.0001 00:00:00", "0001-01-01", ""])
    def test_of_a_closing_that_never_was(self, bridge: Bridge, simulator: SimulatorControl, written: str) -> None:
        bridge.deliver(visit(1))
        simulator.fault(operation="x_report", kind="changed", when="after", changes={"CloseOn": written}, times=None)
        assert order_of(bridge, "x_report").state == "done"
        assert bridge.shifts()[0].closed_at is None
        # The answer to a Z-report is lost, and the X-report is asked whether it closed: it did not.
        simulator.fault(operation="z_report", kind="drop", when="before")
        make_due(bridge)
        close_due(bridge.services, 1)
        assert bridge.shifts()[0].closed_at is None
        make_due(bridge)
        assert close_due(bridge.services, 1)
        assert simulator.state()["cashboxes"][0]["open"] is False
        assert is_now(bridge.shifts()[0].closed_at)


STYLES: list[dict[str, str]] = [
    {"value_style": "text"},
    {"key_style": "camel"},
    {"key_style": "lower"},
    {"key_style": "camel", "value_style": "text"},
]


@pytest.mark.parametrize("style", STYLES, ids=lambda style: "-".join(style.values()))
class TestAnotherHand:
    def test_writes_a_whole_day(self, bridge: Bridge, simulator: SimulatorControl, style: dict[str, str]) -> None:
        simulator.settings(**style)
        bridge.services.redis.flushdb()
        bridge.deliver(visit(1))
        simulator.fault(operation="check", kind="drop", when="after")
        bridge.deliver(visit(2))
        bridge.settle()
        simulator.expire_tokens()
        Register(simulator)
        bridge.deliver(visit(3))
        assert_own_documents(bridge, simulator, 3)
        assert [receipt.offline_mode for receipt in bridge.receipts()] == [False] * 3
        assert [receipt.shift_number for receipt in bridge.receipts()] == [1] * 3
        assert order_of(bridge, "deposit", amount=5000, external_check_number="cash_1").state == "done"
        assert order_of(bridge, "x_report").state == "done"
        assert bridge.shifts()[0].closed_at is None
        make_due(bridge)
        assert close_due(bridge.services, 1)
        assert simulator.state()["cashboxes"][0]["open"] is False
        assert bridge.shifts()[0].strangers is None, "what it counts is what we issued"

    def test_refuses_and_repeats(self, bridge: Bridge, simulator: SimulatorControl, style: dict[str, str]) -> None:
        simulator.settings(**style)
        simulator.fault(operation="check", kind="code", code=9, text="Недопустимо")
        bridge.deliver(visit(1))
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "9")
        assert "Недопустимо" in bridge.row().reason
        simulator.settings(visibility_delay_seconds=600, offline=True)
        simulator.fault(operation="check", kind="drop", when="after")
        bridge.deliver(visit(2))
        try_again(bridge, 4)
        assert bridge.receipt(2).state == "issued", "14 with its document"
        assert bridge.receipt(2).offline_mode is True
        assert len(simulator.receipts("altegio_2")) == 1


@pytest.mark.parametrize("written", ["false", "False", "0", 0, "нет", None])
def test_a_flag_as_text(bridge: Bridge, simulator: SimulatorControl, written: Any) -> None:
    changes = {"OfflineMode": written, "CashboxOfflineMode": written}
    simulator.fault(operation="check", kind="changed", when="after", changes=changes)
    bridge.deliver(visit())
    assert_own_documents(bridge, simulator, 1)
    assert bridge.receipt().offline_mode in ({False} if written in {"false", "False", "0", 0} else {False, None})


@pytest.mark.parametrize("total", [0, "0", "0.00", None])
class TestATotalOfNothing:
    """Beside a ticket link with the right sum, which is what the tax office has."""

    def test_in_a_success(self, bridge: Bridge, simulator: SimulatorControl, total: Any) -> None:
        simulator.fault(operation="check", kind="changed", when="after", changes={"Total": total})
        bridge.deliver(visit())
        assert_own_documents(bridge, simulator, 1)
        assert bridge.outcomes() == ["issued"]

    def test_in_a_duplicate(self, bridge: Bridge, simulator: SimulatorControl, total: Any) -> None:
        simulator.settings(visibility_delay_seconds=600)
        simulator.fault(operation="check", kind="drop", when="after")
        simulator.fault(operation="check", kind="changed", when="after", changes={"Total": total})
        bridge.deliver(visit())
        try_again(bridge, 4)
        assert_own_documents(bridge, simulator, 1)

    def test_in_a_lookup(self, bridge: Bridge, simulator: SimulatorControl, total: Any) -> None:
        simulator.fault(operation="check", kind="drop", when="after")
        simulator.fault(operation="ticket", kind="changed", when="after", changes={"Total": total})
        bridge.deliver(visit())
        bridge.settle()
        assert_own_documents(bridge, simulator, 1)
