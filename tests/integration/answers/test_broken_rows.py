"""Rows an earlier version stored, of times no program can read: one stops no tick, no list, no page and no other row."""

from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError

from api.webhook.status import get_record_status
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from shared.clock import almaty_date, utc_now
from tests.support.bridge import Bridge
from tests.support.documents import list_ours
from tests.support.effort import IS_THOROUGH
from tests.support.onlooker import Onlooker
from tests.support.payloads import visit
from worker.rounds.nightly_z_report import close_due, watch_shifts
from worker.rounds.rescue import dispatch
from worker.rounds.watch.conditions import observe
from worker.salon.administration import Changes, add_cashbox

OTHER, SALON = MORE_CASHBOXES[0], 777
BC, FAR = "0001-12-31 19:00:00+00 BC", "99999-12-31 19:00:00+00"
REPORT = '{"ShiftNumber": "x", "Sell": [], "CloseOn": "01.01.0001"}'
LICENCE = f"(1, '{BC}', now())"
PAGES = (
    *("", "/tasks", "/shift", "/shifts", "/day", "/books", "/drawer", "/registers"),
    *("/receipts", "/receipts/1", "/receipts/2", "/receipts/2/return", "/success/1", "/success/2"),
)
BAD = {
    "receipts.issued_at": f"UPDATE receipts SET issued_at = '{BC}' WHERE id = 1",
    "receipts.issued_at, far": f"UPDATE receipts SET issued_at = '{FAR}' WHERE id = 1",
    "receipts.issued_at_text": "UPDATE receipts SET issued_at_text = '01.01.0001 00:00:00' WHERE id = 1",
    "shifts.opened_at": f"UPDATE shifts SET opened_at = '{BC}' WHERE cashbox_id = 1",
    "shifts.opened_at, far": f"UPDATE shifts SET opened_at = '{FAR}' WHERE cashbox_id = 1",
    "shifts.closed_at": f"UPDATE shifts SET closed_at = '{BC}' WHERE cashbox_id = 1",
    "shifts.report": f"UPDATE shifts SET report = '{REPORT}' WHERE cashbox_id = 1",
    "fiscalization_logs.response": """UPDATE fiscalization_logs SET response = '["x", null]' WHERE receipt_id = 1""",
    "cashbox_licences.expires_at": f"INSERT INTO cashbox_licences (cashbox_id, expires_at, checked_at) VALUES {LICENCE}",
}


# In one database by default, since one that is borne shows as well among others; but none that would hide another, as a
# shift that is closed hides when it was opened.
TOGETHER = {
    "far back": ("receipts.issued_at", "shifts.opened_at", "cashbox_licences.expires_at"),
    "far ahead": ("receipts.issued_at, far", "shifts.opened_at, far", "fiscalization_logs.response"),
    "closed": ("receipts.issued_at_text", "shifts.closed_at", "shifts.report"),
}
PLANTED = {name: (name,) for name in BAD} if IS_THOROUGH else TOGETHER
pytestmark = pytest.mark.thorough


def test_every_bad_row_is_among_them() -> None:
    assert sorted(name for names in TOGETHER.values() for name in names) == sorted(BAD)


@pytest.fixture(params=PLANTED.values(), ids=PLANTED.keys())
def _planted(request: pytest.FixtureRequest, bridge: Bridge, onlooker: Onlooker) -> None:
    """A sale of each of two salons; what the first left behind is bad."""
    with bridge.services.sessions.begin() as session:
        add_cashbox(session, bridge.services.settings, 307626, "SWK00000001", Changes())
        add_cashbox(session, bridge.services.settings, SALON, OTHER, Changes())
    bridge.deliver(visit(1), visit(2, company=SALON))
    assert [receipt.state for receipt in bridge.receipts()] == ["issued", "issued"]
    refused = {name: plant(bridge, BAD[name]) for name in request.param}
    if all(refused.values()):
        pytest.skip(f"the table itself takes no such row: {refused}")


def plant(bridge: Bridge, statement: str) -> str | None:
    """Why the table itself takes no such row, if so."""
    try:
        bridge.execute(statement)
    except DBAPIError as refusal:
        return str(refusal.orig).splitlines()[0]
    return None


@pytest.mark.usefixtures("_planted")
class TestABadRow:
    def test_stops_no_tick_and_no_neighbour(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        services = bridge.services
        ticks: list[Callable[[], object]] = [
            lambda: dispatch(services),
            lambda: observe(services).found,
            lambda: watch_shifts(services.sessions, services.settings, services.producer),
        ]
        for tick in ticks:
            tick()
        other = "cashbox_id = (SELECT id FROM cashboxes WHERE company_id = 777)"
        bridge.execute(f"UPDATE shifts SET opened_at = now() - interval '23 hours 50 minutes' WHERE {other}")
        assert close_due(services, bridge.scalar("SELECT id FROM cashboxes WHERE company_id = 777"))
        bridge.deliver(visit(3, company=SALON), visit(4))
        assert sorted(row["external_check_number"] for row in list_ours(simulator)) == [f"altegio_{n}" for n in (1, 2, 3, 4)]
        with services.sessions() as session:
            assert [get_record_status(session, number).state for number in (1, 2, 3, 4)] == ["processed"] * 4

    def test_stops_no_command(self, onlooker: Onlooker) -> None:
        for words in (("list",), ("list", "--state", "processed"), ("list", "--json"), ("show", "1"), ("show", "2")):
            assert onlooker.run(*words)
        for group in ("cashboxes", "alerts"):
            assert onlooker.run("list", group=group)
        day = almaty_date(utc_now())
        for words in (("--day", f"{day}"), ("--month", f"{day:%Y-%m}"), ("--json",)):
            assert onlooker.run(*words, group="books")

    def test_stops_no_page(self, onlooker: Onlooker) -> None:
        for path in PAGES:
            assert onlooker.page(f"/acquire{path}")
