"""Databases with the real, migrated schema: migrated once a run, then copied, which takes milliseconds."""

import itertools
import subprocess
from pathlib import Path

from dev.demo.children import base_environment, migrate_command
from dev.demo.postgres_server import Postgres

TEMPLATE = "migrated"
_numbers = itertools.count(1)


def migrate_template(postgres: Postgres, folder: Path) -> None:
    url = postgres.create_database(TEMPLATE)
    result = subprocess.run(
        migrate_command(),
        env={**base_environment(), "DATABASE_URL": url},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, f"alembic upgrade head failed:\n{result.stdout}{result.stderr}"


def clone_template(postgres: Postgres) -> str:
    """The name of a fresh database."""
    name = f"test_{next(_numbers)}"
    postgres.create_database(name, TEMPLATE)
    return name
