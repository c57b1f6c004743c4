"""Databases with the real, migrated schema: migrated once a run, then copied, which takes milliseconds."""

import itertools
from pathlib import Path

from dev.demo.children import base_environment, migrate_command
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from shared.storage.models import Base
from tests.support.warm import start as warm

TEMPLATE = "migrated"
# For a few rows this is ten times faster than TRUNCATE, which makes new files.
# As a replica, since the trail of who did what lets nobody delete.
EMPTY_ALL = "SET LOCAL session_replication_role = replica;" + "".join(
    f"DELETE FROM {table.name}; SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), 1, false);"
    for table in reversed(Base.metadata.sorted_tables)
)
_numbers = itertools.count(1)


def migrate_template(postgres: Postgres, folder: Path) -> None:
    url = postgres.create_database(TEMPLATE)
    result = warm.run(migrate_command(), env={**base_environment(), "DATABASE_URL": url}, cwd=folder)
    assert result.returncode == 0, f"alembic upgrade head failed:\n{result.stdout}{result.stderr}"


def clone_template(postgres: Postgres) -> str:
    """The name of a fresh database."""
    name = f"test_{next(_numbers)}"
    postgres.create_database(name, TEMPLATE)
    return name


def revive(server: Postgres | Redis) -> None:
    """Up and not frozen, whatever a test did to it."""
    server.resume()
    if not server.running:
        server.start()
