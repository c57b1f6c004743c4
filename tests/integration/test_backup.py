"""The scripts of the backup container against a real server: what was saved comes back, and nothing good is ever lost."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from dev.demo.binaries import get_postgres
from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres
from dev.harness.child import Child
from shared.storage.models import Base
from tests.support.bridge import Bridge
from tests.support.payloads import visit

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def environment(bridge: Bridge, tmp_path: Path) -> Mapping[str, str]:
    url = make_url(bridge.services.settings.database_url)
    return {
        "PATH": f"{get_postgres()}:{os.environ['PATH']}",
        "PGHOST": str(url.host),
        "PGPORT": str(url.port),
        "PGUSER": str(url.username),
        "PGPASSWORD": str(url.password),
        "PGDATABASE": str(url.database),
        "BACKUP_DIR": str(tmp_path / "backups"),
        "LC_ALL": "C.UTF-8",
    }


@pytest.fixture
def run(environment: Mapping[str, str], tmp_path: Path) -> Run:
    def start(script: str, *arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        command = ["sh", str(ROOT / "worker" / "scripts" / script), *arguments]
        return subprocess.run(
            command, env={**environment, **changes}, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
        )

    return start


def dump_tables(bridge: Bridge) -> dict[str, list[Any]]:
    with bridge.services.sessions() as session:
        return {
            table.name: [tuple(row) for row in session.execute(table.select().order_by(table.c.id))]
            for table in Base.metadata.sorted_tables
        } | {"revision": list(session.execute(text("SELECT version_num FROM alembic_version")).all())}


def list_backups(tmp_path: Path, folder: str = "") -> list[Path]:
    return sorted((tmp_path / "backups" / folder).glob("*.dump"))


def test_what_was_saved_comes_back_exactly(bridge: Bridge, run: Run, tmp_path: Path, postgres: Postgres) -> None:
    bridge.deliver(visit(1, cost=4000.55, comment="«Ұлттық» кафе"), visit(2, cost=-3))
    before = dump_tables(bridge)
    done = run("backup.sh")
    assert done.returncode == 0, done.stderr
    (backup,) = list_backups(tmp_path)
    assert backup.stat().st_mode & 0o077 == 0
    bridge.deliver(visit(3))
    after = dump_tables(bridge)

    done = run("restore.sh", str(backup))

    assert done.returncode == 0, done.stderr
    assert dump_tables(bridge) == before != after
    # The numbers go on where they were, so that the next row meets none of the old ones.
    bridge.deliver(visit(4))
    assert len(bridge.receipts()) == 2
    kept = done.stdout.split("kept as ")[1].split(";")[0]
    with postgres.connect(kept) as connection:
        assert connection.scalar(text("SELECT count(*) FROM receipts")) == len(after["receipts"])
    postgres.drop_database(kept)


def test_a_broken_backup_changes_nothing(bridge: Bridge, run: Run, tmp_path: Path, postgres: Postgres) -> None:
    bridge.deliver(visit(1))
    before = dump_tables(bridge)
    assert run("backup.sh").returncode == 0
    (backup,) = list_backups(tmp_path)
    whole = backup.read_bytes()
    backup.write_bytes(whole[: len(whole) * 3 // 4])

    done = run("restore.sh", str(backup))

    assert done.returncode != 0
    assert dump_tables(bridge) == before
    with postgres.connect("postgres") as connection:
        left = connection.scalars(text("SELECT datname FROM pg_database WHERE datname ~ 'restoring|before'")).all()
    assert left == []
    assert run("restore.sh", "/no/such/file").returncode == 2


def test_the_newest_are_kept_and_the_first_of_each_month(run: Run, tmp_path: Path, environment: Mapping[str, str]) -> None:
    folder = tmp_path / "backups" / "monthly"
    folder.mkdir(parents=True)
    name = environment["PGDATABASE"]
    for day in range(1, 21):
        (folder.parent / f"{name}-2026-01-{day:02}T023000Z.dump").write_text("older")
    for month in range(1, 13):
        (folder / f"{name}-2025-{month:02}-01T023000Z.dump").write_text("older")
    foreign = folder.parent / "notes.txt"
    foreign.write_text("not a backup")

    assert run("backup.sh", BACKUP_KEEP_DAYS="5", BACKUP_KEEP_MONTHS="3").returncode == 0

    daily = [path.name.removeprefix(f"{name}-")[:10] for path in list_backups(tmp_path)]
    assert daily[:4] == ["2026-01-17", "2026-01-18", "2026-01-19", "2026-01-20"]
    assert len(daily) == 5
    monthly = [path.name.removeprefix(f"{name}-")[:7] for path in list_backups(tmp_path, "monthly")]
    assert monthly[:2] == ["2025-11", "2025-12"]
    assert len(monthly) == 3
    assert foreign.exists()


def test_a_backup_that_fails_leaves_the_older_ones(run: Run, tmp_path: Path) -> None:
    assert run("backup.sh").returncode == 0
    done = run("backup.sh", PGPORT="9", BACKUP_KEEP_DAYS="1")
    assert done.returncode != 0
    assert done.stderr
    assert len(list_backups(tmp_path)) == 1
    assert len(list((tmp_path / "backups").iterdir())) == 2


def test_the_nightly_process_begins_with_a_backup_where_there_is_none(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    command = ("sh", str(ROOT / "worker" / "scripts" / "nightly.sh"))
    nightly = Child("nightly", command, environment, tmp_path, lambda said: "next backup at " in said)
    try:
        nightly.start()
        assert len(list_backups(tmp_path)) == 1
        nightly.stop()
        assert not nightly.running
        nightly.start()
        assert len(list_backups(tmp_path)) == 1
    finally:
        nightly.kill()
