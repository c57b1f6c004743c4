"""The scripts of the backup container against a real server: what was saved comes back, and nothing good is ever lost."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, select, text

from dev.demo.binaries import get_postgres
from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres
from dev.demo.waiting import wait_until
from dev.harness.child import Child
from shared.storage.models import Backup, Base
from tests.support.bridge import Bridge
from tests.support.databases import TEMPLATE
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
        command = ["sh", str(ROOT / "worker" / "entry" / "scripts" / script), *arguments]
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
    assert run("backup.sh").returncode == 0
    before = dump_tables(bridge)
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


@pytest.fixture
def without_tables(postgres: Postgres) -> Iterator[str]:
    postgres.create_database("without_tables", "template0")
    yield "without_tables"
    postgres.drop_database("without_tables")


def test_a_dump_of_a_database_without_our_tables_is_no_backup(run: Run, tmp_path: Path, without_tables: str) -> None:
    """Of 912 bytes, and counted as the day's."""
    done = run("backup.sh", PGDATABASE=without_tables)
    assert done.returncode != 0
    assert "no table alembic_version" in done.stderr
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["monthly"]


def test_a_backup_is_told_in_the_database_with_its_rows(bridge: Bridge, run: Run, tmp_path: Path) -> None:
    bridge.deliver(visit(1), visit(2))
    assert run("backup.sh").returncode == 0
    (backup,) = list_backups(tmp_path)
    with bridge.services.sessions() as session:
        (told,) = session.scalars(select(Backup)).all()
    assert (told.name, told.bytes) == (backup.name, backup.stat().st_size)
    counted = {table.name: bridge.scalar(f"SELECT count(*) FROM {table.name}") for table in Base.metadata.sorted_tables}
    assert told.rows == {**counted, "backups": 0, "alembic_version": 1}


class TestTrial:
    def test_the_first_backup_and_then_one_a_week_is_restored_on_trial(
        self, bridge: Bridge, run: Run, tmp_path: Path, postgres: Postgres
    ) -> None:
        bridge.deliver(visit(1))
        said = []
        for _ in range(2):
            said.append(run("backup.sh").stdout)
            bridge.execute("UPDATE backups SET name = name || id")
        bridge.execute("UPDATE backups SET tried_at = now() - interval '7 days' WHERE tried_at IS NOT NULL")
        said.append(run("backup.sh").stdout)
        assert ["restored on trial: well" in each for each in said] == [True, False, True]
        assert bridge.scalar("SELECT count(*) FROM backups WHERE tried_at IS NOT NULL AND trial IS NULL") == 2
        with postgres.connect("postgres") as connection:
            assert not connection.scalar(text("SELECT count(*) FROM pg_database WHERE datname LIKE '%\\_trial'"))

    def test_rows_that_did_not_come_back_are_named(self, bridge: Bridge, run: Run, tmp_path: Path) -> None:
        bridge.deliver(visit(1))
        assert run("backup.sh").returncode == 0
        (backup,) = list_backups(tmp_path)
        counts = tmp_path / "counts"
        with bridge.services.sessions() as session:
            rows = session.scalars(select(Backup.rows)).one()
        counts.write_text("".join(f"{table}|{count}\n" for table, count in sorted(rows.items())), "utf-8")
        assert (run("trial.sh", str(backup), str(counts)).returncode) == 0
        counts.write_text(counts.read_text("utf-8").replace("receipts|1\n", "receipts|2\n"), "utf-8")
        done = run("trial.sh", str(backup), str(counts))
        assert (done.returncode, done.stdout) == (1, "not all rows came back: receipts \n")

    def test_one_that_cannot_be_made_is_told_and_the_backup_kept(self, bridge: Bridge, run: Run, tmp_path: Path) -> None:
        """A server that takes no new database, say; `false` stands in for its client."""
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "pg_restore").write_text(
            '#!/bin/sh\n[ "$1" = --list ] && exec "$REAL/pg_restore" "$@"\nexit 1\n', "utf-8"
        )
        (programs / "pg_restore").chmod(0o755)
        real = str(get_postgres())
        done = run("backup.sh", PATH=f"{programs}:{real}:{os.environ['PATH']}", REAL=real)
        assert done.returncode == 0, done.stderr
        assert len(list_backups(tmp_path)) == 1
        assert bridge.scalar("SELECT trial FROM backups") == "it cannot be restored"


