"""The migrations: one head, up, down to nothing, up again, and equal to the models."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from dev.demo.children import base_environment, migrate_command
from dev.demo.postgres_server import Postgres

NAME = "migrations"

Alembic = Callable[..., str]


@pytest.fixture
def alembic(postgres: Postgres, tmp_path: Path) -> Iterator[Alembic]:
    url = postgres.create_database(NAME)

    def run(*arguments: str) -> str:
        environment = {**base_environment(), "DATABASE_URL": url}
        result = subprocess.run(
            migrate_command(*arguments), env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout + result.stderr

    yield run
    postgres.drop_database(NAME)


def list_relations(postgres: Postgres) -> set[str]:
    with postgres.connect(NAME) as connection:
        found = connection.scalars(text("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"))
        return set(found)


def test_up_down_and_up_again(alembic: Alembic, postgres: Postgres) -> None:
    assert alembic("heads").count("(head)") == 1
    alembic("upgrade", "head")
    before = list_relations(postgres)
    assert {"webhook_records", "payment_records", "fiscalization_logs", "receipts", "cashboxes"} <= before
    alembic("downgrade", "base")
    assert {name for name in list_relations(postgres) if not name.startswith("alembic_")} == set()
    alembic("upgrade", "head")
    assert list_relations(postgres) == before
    alembic("check")


def test_busy_tables_are_vacuumed_before_dead_entries_pile_up(alembic: Alembic, postgres: Postgres) -> None:
    alembic("upgrade", "head")
    often = text("SELECT relname FROM pg_class WHERE 'autovacuum_vacuum_scale_factor=0.05' = ANY(reloptions)")
    with postgres.connect(NAME) as connection:
        assert set(connection.scalars(often)) == {"webhook_records", "receipts"}
