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


def test_numbers_that_were_given_twice_are_marked_and_kept(alembic: Alembic, postgres: Postgres) -> None:
    """Of the same register and registration; one without a registration as well. Then no more of them."""
    alembic("upgrade", "0010")
    receipts = (
        "INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, total, tax, request, state,"
        " fiscal_number, registration_number, issued_at) SELECT 1, 1, 'sale', n, 'altegio_' || n, 1, 0, '{}', state, fiscal,"
        " registration, CASE n WHEN 1 THEN timestamptz '0001-01-01 BC' ELSE now() END FROM (VALUES"
        " (1, 'issued', '7', '01'), (2, 'issued', '7', '01'), (3, 'issued', '7', '02'), (4, 'issued', '7', NULL),"
        " (5, 'issued', '7', NULL), (6, 'pending', NULL, NULL), (7, 'pending', NULL, NULL))"
        " AS told (n, state, fiscal, registration)"
    )
    with postgres.connect(NAME) as connection:
        connection.execute(text("INSERT INTO cashboxes (unique_number) VALUES ('SWK1')"))
        connection.execute(text(receipts))
    alembic("upgrade", "head")
    with postgres.connect(NAME) as connection:
        marked = connection.scalars(text("SELECT record_id FROM receipts WHERE number_repeated ORDER BY 1"))
        assert list(marked) == [2, 5]
        assert connection.scalar(text("SELECT issued_at = created_at FROM receipts WHERE record_id = 1"))


def test_busy_tables_are_vacuumed_before_dead_entries_pile_up(alembic: Alembic, postgres: Postgres) -> None:
    alembic("upgrade", "head")
    often = text("SELECT relname FROM pg_class WHERE 'autovacuum_vacuum_scale_factor=0.05' = ANY(reloptions)")
    with postgres.connect(NAME) as connection:
        assert set(connection.scalars(often)) == {"webhook_records", "receipts"}
