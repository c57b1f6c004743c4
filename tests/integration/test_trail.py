"""The trail of who did what: only ever added to, chained, verified by the doctor, and told of by the command line."""

import getpass
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from dev.demo.children import base_environment, migrate_command
from dev.demo.postgres_server import Postgres
from shared.storage.models import AuditEvent
from shared.storage.trail import record_command, verify_trail
from tests.support.bridge import Bridge
from tests.support.operator import Operator
from tests.support.payloads import visit
from tests.support.warm import start as warm
from worker.entry.doctor.findings import Finding, Level
from worker.entry.doctor.trail import look_at_trail


def write(bridge: Bridge, *subjects: str) -> None:
    for subject in subjects:
        with bridge.services.sessions.begin() as session:
            record_command(session, "tried", subject, total="10.50", none=None)


def execute_as_owner(bridge: Bridge, statement: str) -> None:
    """Past the triggers, as only who owns the database can."""
    bridge.execute(f"SET LOCAL session_replication_role = replica; {statement}")


def look(bridge: Bridge, *, whole: bool = True) -> Finding:
    (finding,) = look_at_trail(bridge.services.sessions, whole=whole)
    return finding


@pytest.fixture
def written(bridge: Bridge) -> Bridge:
    write(bridge, "visit 1", "visit 2", "visit 3", "visit 4")
    return bridge


def test_an_untouched_trail_is_whole(written: Bridge) -> None:
    found = look(written)
    assert found.level is Level.OK
    assert written.scalar("SELECT hash FROM audit_links ORDER BY id DESC LIMIT 1") in found.said
    assert verify_trail(written.services.sessions, None).links == 4
    assert verify_trail(written.services.sessions, 2).fault is None


def test_an_empty_trail_is_whole(bridge: Bridge) -> None:
    assert look(bridge).level is Level.OK


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET details = '{}' WHERE id = 2",
        "UPDATE audit_events SET created_at = now() WHERE id = 2",
        "DELETE FROM audit_events WHERE id = 4",
        "TRUNCATE audit_events CASCADE",
        "UPDATE audit_links SET hash = ''",
        "DELETE FROM audit_links",
        "TRUNCATE audit_links",
    ],
)
def test_the_trail_is_only_ever_added_to(written: Bridge, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="only ever added to"):
        written.execute(statement)
    assert look(written).level is Level.OK


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param('UPDATE audit_events SET details = \'{"total": "99.50"}\' WHERE id = 2', id="changed"),
        pytest.param("UPDATE audit_events SET staff_user_id = 7 WHERE id = 2", id="given to another"),
        pytest.param("DELETE FROM audit_events WHERE id = 3", id="taken out"),
        pytest.param("DELETE FROM audit_events WHERE id = 3; DELETE FROM audit_links WHERE id = 3", id="with its link"),
        pytest.param("INSERT INTO audit_events (action, details) VALUES ('planted', '{}')", id="put in"),
        pytest.param("UPDATE audit_links SET hash = repeat('0', 64) WHERE id = 4", id="link changed"),
        pytest.param(
            "DELETE FROM audit_links WHERE id = 1;"
            " UPDATE audit_links SET id = id + 100; UPDATE audit_links SET id = id - 101",
            id="the first taken out and the others moved up",
        ),
    ],
)
def test_a_change_by_the_owner_is_found(written: Bridge, statement: str) -> None:
    execute_as_owner(written, statement)
    found = look(written)
    assert (found.level, found.name) == (Level.PROBLEM, "audit trail")
    assert found.fix


def test_only_the_whole_chain_shows_what_changed_long_ago(written: Bridge) -> None:
    execute_as_owner(written, "UPDATE audit_events SET action = 'nothing' WHERE id = 1")
    assert verify_trail(written.services.sessions, 2).fault is None
    assert verify_trail(written.services.sessions, None).fault


