"""`python -m dev.demo.migrations`: one head, an upgrade that works, and a schema equal to the models.

Runs against a PostgreSQL of its own that is thrown away.
"""

import sys
import tempfile
from pathlib import Path

from dev.demo import processes
from dev.demo.binaries import BinariesMissing
from dev.demo.children import base_environment, migrate_command
from dev.demo.postgres_server import Postgres
from dev.demo.servers import ServerFailed


def run_alembic(database_url: str, folder: Path, *arguments: str) -> str:
    """Its output. Raises ServerFailed when it ends badly."""
    environment = {**base_environment(), "DATABASE_URL": database_url}
    print("alembic", *arguments, flush=True)
    result = processes.run_as(migrate_command(*arguments), None, environment, folder)
    print(result.stdout + result.stderr, end="", flush=True)
    if result.returncode != 0:
        raise ServerFailed(f"alembic ended with exit code {result.returncode}")
    return result.stdout


def check(database_url: str, folder: Path) -> bool:
    heads = [line for line in run_alembic(database_url, folder, "heads").splitlines() if line.endswith("(head)")]
    if len(heads) != 1:
        print(f"the migrations have {len(heads)} heads, one is needed")
        return False
    run_alembic(database_url, folder, "upgrade", "head")
    run_alembic(database_url, folder, "check")
    return True


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="altegio-webkassa-migrations-") as name:
        folder = Path(name)
        server = Postgres(folder / "postgres", settings={"fsync": "off"})
        try:
            server.start()
            return 0 if check(server.url, folder) else 1
        except (BinariesMissing, ServerFailed) as error:
            print(error)
        finally:
            server.destroy()
    return 1


if __name__ == "__main__":
    sys.exit(main())
