"""A body that Altegio denies makes no receipt, unless its salon is ours by name and nothing can be read there at all."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from dev.simulator.altegio.ledgers import SERVICE_INCOME
from shared.config import ConfigurationError
from tests.support.bridge import Bridge
from tests.support.payloads import goods, payment, visit
from worker.entry.doctor.altegio import look_at_altegio
from worker.entry.doctor.findings import Level
from worker.salon.administration import Changes, add_cashbox
from worker.salon.naming import demand_named_salon

SALON, STRANGER = 307626, 999
# What a user without the right to appointments is refused.
APPOINTMENTS = ["record", "records"]
REAL = {"altegio_api_url": "https://api.alteg.io", "debug": False}


Naming = Callable[[Bridge, AltegioControl], None]


def ask(bridge: Bridge, altegio: AltegioControl, **changes: Any) -> None:
    """From now on the worker has tokens."""
    tokens = {name.lower(): value for name, value in altegio.environment.items()}
    bridge.configure(**{**tokens, "altegio_patience_seconds": 600, **changes})


def known_visit(record_id: int = 1001, **fields: Any) -> dict[str, Any]:
    """As Altegio keeps it, changed a moment ago."""
    changed = datetime.now(UTC).isoformat(timespec="seconds")
    return visit(record_id, visit_id=record_id + 1, changed=changed, **fields)


def known_payment(record_id: int = 1001) -> dict[str, Any]:
    given = {"date": "2026-03-02T12:00:00+0500", "document_id": 0, "sold_item_id": 1, "sold_item_type": "service"}
    return payment(1, 4000, record_id=record_id, visit_id=record_id + 1, expense=SERVICE_INCOME, **given)


@pytest.fixture(autouse=True)
def _asking(bridge: Bridge, altegio: AltegioControl) -> None:
    ask(bridge, altegio)


def name_in_environment(bridge: Bridge, altegio: AltegioControl) -> None:
    ask(bridge, altegio, altegio_company_id=str(SALON))


def name_by_row(bridge: Bridge, _: AltegioControl) -> None:
    with bridge.services.sessions.begin() as session:
        add_cashbox(session, bridge.services.settings, SALON, MORE_CASHBOXES[0], Changes())


def refuse(altegio: AltegioControl, how: str) -> None:
    """The ways in which Altegio is known to refuse: a token, a right, a right with status 200."""
    if how == "401":
        altegio.settings(user_token="changed")
    else:
        altegio.settings(no_rights=APPOINTMENTS, refuse_with_200=how == "200")


class TestASalonNobodyNamed:
    @pytest.mark.parametrize("how", ["401", "403", "200"])
    def test_gets_no_receipt_for_a_body_that_is_denied(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl, how: str
    ) -> None:
        refuse(altegio, how)
        (row,) = bridge.deliver(visit())
        assert (row.state, row.error_code, simulator.receipts()) == ("dead_lettered", "salon_not_named", [])
        assert f"--company {SALON}" in (row.reason or "")
        assert "ALTEGIO_COMPANY_ID" in (row.reason or "")

    def test_nor_a_salon_that_altegio_does_not_show_us(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        (row,) = bridge.deliver(visit(company=STRANGER))
        assert (row.error_code, simulator.receipts()) == ("salon_not_named", [])

    def test_nor_for_goods(self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        altegio.settings(no_rights=["sale"])
        (row,) = bridge.deliver(goods(1, 900))
        assert (row.error_code, simulator.receipts()) == ("salon_not_named", [])

    def test_gets_its_receipt_once_it_is_named(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        refuse(altegio, "403")
        bridge.deliver(visit())
        name_in_environment(bridge, altegio)
        bridge.execute("UPDATE webhook_records SET state = 'received', reason = NULL, error_code = NULL")
        bridge.settle()
        assert [receipt["external_check_number"] for receipt in simulator.receipts()] == ["altegio_1001"]

    def test_is_served_where_altegio_confirms_it(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.apply(known_visit(), known_payment())
        bridge.deliver(visit())
        assert len(simulator.receipts()) == 1

    def test_is_not_in_the_way_of_what_staff_take(self, bridge: Bridge, altegio: AltegioControl) -> None:
        """An unpaid visit needs no word of Altegio, and is shown on the payment page."""
        refuse(altegio, "403")
        (row,) = bridge.deliver(visit(paid_full=0))
        assert row.state == "awaiting_payment"


class TestASalonOfOurs:
    @pytest.mark.parametrize("naming", [name_in_environment, name_by_row])
    @pytest.mark.parametrize("how", ["401", "403", "200"])
    def test_is_trusted_while_nothing_can_be_read_and_it_is_told(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl, naming: Naming, how: str
    ) -> None:
        naming(bridge, altegio)
        refuse(altegio, how)
        bridge.deliver(visit())
        assert len(simulator.receipts()) == 1
        assert bridge.scalar("SELECT text FROM alerts WHERE kind = 'altegio_rights'")
        (finding,) = look_at_altegio(bridge.services.sessions, bridge.services.settings, bridge.services.altegio)
        assert finding.level is Level.PROBLEM

    @pytest.mark.parametrize("status", [401, 403])
    def test_one_body_that_is_denied_while_others_are_shown_makes_no_receipt(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl, status: int
    ) -> None:
        """Somebody knows the address, and invents a visit: asked again for a while, then a person sees it."""
        name_in_environment(bridge, altegio)
        altegio.apply(known_visit(1), known_payment(1))
        altegio.settings(denied_records=[666], denied_with=status)
        (row,) = bridge.deliver(visit(666))
        assert (row.state, row.error_code, simulator.receipts()) == ("retrying", "denied_by_altegio", [])
        bridge.execute("UPDATE webhook_records SET created_at = now() - interval '11 minutes'")
        bridge.decide(row.id)
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "denied_by_altegio")
        assert bridge.scalar("SELECT count(*) FROM alerts WHERE kind = 'altegio_rights'") == 0

    def test_one_body_that_is_shown_at_last_gets_its_receipt(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        name_in_environment(bridge, altegio)
        altegio.apply(known_visit(1), known_visit(), known_payment())
        altegio.settings(denied_records=[1001])
        (row,) = bridge.deliver(visit())
        altegio.settings(denied_records=[])
        bridge.decide(row.id)
        bridge.issue()
        assert len(simulator.receipts()) == 1

    def test_a_receipt_is_not_doubted_for_a_denial(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        name_in_environment(bridge, altegio)
        altegio.apply(known_visit(1), known_visit(), known_payment())
        bridge.deliver(visit())
        altegio.settings(denied_records=[1001])
        bridge.deliver(visit(status="delete"))
        assert bridge.receipt().return_due_reason is None
        assert bridge.row(2).error_code == "denied_by_altegio"


class TestDoctor:
    def test_names_the_right_to_appointments(self, bridge: Bridge, altegio: AltegioControl) -> None:
        name_in_environment(bridge, altegio)
        altegio.settings(no_rights=APPOINTMENTS)
        (finding,) = look_at_altegio(bridge.services.sessions, bridge.services.settings, bridge.services.altegio)
        assert (finding.level, "appointment calendar" in finding.said) == (Level.PROBLEM, True)

    def test_names_the_right_to_a_sale_that_was_told(self, bridge: Bridge, altegio: AltegioControl) -> None:
        name_in_environment(bridge, altegio)
        altegio.settings(no_rights=["sale"])
        bridge.deliver(goods(1, 900))
        (finding,) = look_at_altegio(bridge.services.sessions, bridge.services.settings, bridge.services.altegio)
        assert (finding.level, "see sales" in finding.said) == (Level.PROBLEM, True)

    def test_wants_a_salon_to_be_named(self, bridge: Bridge) -> None:
        findings = list(look_at_altegio(bridge.services.sessions, bridge.services.settings, bridge.services.altegio))
        assert [(finding.level, "no salon is named" in finding.said) for finding in findings] == [(Level.PROBLEM, True)]


class TestStart:
    """Of a worker outside of trials: Altegio itself, and no DEBUG."""

    def test_is_refused_with_tokens_and_nobody_named(self, bridge: Bridge, altegio: AltegioControl) -> None:
        ask(bridge, altegio, **REAL)
        with pytest.raises(ConfigurationError, match="ALTEGIO_COMPANY_ID"):
            demand_named_salon(bridge.services.sessions, bridge.services.settings)

    def test_is_free_once_a_salon_is_in_the_environment(self, bridge: Bridge, altegio: AltegioControl) -> None:
        ask(bridge, altegio, **REAL, altegio_company_id=str(SALON))
        demand_named_salon(bridge.services.sessions, bridge.services.settings)

    def test_is_free_once_a_salon_has_a_row(self, bridge: Bridge, altegio: AltegioControl) -> None:
        name_by_row(bridge, altegio)
        ask(bridge, altegio, **REAL)
        demand_named_salon(bridge.services.sessions, bridge.services.settings)

    @pytest.mark.parametrize(
        "changes",
        [
            {"debug": True},
            {"altegio_api_url": "http://127.0.0.1:8099"},
            {"altegio_partner_token": "", "altegio_user_token": ""},
        ],
    )
    def test_is_free_where_things_are_tried_out_or_nobody_is_asked(
        self, bridge: Bridge, altegio: AltegioControl, changes: dict[str, Any]
    ) -> None:
        ask(bridge, altegio, **{**REAL, **changes})
        demand_named_salon(bridge.services.sessions, bridge.services.settings)
