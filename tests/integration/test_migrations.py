"""The migrations: one head, up, down to nothing, up again, and equal to the models."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from dev.demo.children import base_environment, migrate_command
from dev.demo.postgres_server import Postgres
from tests.support.warm import start as warm

NAME = "migrations"

Alembic = Callable[..., str]


@pytest.fixture
def alembic(postgres: Postgres, tmp_path: Path) -> Iterator[Alembic]:
    url = postgres.create_database(NAME)

    def run(*arguments: str) -> str:
        environment = {**base_environment(), "DATABASE_URL": url}
        result = warm.run(migrate_command(*arguments), env=environment, cwd=tmp_path)
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


def test_shifts_learn_their_registration_and_lose_times_that_cannot_be(alembic: Alembic, postgres: Postgres) -> None:
    alembic("upgrade", "0010")
    with postgres.connect(NAME) as connection:
        connection.execute(text("INSERT INTO cashboxes (unique_number) VALUES ('SWK00000001'), ('SWK00000002')"))
        connection.execute(
            text(
                """
                INSERT INTO receipts (company_id, cashbox_id, kind, record_id, external_check_number, total, tax, request,
                                      state, fiscal_number, shift_number, registration_number)
                VALUES (1, 1, 'sale', 1, 'a', 1, 0, '{}', 'issued', '1', 2, 'R2'),
                       (1, 1, 'sale', 2, 'b', 1, 0, '{}', 'issued', '2', 3, 'R3')
                """
            )
        )
        connection.execute(
            text(
                """
                INSERT INTO shifts (cashbox_id, number, opened_at, closed_at, closed_by, report)
                VALUES (1, 1, now(), now(), 'schedule', '{"CashboxRN": "R1"}'),
                       (1, 2, '0001-01-01 00:00:00+05', now(), 'schedule', NULL),
                       (1, 4, now(), '0001-01-01 00:00:00+05', 'schedule', '{"CloseOn": "0001-01-01T00:00:00"}'),
                       (2, 1, now(), NULL, NULL, NULL)
                """
            )
        )
        connection.commit()
    alembic("upgrade", "head")
    with postgres.connect(NAME) as connection:
        rows = connection.execute(
            text(
                "SELECT registration_number, number, opened_at > now() - interval '1 day', closed_at IS NULL, closed_by,"
                " report IS NULL FROM shifts ORDER BY id"
            )
        )
        assert [tuple(row) for row in rows] == [
            ("R1", 1, True, False, "schedule", False),
            ("R2", 2, True, False, "schedule", True),
            ("R3", 4, True, True, None, True),
            ("", 1, True, True, None, True),
        ]
    alembic("downgrade", "0010")
    alembic("upgrade", "head")


def test_staff_of_before_belong_to_all_salons(alembic: Alembic, postgres: Postgres) -> None:
    alembic("upgrade", "0018")
    with postgres.connect(NAME) as connection:
        connection.execute(text("INSERT INTO staff_users (login, password_hash, role) VALUES ('old', 'x', 'cashier')"))
        connection.commit()
    alembic("upgrade", "head")
    with postgres.connect(NAME) as connection:
        connection.execute(text("INSERT INTO staff_users (login, password_hash, role) VALUES ('new', 'x', 'cashier')"))
        found = connection.execute(text("SELECT login, all_salons FROM staff_users ORDER BY id"))
        assert list(map(tuple, found)) == [("old", True), ("new", False)]
