"""What the doctor says of a database: its version, and whether its tables are those of this version."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine

from shared.storage.db import SessionFactory, build_url, create_session_factory
from tests.support.bridge import Bridge
from worker.entry.doctor.findings import Level
from worker.entry.doctor.stores import look_at_database, look_at_schema


@pytest.fixture
def empty(bridge: Bridge) -> Iterator[SessionFactory]:
    """The same server, seen from a schema without tables."""
    engine = create_engine(build_url(bridge.services.settings), connect_args={"options": "-c search_path=nowhere"})
    yield create_session_factory(engine)
    engine.dispose()


def test_a_database_as_it_should_be(bridge: Bridge) -> None:
    sessions = bridge.services.sessions
    assert [look(sessions).level for look in (look_at_database, look_at_schema)] == [Level.OK, Level.OK]


def test_an_empty_database_is_migrated(empty: SessionFactory) -> None:
    assert look_at_database(empty).level is Level.OK
    found = look_at_schema(empty)
    assert (found.level, found.said) == (Level.PROBLEM, "the database is empty")
    assert "alembic upgrade head" in found.fix


@pytest.mark.parametrize(
    ("revision", "said", "fix"),
    [
        ("0031", "the database is at 0031, this version needs ", "alembic upgrade head"),
        ("9999", "the database is at 9999, which this version does not know", "update the images"),
    ],
)
def test_tables_of_another_version(bridge: Bridge, revision: str, said: str, fix: str) -> None:
    at = bridge.scalar("SELECT version_num FROM alembic_version")
    bridge.execute("UPDATE alembic_version SET version_num = :revision", revision=revision)
    try:
        found = look_at_schema(bridge.services.sessions)
    finally:
        bridge.execute("UPDATE alembic_version SET version_num = :at", at=at)
    assert found.level is Level.PROBLEM
    assert found.said.startswith(said)
    assert fix in found.fix
