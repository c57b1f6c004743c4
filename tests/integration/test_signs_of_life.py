"""What a worker says of itself, without Redis: that it takes work, or none; and that messages of due work do not arrive."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from tests.integration.test_without_broker import work_of
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.entry.doctor.findings import Level
from worker.entry.doctor.workers import look_at_workers
from worker.rounds.alone.hunger import Hunger
from worker.rounds.alone.sign import Sign, Takes
from worker.rounds.alone.standin import Standin

AT_ONCE: Mapping[str, Any] = {"waited": timedelta(0), "idle_seconds": 0.0, "look_seconds": 0.0}


class TestDoctor:
    def look(self, bridge: Bridge, *answering: str, is_broker_well: bool = True) -> list[tuple[Level, str]]:
        app: Any = SimpleNamespace(control=SimpleNamespace(ping=lambda **_: [{name: {"ok": "pong"}} for name in answering]))
        found = look_at_workers(bridge.services.sessions, app, is_broker_well=is_broker_well)
        return [(finding.level, finding.said.split(" ")[0]) for finding in found]

    def give(self, bridge: Bridge, name: str, takes: Takes) -> None:
        Sign(bridge.services.sessions, name, "").give(takes)

    def test_workers_that_take_messages_are_well(self, bridge: Bridge) -> None:
        self.give(bridge, "worker@a", Takes.MESSAGES)
        self.give(bridge, "worker@b", Takes.MESSAGES)
        assert self.look(bridge, "worker@a", "worker@b") == [(Level.OK, "worker@a,")]

    def test_one_that_takes_nothing_is_a_problem_whatever_it_answers(self, bridge: Bridge) -> None:
        self.give(bridge, "worker@a", Takes.NOTHING)
        assert self.look(bridge, "worker@a") == [(Level.PROBLEM, "worker@a")]

    def test_an_answer_without_a_sign_of_life_is_nobody(self, bridge: Bridge) -> None:
        assert self.look(bridge, "worker@a") == [(Level.PROBLEM, "none")]

    def test_a_sign_of_long_ago_is_none(self, bridge: Bridge) -> None:
        self.give(bridge, "worker@a", Takes.MESSAGES)
        bridge.execute("UPDATE worker_signs SET seen_at = now() - interval '1 minute'")
        assert self.look(bridge, "worker@a") == [(Level.PROBLEM, "none")]

    def test_one_that_does_not_answer_is_a_problem_while_the_broker_is_well(self, bridge: Bridge) -> None:
        self.give(bridge, "worker@a", Takes.MESSAGES)
        assert self.look(bridge) == [(Level.PROBLEM, "worker@a")]
        assert self.look(bridge, is_broker_well=False) == [(Level.OK, "worker@a")]

    def test_one_that_works_from_the_tables_is_told_of(self, bridge: Bridge) -> None:
        self.give(bridge, "worker@a", Takes.TABLES)
        assert self.look(bridge) == [(Level.WARNING, "worker@a")]


class TestSign:
    def test_the_file_is_touched_while_work_is_taken(self, bridge: Bridge, tmp_path: Path) -> None:
        file = tmp_path / "alive"
        Sign(bridge.services.sessions, "worker@a", str(file)).give(Takes.NOTHING)
        assert not file.exists()
        sign = Sign(bridge.services.sessions, "worker@a", str(file))
        sign.give(Takes.TABLES)
        assert file.exists()
        sign.take_back()
        assert not file.exists()
        assert bridge.scalar("SELECT count(*) FROM worker_signs") == 0

    def test_a_database_that_is_away_stops_no_sign_into_the_file(self, bridge: Bridge, tmp_path: Path) -> None:
        services = bridge.open_services(database_url="postgresql://nobody@127.0.0.1:9/none")
        Sign(services.sessions, "worker@a", str(tmp_path / "alive")).give(Takes.MESSAGES)
        assert (tmp_path / "alive").exists()

    @pytest.mark.parametrize(("is_consuming", "takes"), [(True, "messages"), (False, "tables")])
    def test_the_worker_gives_it_by_itself(self, bridge: Bridge, is_consuming: bool, takes: str) -> None:
        sign = Sign(bridge.services.sessions, "worker@a", "")
        standin = Standin(bridge.services, work_of(bridge), lambda: is_consuming, sign=sign, patience=0.5)
        standin.start()
        try:
            wait_until(
                lambda: bridge.scalar("SELECT takes FROM worker_signs WHERE name = 'worker@a'") == takes,
                timeout=30,
                what="the sign",
            )
        finally:
            standin.stop()
        assert bridge.scalar("SELECT count(*) FROM worker_signs") == 0


class TestHunger:
    def feels(self, bridge: Bridge, *, quiet: float = 1.0, is_held: bool = False, **options: Any) -> bool:
        hunger = Hunger(bridge.services.sessions, lambda: quiet, lambda: is_held, **{**AT_ONCE, **options})
        return [hunger.is_felt() for _ in range(2)][-1]

    def test_a_delivery_that_nobody_ever_took_is_felt_at_the_second_look(self, bridge: Bridge) -> None:
        bridge.accept(visit(1))
        hunger = Hunger(bridge.services.sessions, lambda: 1.0, lambda: False, **AT_ONCE)
        assert [hunger.is_felt() for _ in range(3)] == [False, True, True]

    def test_nothing_is_felt_where_nothing_waits(self, bridge: Bridge) -> None:
        bridge.deliver(visit(1))
        assert not self.feels(bridge)

    def test_nothing_is_felt_by_a_worker_that_is_busy_or_too_soon(self, bridge: Bridge) -> None:
        bridge.accept(visit(1))
        assert not self.feels(bridge, idle_seconds=2.0)
        assert not self.feels(bridge, waited=timedelta(minutes=1))

    def test_a_due_receipt_is_felt_unless_it_waits_for_a_reason(self, bridge: Bridge) -> None:
        bridge.accept(visit(1))
        bridge.decide_open()
        assert self.feels(bridge)
        assert not self.feels(bridge, is_held=True)
        bridge.execute("UPDATE cashboxes SET lease_until = now() + interval '1 minute'")
        assert not self.feels(bridge)

    def test_what_was_put_off_by_the_dispatcher_is_felt_all_the_same(self, bridge: Bridge) -> None:
        """It does so each time that it sends a message, and somebody takes the message away."""
        bridge.accept(visit(1))
        bridge.execute(
            "UPDATE webhook_records SET created_at = now() - interval '2 minutes', next_attempt_at = now() + interval '25 s'"
        )
        assert self.feels(bridge, waited=timedelta(minutes=1))

    def test_receipts_are_issued_though_somebody_takes_every_message_away(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        hunger = Hunger(bridge.services.sessions, lambda: 1.0, lambda: False, **AT_ONCE)
        standin = Standin(bridge.services, work_of(bridge), lambda: True, hunger=hunger, patience=0.0)
        standin.start()
        try:
            bridge.accept([visit(number) for number in range(1, 6)])
            bridge.services.redis.delete("records", "receipts", "maintenance")
            wait_until(lambda: len(simulator.receipts()) == 5, timeout=60, what="the receipts")
        finally:
            standin.stop()
