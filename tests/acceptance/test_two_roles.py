"""The service under a role of its own, which owns nothing: everything works, and what it may not do is refused."""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from dev.demo.postgres_server import Postgres
from shared.storage.models import Base
from shared.storage.roles import grant_to_service
from tests.support.operator import Operator
from tests.support.payloads import visit
from tests.support.stack import Stack
from tests.support.warm import start as warm

ROLE, PASSWORD = "service_of_tests", "a 'quoted' password"


@pytest.fixture
def limited_url(postgres: Postgres, database_url: str) -> str:
    owner = make_url(database_url)
    with postgres.connect(str(owner.database)) as connection:
        # Twice: it is done with every update.
        for _ in range(2):
            grant_to_service(connection, ROLE, PASSWORD)
    return owner.set(username=ROLE, password=PASSWORD).render_as_string(hide_password=False)


def execute(url: str, statement: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_a_visit_becomes_a_receipt(stack: Callable[..., Stack], limited_url: str, tmp_path: Path) -> None:
    service = stack(env={"DATABASE_URL": limited_url})
    service.post(visit(1))
    service.post(visit(2, status="delete"))
    service.wait_for_state(1, "processed")
    service.wait_for(lambda: service.get("/health/ready").json()["status"] == "ok", what="the service to be whole")
    # What is done at night, by hand, and by people: rows that are changed, deleted and added to.
    operator = Operator(service)
    for group, words in {
        "retention": ("run",),
        "receipts": ("reconcile",),
        "cashboxes": ("webhook", "41", "--rotate"),
        "alerts": ("list",),
    }.items():
        code, said = operator.run(*words, group=group)
        assert code == 0, said
    said = operator.run("--json", group="doctor")[1]
    found = {finding["name"]: finding["level"] for finding in json.loads(said)}
    assert (found["role"], found["audit trail"], found["migrations"]) == ("ok", "ok", "ok")
    logs: Mapping[str, str] = service.logs
    assert [name for name, log in logs.items() if "permission denied" in log or "InsufficientPrivilege" in log] == []


def test_staff_are_added_and_sign_in(stack: Callable[..., Stack], limited_url: str, tmp_path: Path) -> None:
    service = stack(env={"DATABASE_URL": limited_url}, workers=0, beat=False)
    command = ["-m", "api.acquire.users", "add", "--password-stdin", "aigul"]
    done = warm.run([sys.executable, *command], env=service.environment, cwd=tmp_path, said="a long enough passphrase\n")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_events SET details = '{}'",
        "DELETE FROM audit_events",
        "INSERT INTO audit_links (audit_event_id, hash) VALUES (1, '')",
        "DELETE FROM audit_links",
        "TRUNCATE receipts CASCADE",
        "DROP TABLE receipts",
        "ALTER TABLE audit_events DISABLE TRIGGER ALL",
        "CREATE TABLE theirs (id int)",
        "CREATE TEMPORARY TABLE theirs (id int)",
        "CREATE FUNCTION audit_hash(text) RETURNS text LANGUAGE sql AS 'SELECT NULL'",
        "UPDATE alembic_version SET version_num = '0001'",
        "INSERT INTO backups (name, bytes, rows) VALUES ('none', 1, '{}')",
        "SET session_replication_role = replica",
        "COPY receipts TO PROGRAM 'id'",
        "CREATE ROLE theirs",
    ],
)
def test_what_the_service_may_not_do(limited_url: str, statement: str) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be (owner|superuser)|only ever added"):
        execute(limited_url, statement)


def test_every_other_table_is_the_services_to_work_with(limited_url: str) -> None:
    for table in set(Base.metadata.tables) - {"audit_events", "audit_links", "backups"}:
        execute(limited_url, f"DELETE FROM {table} WHERE false; UPDATE {table} SET created_at = now() WHERE false")
    execute(limited_url, "INSERT INTO audit_events (action, details) VALUES ('tried', '{}')")


def test_the_owner_is_not_taken_for_the_service(postgres: Postgres, database_url: str) -> None:
    owner = make_url(database_url)
    with postgres.connect(str(owner.database)) as connection, pytest.raises(ValueError, match="POSTGRES_SERVICE_USER"):
        grant_to_service(connection, str(owner.username), "x")