# Turns every byte round twice: enough to show what is encrypted and decrypted when, and with which words age is called.
AGE = r"""#!/bin/sh
set -eu
turn() {
    tr '\000-\377' '\200-\377\000-\177'
}
case "$1" in
--encrypt) [ "$2 $3 $4" = "--recipient age1test --output" ] && turn <"$6" >"$5" ;;
--decrypt) [ "$2 $3" = "--identity key.txt" ] && turn <"$4" ;;
esac
"""


class TestEncryption:
    @pytest.fixture
    def encrypting(self, tmp_path: Path) -> Mapping[str, str]:
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "age").write_text(AGE, "utf-8")
        (programs / "age").chmod(0o755)
        path = f"{programs}:{get_postgres()}:{os.environ['PATH']}"
        return {"PATH": path, "LC_ALL": "C", "BACKUP_AGE_RECIPIENT": "age1test", "BACKUP_AGE_IDENTITY": "key.txt"}

    def test_an_encrypted_backup_comes_back(
        self, bridge: Bridge, run: Run, tmp_path: Path, encrypting: Mapping[str, str], postgres: Postgres
    ) -> None:
        bridge.deliver(visit(1))
        before = dump_tables(bridge)
        done = run("backup.sh", **encrypting)
        assert done.returncode == 0, done.stderr
        assert "restored on trial: well" in done.stdout
        (backup,) = (tmp_path / "backups").glob("*.dump.age")
        assert not backup.read_bytes().startswith(b"PGDMP")
        assert list((tmp_path / "backups").rglob(".*")) == []
        assert len(list((tmp_path / "backups" / "monthly").glob("*.dump.age"))) == 1
        bridge.deliver(visit(2))
        done = run("restore.sh", str(backup), **encrypting)
        assert done.returncode == 0, done.stderr
        assert dump_tables(bridge) == before
        assert list((tmp_path / "backups").rglob(".*")) == []
        postgres.drop_database(done.stdout.split("kept as ")[1].split(";")[0])

    def test_without_age_no_backup_is_made_in_the_clear(
        self, run: Run, tmp_path: Path, environment: Mapping[str, str]
    ) -> None:
        if shutil.which("age"):
            pytest.skip("this machine has age")
        done = run("backup.sh", BACKUP_AGE_RECIPIENT="age1test")
        assert done.returncode != 0
        assert "no age" in done.stderr
        assert list_backups(tmp_path) == []


def test_a_night_that_fails_is_tried_again_until_it_does_not(
    environment: Mapping[str, str], tmp_path: Path, postgres: Postgres, migrated_postgres: Postgres
) -> None:
    """As when the name of the database could not be resolved for a moment."""
    command = ("sh", str(ROOT / "worker" / "entry" / "scripts" / "nightly.sh"))
    late = {**environment, "PGDATABASE": "later", "BACKUP_RETRY_SECONDS": "1"}
    nightly = Child("nightly", command, late, tmp_path, lambda said: "BACKUP FAILED" in said)
    try:
        nightly.start()
        assert list((tmp_path / "backups").glob("*.dump")) == []
        postgres.create_database("later", TEMPLATE)
        wait_until(lambda: list((tmp_path / "backups").glob("later-*.dump")), timeout=60, what="the backup")
        wait_until(lambda: "next backup at " in nightly.tail(), timeout=60, what="the next night")
    finally:
        nightly.kill()
        postgres.drop_database("later")


def test_the_nightly_process_begins_with_a_backup_where_there_is_none(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    command = ("sh", str(ROOT / "worker" / "entry" / "scripts" / "nightly.sh"))
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
