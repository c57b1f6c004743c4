"""Shifts: opened by the first document, closed each night whatever happens, their reports kept."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest

from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from shared.books.read import keep_books
from shared.clock import ALMATY, almaty_date, utc_now
from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from tests.unit.canned_server import Answer, CannedServer
from worker.cashbox.shift.rows import note_document
from worker.rounds.nightly_z_report import close_due, watch_shifts
from worker.rounds.watch.condition import Condition
from worker.rounds.watch.conditions import observe
from worker.rounds.watch.fiscal_day import find_autonomous, find_old_shifts, find_unclosed_shifts
from worker.services import Services

DAY = 24 * 3600


@pytest.fixture(autouse=True)
def close_at(bridge: Bridge) -> str:
    """Farthest away for a shift that begins now, so that no test depends on the time of day."""
    moment = (utc_now() - timedelta(minutes=1)).astimezone(ALMATY).strftime("%H:%M")
    bridge.configure(shift_close_at=moment)
    return moment


def sell(bridge: Bridge, *numbers: int) -> None:
    bridge.deliver(*(visit(number) for number in numbers))


def make_due(bridge: Bridge, hours: float = 21.6) -> None:
    """As if the open shift had begun that long ago."""
    bridge.execute("UPDATE shifts SET opened_at = now() - :hours * interval '1 hour' WHERE closed_at IS NULL", hours=hours)


def close(bridge: Bridge) -> bool:
    bridge.execute("UPDATE shifts SET next_close_at = NULL")
    bridge.execute("UPDATE cashboxes SET rest_until = NULL")
    return close_due(bridge.services, 1)


def tick(services: Services) -> None:
    watch_shifts(services.sessions, services.settings, services.producer)


def see(bridge: Bridge, look: Callable[[SessionFactory, Settings], Iterator[Condition]]) -> list[Condition]:
    return list(look(bridge.services.sessions, bridge.services.settings))


def test_the_first_document_opens_a_shift_and_the_next_ones_belong_to_it(bridge: Bridge) -> None:
    sell(bridge, 1, 2, 3)
    (shift,) = bridge.shifts()
    assert (shift.number, shift.closed_at) == (1, None)
    assert shift.opened_at == bridge.receipt(1).issued_at


def test_a_shift_is_closed_when_its_time_has_come_and_its_report_is_kept(
    bridge: Bridge, simulator: SimulatorControl
) -> None:
    sell(bridge, 1, 2)
    assert not close(bridge), "not yet"
    assert simulator.journal("z_report") == []
    make_due(bridge)
    assert close(bridge)
    (shift,) = bridge.shifts()
    assert (shift.closed_by, shift.answer_lost, shift.next_close_at) == ("schedule", False, None)
    assert shift.closed_at is not None
    assert shift.report is not None
    assert (shift.report["ShiftNumber"], shift.report["Sell"]["Count"]) == (1, 2)
    assert shift.strangers is None
    assert bridge.outcomes("z_report") == ["issued"]
    assert not close(bridge)
    assert len(simulator.journal("z_report")) == 1
    sell(bridge, 3)
    assert [(s.number, s.closed_at is None) for s in bridge.shifts()] == [(1, False), (2, True)]


def test_two_ticks_and_two_workers_close_once(bridge: Bridge, simulator: SimulatorControl, close_at: str) -> None:
    sell(bridge, 1)
    make_due(bridge)
    tick(bridge.services)
    tick(bridge.open_services(shift_close_at=close_at))
    sent = [message["headers"]["task"] for message in bridge.messages("receipts")]
    assert sent.count("worker.tasks.close_shift") == 2
    workers = [bridge.open_services(shift_close_at=close_at) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(partial(close_due, cashbox_id=1), workers))
    while not bridge.shifts()[0].closed_at:
        close_due(bridge.services, 1)
    assert len(simulator.journal("z_report")) == 1


def test_a_lost_receipt_is_found_before_its_shift_is_closed(bridge: Bridge, simulator: SimulatorControl) -> None:
    sell(bridge, 1)
    simulator.fault(operation="check", kind="drop", when="after")
    sell(bridge, 2)
    bridge.execute("UPDATE receipts SET next_attempt_at = now() + interval '1 hour' WHERE state = 'unknown'")
    make_due(bridge)
    assert close(bridge)
    assert [r.state for r in bridge.receipts()] == ["issued", "issued"]
    assert bridge.shifts()[0].report["Sell"]["Count"] == 2
    assert [log.operation for log in bridge.logs()][-2:] == ["lookup", "z_report"]


def test_under_an_unknown_outcome_no_shift_is_closed_and_somebody_is_told_in_the_end(
    bridge: Bridge, simulator: SimulatorControl
) -> None:
    simulator.fault(operation="check", kind="drop", when="after")
    simulator.fault(operation="shift_history", kind="code", code=-1, times=None)
    sell(bridge, 1)
    bridge.execute("INSERT INTO shifts (cashbox_id, number, opened_at) VALUES (1, 1, now() - interval '21.6 hours')")
    for _ in range(3):
        assert not close(bridge)
    assert simulator.journal("z_report") == []
    (shift,) = bridge.shifts()
    assert shift.close_failures == 3
    assert "unknown" in shift.close_error
    assert see(bridge, find_unclosed_shifts) == []
    make_due(bridge, 23.6)
    assert not close(bridge)
    (condition,) = see(bridge, find_unclosed_shifts)
    assert (condition.kind, condition.key) == ("shift_not_closed", "SWK00000001")
    simulator.clear_faults()
    assert close(bridge)
    assert bridge.shifts()[0].report["Sell"]["Count"] == 1
    assert see(bridge, find_unclosed_shifts) == [], "all clear"


def test_a_failed_try_is_repeated_after_a_while(bridge: Bridge, simulator: SimulatorControl) -> None:
    sell(bridge, 1)
    make_due(bridge)
    simulator.fault(operation="z_report", kind="html_503", when="before")
    simulator.fault(operation="x_report", kind="html_503", when="before")
    assert not close(bridge)
    assert not close_due(bridge.services, 1), "its pause is not over"
    assert len(simulator.journal("z_report")) == 1
    assert close(bridge)
    assert bridge.shifts()[0].closed_by == "schedule"


def test_a_lost_answer_to_the_report_is_asked_for_at_once(bridge: Bridge, simulator: SimulatorControl) -> None:
    """Before a sale opens the next shift and hides the report for good."""
    sell(bridge, 1)
    make_due(bridge)
    simulator.fault(operation="z_report", kind="drop", when="after")
    assert close(bridge)
    (shift,) = bridge.shifts()
    assert (shift.closed_by, shift.answer_lost, shift.report["Sell"]["Count"]) == ("schedule", True, 1)
    assert [(log.operation, log.outcome) for log in bridge.logs()][-2:] == [("z_report", "unknown"), ("x_report", "issued")]
    assert len(simulator.journal("z_report")) == 1


def test_where_asking_fails_too_the_next_try_finds_it_closed_by_us(bridge: Bridge, simulator: SimulatorControl) -> None:
    sell(bridge, 1)
    make_due(bridge)
    simulator.fault(operation="z_report", kind="drop", when="after")
    simulator.fault(operation="x_report", kind="drop", when="before")
    assert not close(bridge)
    assert close(bridge)
    (shift,) = bridge.shifts()
    assert (shift.closed_by, shift.answer_lost, shift.report["Sell"]["Count"]) == ("schedule", True, 1)


def test_a_sale_that_came_before_the_next_try_tells_that_it_was_closed(bridge: Bridge, simulator: SimulatorControl) -> None:
    sell(bridge, 1)
    make_due(bridge)
    simulator.fault(operation="z_report", kind="drop", when="after")
    simulator.fault(operation="x_report", kind="drop", when="before")
    assert not close(bridge)
    bridge.execute("UPDATE cashboxes SET rest_until = NULL")
    sell(bridge, 2)
    first, second = bridge.shifts()
    assert (first.closed_by, first.answer_lost, first.report) == ("elsewhere", True, None)
    assert (second.number, second.closed_at) == (2, None)
    assert not close(bridge), "the new shift is young"
    assert simulator.state()["cashboxes"][0]["open"] is True


def test_a_shift_closed_in_the_cabinet_is_taken_over_with_its_report(bridge: Bridge, register: Register) -> None:
    sell(bridge, 1)
    register.z_report()
    make_due(bridge)
    assert close(bridge)
    (shift,) = bridge.shifts()
    assert (shift.closed_by, shift.report["Sell"]["Count"]) == ("elsewhere", 1)


def test_code_11_closes_the_shift_and_keeps_its_report(bridge: Bridge, simulator: SimulatorControl) -> None:
    sell(bridge, 1)
    simulator.clock(advance_seconds=DAY + 3600)
    sell(bridge, 2)
    first, second = bridge.shifts()
    assert (first.number, first.closed_by, first.report["Sell"]["Count"]) == (1, "expired", 1)
    assert (second.number, second.closed_at) == (2, None)


def test_documents_of_somebody_else_are_named(bridge: Bridge, register: Register) -> None:
    sell(bridge, 1)
    theirs = register.sell("coffee-7", 500)
    make_due(bridge)
    assert close(bridge)
    (shift,) = bridge.shifts()
    assert [(s["external_check_number"], s["fiscal_number"], s["total"]) for s in shift.strangers] == [
        ("coffee-7", theirs["CheckNumber"], 500)
    ]
    assert bridge.scalar("SELECT count(*) FROM alerts WHERE kind = 'books_difference'") == 1


def test_an_old_shift_is_told_of_two_hours_before_it_blocks_sales(bridge: Bridge) -> None:
    sell(bridge, 1)
    make_due(bridge, 21.9)
    assert see(bridge, find_old_shifts) == []
    make_due(bridge, 22.1)
    (condition,) = see(bridge, find_old_shifts)
    assert (condition.kind, condition.key) == ("shift_old", "SWK00000001")
    assert close(bridge)
    assert see(bridge, find_old_shifts) == []


def test_autonomous_work_is_told_of_after_a_day_until_it_ends(bridge: Bridge, simulator: SimulatorControl) -> None:
    sell(bridge, 1)
    simulator.settings(offline=True)
    sell(bridge, 2, 3)
    assert see(bridge, find_autonomous) == []
    bridge.execute("UPDATE receipts SET issued_at = issued_at - interval '26 hours' WHERE id = 1")
    bridge.execute("UPDATE receipts SET issued_at = issued_at - interval '25 hours' WHERE id = 2")
    (condition,) = see(bridge, find_autonomous)
    assert (condition.kind, condition.key) == ("offline", "SWK00000001")
    simulator.settings(offline=False)
    sell(bridge, 4)
    assert see(bridge, find_autonomous) == []


def test_a_paused_cashbox_is_closed_all_the_same(bridge: Bridge) -> None:
    sell(bridge, 1)
    make_due(bridge)
    bridge.execute("UPDATE cashboxes SET paused_until = now() + interval '1 hour'")
    assert close(bridge)


def test_a_cashbox_at_work_is_left_alone(bridge: Bridge, simulator: SimulatorControl) -> None:
    sell(bridge, 1)
    make_due(bridge)
    bridge.execute("UPDATE cashboxes SET claim_id = gen_random_uuid(), lease_until = now() + interval '1 minute'")
    assert not close(bridge)
    assert simulator.journal("z_report") == []


OLD = "010200000001"


class TestRowsThatCannotBe:
    """Dates that a database holds and Python does not know: one of them must not stop the night of all registers."""

    @pytest.fixture(autouse=True)
    def _three(self, bridge: Bridge) -> None:
        """Of three cashboxes each has a shift to close; the one in the middle is bad."""
        sell(bridge, 1)
        bridge.execute("INSERT INTO cashboxes (unique_number, company_id) VALUES ('SWK00000002', 2), ('SWK00000003', 3)")
        bridge.execute("INSERT INTO shifts (cashbox_id, number, opened_at) VALUES (2, 1, now()), (3, 1, now())")
        make_due(bridge)
        bridge.services.redis.delete("receipts")

    def due(self, bridge: Bridge) -> list[str]:
        tick(bridge.services)
        return sorted(message["headers"]["argsrepr"] for message in bridge.messages("receipts"))

    @pytest.mark.parametrize("moment", ["0001-01-01 00:00:00+05", "0044-03-15 BC", "infinity", "9999-12-31"])
    def test_a_shift_that_began_in_no_year_began_when_it_was_seen(self, bridge: Bridge, moment: str) -> None:
        bridge.execute("UPDATE shifts SET opened_at = CAST(:at AS timestamptz) WHERE cashbox_id = 2", at=moment)
        bridge.execute("UPDATE shifts SET created_at = now() - interval '21.6 hours'")
        assert self.due(bridge) == ["[1]", "[2]", "[3]"]
        assert all(shift.opened_at == shift.created_at for shift in bridge.shifts() if shift.cashbox_id == 2)

    def test_one_that_cannot_be_read_is_told_and_the_others_are_closed(self, bridge: Bridge) -> None:
        bridge.execute("UPDATE shifts SET next_close_at = 'infinity' WHERE cashbox_id = 2")
        assert self.due(bridge) == ["[1]", "[3]"]
        told = bridge.scalar("SELECT text FROM alerts WHERE kind = 'shift_unreadable'")
        assert told == "касса SWK00000002, смена 1: её время не прочитать"

    def test_a_look_that_meets_one_goes_on(self, bridge: Bridge) -> None:
        bridge.execute("UPDATE shifts SET close_failures = 3, opened_at = now() - interval '30 hours'")
        bridge.execute("UPDATE shifts SET opened_at = '-infinity' WHERE cashbox_id = 2")
        assert [found.key for found in see(bridge, find_unclosed_shifts)] == ["SWK00000001", "SWK00000003"]

    def test_the_watch_goes_on_where_a_licence_ends_before_all_calendars(self, bridge: Bridge) -> None:
        bridge.execute(
            "INSERT INTO cashbox_licences (cashbox_id, checked_at, expires_at) VALUES (1, now(), '0044-03-15 BC')"
        )
        bridge.execute("UPDATE shifts SET opened_at = now() - interval '22.5 hours'")
        seen = observe(bridge.services)
        assert [found.key for found in seen.found if found.kind == "licence_end"] == ["SWK00000001"]
        assert [found.kind for found in seen.found].count("shift_old") == 3

    @pytest.mark.parametrize("moment", ["0044-03-15 BC", "infinity"])
    def test_a_receipt_of_no_time_says_nothing_of_autonomous_work(self, bridge: Bridge, moment: str) -> None:
        bridge.execute("UPDATE receipts SET offline_mode = true, issued_at = now() - interval '26 hours'")
        bridge.execute(
            "INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, total, tax, request,"
            " state, fiscal_number, offline_mode, issued_at)"
            " VALUES (1, 1, 'sale', 7, 'odd', 1, 0, '{}', 'issued', '7', false, CAST(:at AS timestamptz))",
            at=moment,
        )
        assert [found.key for found in see(bridge, find_autonomous)] == ["SWK00000001"]


class TestTheEndOfAShiftThatCannotBeRead:
    """It is open then: taken for closed, nothing would close it."""

    @pytest.mark.parametrize("ended", ["не закрыта", "31/12/2026", ""])
    def test_is_no_end(self, bridge: Bridge, ended: str) -> None:
        sell(bridge, 1)
        make_due(bridge)
        with CannedServer().running() as server:
            server.answer("/api/v4/ZReport", Answer("<html>", 502))
            server.answer("/api/v4/XReport", Answer({"Data": {"ShiftNumber": 1, "CloseOn": ended}}))
            bridge.configure(webkassa_api_url=server.url, shift_close_at=bridge.services.settings.shift_close_at)
            assert not close(bridge)
        (shift,) = bridge.shifts()
        assert (shift.closed_at, shift.report, shift.close_failures) == (None, None, 1)


class TestRegisteredAnew:
    """Its shift numbers begin at 1 again, under another registration number."""

    @staticmethod
    def register_anew(bridge: Bridge, simulator: SimulatorControl) -> None:
        """What there was is of the registration before; the register itself has forgotten it."""
        for table in ("shifts", "receipts"):
            bridge.execute(f"UPDATE {table} SET registration_number = :old", old=OLD)
        bridge.execute(
            "UPDATE shifts SET opened_at = opened_at - interval '3 days', closed_at = closed_at - interval '2 days'"
        )
        bridge.execute("UPDATE receipts SET issued_at = issued_at - interval '3 days'")
        simulator.reset()

    def test_the_new_shift_is_closed_at_night(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        sell(bridge, 1, 2)
        make_due(bridge)
        assert close(bridge)
        self.register_anew(bridge, simulator)
        sell(bridge, 3)
        assert [(s.number, s.closed_at is None) for s in bridge.shifts()] == [(1, False), (1, True)]
        make_due(bridge)
        assert close(bridge)
        old, new = sorted(bridge.shifts(), key=lambda shift: shift.opened_at)
        assert (old.registration_number, old.report["Sell"]["Count"]) == (OLD, 2)
        assert (new.closed_by, new.report["Sell"]["Count"], new.strangers) == ("schedule", 1, None)
        assert new.registration_number == bridge.receipt(3).registration_number != OLD
        assert bridge.scalar("SELECT count(*) FROM alerts WHERE kind = 'books_difference'") == 0

    def test_the_shift_that_was_open_is_over(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        sell(bridge, 1)
        self.register_anew(bridge, simulator)
        sell(bridge, 2)
        old, new = sorted(bridge.shifts(), key=lambda shift: shift.opened_at)
        assert (old.registration_number, old.closed_by, new.closed_at) == (OLD, "elsewhere", None)

    def test_a_document_of_before_that_is_found_late_opens_nothing(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        sell(bridge, 1)
        self.register_anew(bridge, simulator)
        sell(bridge, 2)
        with bridge.services.sessions.begin() as session:
            note_document(session, 1, 7, utc_now() - timedelta(days=1), OLD)
        is_open = {(s.registration_number == OLD, s.number): s.closed_at is None for s in bridge.shifts()}
        assert is_open == {(True, 1): False, (True, 7): False, (False, 1): True}

    def test_the_books_keep_the_two_apart(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        sell(bridge, 1, 2)
        make_due(bridge)
        assert close(bridge)
        self.register_anew(bridge, simulator)
        sell(bridge, 3)
        make_due(bridge)
        assert close(bridge)
        with bridge.services.sessions() as session:
            days = [almaty_date(utc_now() - timedelta(days=back)) for back in (5, 0)]
            books = keep_books(session, session.get_one(Cashbox, 1), *days)
        assert [day.shift_differences for day in books if day.shift_differences] == []
        assert sum(day.counted.total for day in books) == 3 * 4000
        assert not any(day.missing_reports for day in books)


class TestARegistrationThatWasNotTold:
    @staticmethod
    def note(bridge: Bridge, number: int, registration: str | None) -> None:
        with bridge.services.sessions.begin() as session:
            note_document(session, 1, number, None, registration)

    @staticmethod
    def names(bridge: Bridge) -> list[tuple[str, int, bool]]:
        return [(s.registration_number, s.number, s.closed_at is None) for s in bridge.shifts()]

    @pytest.fixture(autouse=True)
    def _cashbox(self, bridge: Bridge) -> None:
        bridge.execute("INSERT INTO cashboxes (unique_number) VALUES ('SWK00000001')")

    def test_is_the_one_before(self, bridge: Bridge) -> None:
        self.note(bridge, 4, "R")
        self.note(bridge, 4, None)
        self.note(bridge, 5, None)
        assert self.names(bridge) == [("R", 4, False), ("R", 5, True)]

    def test_is_given_when_it_is_told(self, bridge: Bridge) -> None:
        self.note(bridge, 4, None)
        self.note(bridge, 5, None)
        bridge.execute("UPDATE shifts SET closing_since = now() WHERE number = 5")
        self.note(bridge, 5, "R")
        assert self.names(bridge) == [("R", 4, False), ("R", 5, True)]
        assert bridge.shifts()[1].closing_since is not None, "the row that was there"

    def test_is_not_given_to_what_was_before_it(self, bridge: Bridge) -> None:
        self.note(bridge, 57, None)
        bridge.execute("UPDATE shifts SET opened_at = opened_at - interval '1 day'")
        self.note(bridge, 1, "R")
        assert self.names(bridge) == [("R", 1, True), ("", 57, False)]
