"""Real PostgreSQL from whatever programs there are, as an account that is not root, on 127.0.0.1."""

import contextlib
import os
import re
import secrets
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import psutil
from sqlalchemy import Connection, create_engine, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from dev.demo import processes
from dev.demo.binaries import get_postgres, read_version
from dev.demo.servers import Server, ServerFailed, minimal_environment, read_lines, recall, write_private

USER = "altegio"
SERVICE_USER = "altegio_service"
DATABASE = "altegio"

# For one core and little memory. `mmap`: the shared memory of a container is often too small.
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "1",
    "jit": "off",
    "logging_collector": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres(Server):
    name = "PostgreSQL"
    # Its "fast" shutdown; SIGTERM would wait until every client has left.
    stop_signal = signal.SIGINT

    def __init__(self, folder: Path, binaries: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(folder)
        self._binaries = binaries
        self._settings = {**SETTINGS, **(settings or {})}

    @property
    def url(self) -> str:
        return self.url_of(DATABASE)

    @property
    def service_environment(self) -> Mapping[str, str]:
        """For the migration: the service's own role, which it makes."""
        password = recall(self.folder / "service-password", lambda: secrets.token_urlsafe(24))
        return {"POSTGRES_SERVICE_USER": SERVICE_USER, "POSTGRES_SERVICE_PASSWORD": password}

    @property
    def service_url(self) -> str:
        """The address by the service's own role."""
        user, password = self.service_environment.values()
        return f"postgresql+psycopg2://{user}:{password}@127.0.0.1:{self.port}/{DATABASE}"

    def url_of(self, database: str) -> str:
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def connect(self, database: str = DATABASE) -> Iterator[Connection]:
        """A connection in autocommit mode, since CREATE DATABASE takes no transaction."""
        # Given in full, so that PGSSLMODE and its like in the caller's environment change nothing.
        options = {"connect_timeout": 5, "sslmode": "disable", "gssencmode": "disable"}
        engine = create_engine(self.url_of(database), poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=options)
        with engine.connect() as connection:
            yield connection

    def execute(self, *statements: str, **values: Any) -> None:
        """Each is committed by itself."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(text(statement), values)

    def create_database(self, name: str, template: str = "template1") -> str:
        """A copy of `template`, which nobody may be connected to; returns its address."""
        with self.connect("postgres") as connection:
            connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """Also when somebody is still connected."""
        with self.connect("postgres") as connection:
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))

    def answers(self) -> bool:
        try:
            with self.connect("postgres"):
                return True
        except OperationalError:
            return False

    def start(self) -> None:
        super().start()
        with self.connect("postgres") as connection:
            find = text("SELECT 1 FROM pg_database WHERE datname = :name")
            known = connection.scalar(find, {"name": DATABASE})
        if not known:
            self.create_database(DATABASE)

    def kill(self) -> None:
        """Its backends lead sessions of their own, and outlive their parent until they next look."""
        self._freeze(signal.SIGKILL)
        super().kill()

    def pause(self) -> None:
        self._freeze(signal.SIGSTOP)

    def resume(self) -> None:
        if self.running:
            self._send_backends(signal.SIGCONT)
            super().resume()

    def stop(self, patience: float = 10.0) -> None:
        """Frozen backends would not hear that they are to leave."""
        self.resume()
        super().stop(patience)

    def _freeze(self, signum: signal.Signals) -> None:
        """Stops the parent, so that the list of its children is complete and stays so, and sends them `signum`."""
        if self.running:
            processes.stop_for_certain(self.pid)
            self._send_backends(signum)

    def _send_backends(self, signum: signal.Signals) -> None:
        for backend in processes.find_children(self.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(backend, signum)

    def destroy(self) -> None:
        """Stops for good and removes the data, wherever it lies; also that of a run which was killed."""
        self.kill()
        self._end_predecessor()
        for folder in (self._remembered_home(), self.folder):
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def command(self) -> Sequence[str]:
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        return [str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port), *options]

    def marker(self) -> str:
        return str(self._remembered_home() or self.home)

    def prepare(self) -> None:
        if self._binaries is None:
            self._binaries = get_postgres()
        self.home = self._settle_home()
        self._bin = self._settle_programs(self._binaries)
        # A new major version cannot read the data of the old one, so each has a folder of its own.
        self._data = self.home / f"data-{read_version(self._binaries / 'postgres')[0]}"
        if not self._data.exists():
            self._initialise()
        self._forget_foreign_lock()

    def _settle_home(self) -> Path:
        """`folder/home`, or a folder below /var/tmp where the account cannot reach the first.

        A checkout below a home of mode 700 is such a place. Widening the modes of its parents would be no answer.
        """
        home = self._remembered_home() or self.folder / "home"
        self.account = processes.find_unprivileged(owner_of=home)
        if not home.exists():
            home = self._make_home()
            (self.folder / "home-path").write_text(f"{home}\n", encoding="utf-8")
        return home

    def _remembered_home(self) -> Path | None:
        for line in read_lines(self.folder / "home-path"):
            home = Path(line)
            # Somebody else may have made a folder of this name after the system emptied its temporary one.
            if home.is_dir() and (os.geteuid() == 0 or home.stat().st_uid == os.geteuid()):
                return home
        return None

    def _make_home(self) -> Path:
        home = self.folder / "home"
        if processes.can_enter(self.folder.resolve(), self.account):
            home.mkdir(mode=0o700)
        else:
            # Open to every account, and kept when the machine starts anew.
            home = Path(tempfile.mkdtemp(prefix="altegio-webkassa-postgres-", dir="/var/tmp"))
        self._hand_over(home)
        return home

    def _settle_programs(self, binaries: Path) -> Path:
        """The programs where the account can run them: in place, else copied into its home, libraries included."""
        if processes.run([str(binaries / "postgres"), "--version"], account=self.account).returncode == 0:
            return binaries
        copy = self.home / "programs"
        if not copy.exists():
            partial = self.home / "programs.new"
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(binaries.parent, partial, symlinks=True)
            self._hand_over(partial)
            partial.rename(copy)
        return copy / "bin"

    def _hand_over(self, folder: Path) -> None:
        if self.account:
            for path in (folder, *folder.rglob("*")):
                os.chown(path, self.account["user"], self.account["group"], follow_symlinks=False)

    def _initialise(self) -> None:
        """Into a folder of another name first: a data folder that exists is a complete one."""
        # Under "C" PostgreSQL knows no Cyrillic letters, and a search that ignores case misses names.
        for locale in ("C.UTF-8", "C"):
            result = self._run_initdb(locale)
            if result.returncode == 0:
                (self.home / "data.new").rename(self._data)
                return
        raise ServerFailed(f"initdb failed. It said:\n{result.stdout}{result.stderr}")

    def _run_initdb(self, locale: str) -> "CompletedProcess[str]":
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password_file = self.home / "password.new"
        write_private(password_file, self.password + "\n")
        self._hand_over(password_file)
        command = [str(self._bin / "initdb"), "--no-sync", "-D", str(fresh), "-U", USER, "-E", "UTF8"]
        command += [f"--locale={locale}", "-A", "scram-sha-256", f"--pwfile={password_file}"]
        try:
            return processes.run(command, minimal_environment(), self.home, self.account)
        finally:
            password_file.unlink(missing_ok=True)

    def _forget_foreign_lock(self) -> None:
        """After a crash the number in `postmaster.pid` may belong to somebody else by now; PostgreSQL would give up.

        A number nobody has it deals with itself, and needs the rest of the file to know of surviving children.
        """
        lock = self._data / "postmaster.pid"
        first = next(iter(read_lines(lock)), "").strip()
        if first.isdigit() and psutil.pid_exists(int(first)):
            if str(self._data) in processes.read_command_line(int(first)):
                raise ServerFailed(f"a PostgreSQL this program did not start (process {first}) uses {self._data}")
            lock.unlink()


def check_given_database(url: str) -> str:
    """The address of somebody else's server as SQLAlchemy 2.1 needs it. Raises ServerFailed when nobody answers."""
    address = re.sub(r"^postgres(ql)?://", "postgresql+psycopg2://", url)
    try:
        with create_engine(address, poolclass=NullPool, connect_args={"connect_timeout": 5}).connect():
            return address
    except SQLAlchemyError as error:
        # The cause, since the error itself may repeat the address with its password.
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip()
        raise ServerFailed(f"the given DATABASE_URL does not work: {reason}") from None


def hide_password(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