def test_events_of_transactions_side_by_side_are_chained_as_they_commit(bridge: Bridge) -> None:
    with bridge.services.sessions() as first, bridge.services.sessions() as second:
        for session, subject in ((first, "visit 1"), (second, "visit 2")):
            record_command(session, "tried", subject)
            session.flush()
        second.commit()
        first.commit()
    with bridge.services.sessions() as session:
        order = session.scalars(
            text("SELECT subject FROM audit_links l JOIN audit_events e ON e.id = l.audit_event_id ORDER BY l.id")
        ).all()
    assert order == ["visit 2", "visit 1"]
    assert look(bridge).level is Level.OK


def test_what_was_written_before_the_chain_is_chained_by_the_migration(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.create_database("chained")
    environment = {**base_environment(), "DATABASE_URL": url}
    try:
        assert warm.run(migrate_command("upgrade", "0018"), env=environment, cwd=tmp_path).returncode == 0
        with postgres.connect("chained") as connection:
            connection.execute(text("INSERT INTO audit_events (action, details) VALUES ('a', '{}'), ('b', '{\"n\": 1.50}')"))
        done = warm.run(migrate_command(), env=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        with postgres.connect("chained") as connection:
            linked = connection.scalar(
                text(
                    "SELECT count(*) FROM (SELECT l.hash, lag(l.hash) OVER (ORDER BY l.id) AS before, e AS event"
                    " FROM audit_links l JOIN audit_events e ON e.id = l.audit_event_id) AS chain"
                    " WHERE hash = audit_hash(coalesce(before, ''), event)"
                )
            )
        assert linked == 2
    finally:
        postgres.drop_database("chained")


class TestCommands:
    @pytest.fixture
    def operator(self, bridge: Bridge) -> Iterator[Operator]:
        yield Operator(bridge)
        assert look(bridge).level is Level.OK

    def read(self, bridge: Bridge) -> list[tuple[str, str | None, dict[str, Any]]]:
        with bridge.services.sessions() as session:
            rows = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
        return [(row.action, row.subject, row.details) for row in rows]

    @pytest.mark.parametrize(
        ("group", "words", "action", "subject"),
        [
            ("cashboxes", ("webhook", "41", "--rotate"), "webhook_address_made", "salon 41"),
            ("cashboxes", ("webhook", "41", "--end-old"), "webhook_address_ended", "salon 41"),
            ("receipts", ("reconcile",), "reconciled", None),
            ("receipts", ("close-shift", "--cashbox", "SWK7"), "z_report_ordered", "cashbox SWK7"),
            ("retention", ("run",), "retention_run", None),
        ],
    )
    def test_a_command_that_changes_something_is_told_with_the_system_user(
        self, bridge: Bridge, operator: Operator, group: str, words: tuple[str, ...], action: str, subject: str | None
    ) -> None:
        operator.run(*words, group=group)
        ((done, what, details),) = self.read(bridge)
        assert (done, what, details["by"]) == (action, subject, getpass.getuser())

    def test_a_cashbox_given_and_taken_is_told_without_its_secrets(self, bridge: Bridge, operator: Operator) -> None:
        given = ("add", "--company", "41", "--cashbox", "SWK00000041", "--login", "kassa", "--password", "-")
        assert operator.run(*given, group="cashboxes", said="hush-hush\n")[0] == 0
        assert operator.run("disable", "SWK00000041", group="cashboxes")[0] == 0
        added, disabled = self.read(bridge)
        assert added[:2] == ("cashbox_added", "cashbox SWK00000041")
        assert added[2] == {"company_id": 41, "changed": ["login", "password"], "by": getpass.getuser()}
        assert disabled[:2] == ("cashbox_disabled", "cashbox SWK00000041")
        assert "hush" not in str((added, disabled))

    def test_a_replay_is_told(self, bridge: Bridge, operator: Operator) -> None:
        (row,) = bridge.deliver(visit(1, status="delete"))
        operator.run("replay", str(row.id), "--reason", "asked by a client")
        ((action, subject, details),) = self.read(bridge)
        assert (action, subject, details["count"]) == ("replayed", f"delivery {row.id}", 1)

    def test_what_only_looks_is_not_told(self, bridge: Bridge, operator: Operator) -> None:
        for words in (("list",), ("replay", "--all", "--dry-run")):
            operator.run(*words)
        operator.run("run", "--dry-run", group="retention")
        operator.run("webhook", "41", group="cashboxes")
        assert self.read(bridge) == []
