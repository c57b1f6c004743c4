"""A test of a register: signs in, reads it, changes nothing, and answers at once whatever comes."""

import pytest
from sqlalchemy import select

from dev.harness.simulator import SimulatorControl
from shared.storage.models import CashboxLicence
from tests.integration.test_cashbox_orders import attempt, order
from tests.support.bridge import Bridge
from tests.support.payloads import visit


@pytest.fixture(autouse=True)
def register(bridge: Bridge) -> None:
    bridge.deliver(visit(1))


def test_it_signs_in_reads_the_register_and_notes_the_licence(bridge: Bridge, simulator: SimulatorControl) -> None:
    before = len(simulator.journal("authorize"))
    done = attempt(bridge, order(bridge, "check"))
    assert (done.state, done.error_text) == ("done", None)
    assert str(done.result["CashboxStatus"]) == "1"
    assert done.done_at is not None
    assert len(simulator.journal("authorize")) == before + 1
    with bridge.services.sessions() as session:
        licence = session.scalars(select(CashboxLicence)).one()
    assert licence.expires_at is not None
    assert bridge.outcomes("client_info") == ["issued"]


def test_a_refusal_is_the_answer(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="client_info", kind="code", code=5, times=5)
    refused = attempt(bridge, order(bridge, "check"))
    assert (refused.state, refused.error_code) == ("refused", "5")
    assert refused.next_attempt_at is None


def test_an_outage_is_the_answer_too(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="client_info", kind="drop", when="before", times=5)
    refused = attempt(bridge, order(bridge, "check"))
    assert refused.state == "refused"
    assert refused.error_text


def test_a_paused_register_that_answers_is_tried_now(bridge: Bridge) -> None:
    bridge.execute("UPDATE cashboxes SET paused_since = now(), paused_until = now() + interval '1 hour'")
    assert attempt(bridge, order(bridge, "check")).state == "done"
    with bridge.services.sessions() as session:
        assert session.connection().exec_driver_sql("SELECT paused_until <= now() FROM cashboxes").scalar_one()
