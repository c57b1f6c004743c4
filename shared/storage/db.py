"""Opens the database: one engine per process, sessions that never hide a transaction."""

import re
import select
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import simplejson
from psycopg2.extensions import PYDATE, PYDATETIMETZ, new_type, register_type
from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, StatementError
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings
from shared.storage.deadline import LONG_SECONDS, MARGIN_SECONDS, ORDINARY_SECONDS, Cursor
from shared.storage.deadline import Connection as Watched

# How every connection of ours is made. Of a host that is gone the kernel hears within half a minute while nothing is
# asked, and in ten seconds while something is on the way to it.
CONNECT_ARGUMENTS: dict[str, Any] = {
    "connection_factory": Watched,
    "cursor_factory": Cursor,
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
}
_NOW = func.now().select()
SessionFactory = sessionmaker[Session]
# What runs a statement: a session, or, where statements are many and objects none, a connection at half the price.
Executor = Session | Connection


def dump_json(value: Any) -> str:
    """Writes JSON exactly: a Decimal becomes a number with all its digits."""
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False)


def load_json(text: str | bytes) -> Any:
    """Reads JSON exactly: a fraction becomes a Decimal. Raises ValueError."""
    return simplejson.loads(text, parse_float=Decimal)


def build_url(settings: Settings, *, as_owner: bool = False) -> URL:
    """Returns the address of the database for psycopg2, since SQLAlchemy 2.1 reads a bare `postgresql://` as psycopg 3.

    By the service's own role where it has one, unless `as_owner`: who makes the tables.
    """
    if settings.database_url:
        return make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg2://", settings.database_url))
    service_password = settings.postgres_service_password.get_secret_value()
    is_service = bool(service_password) and not as_owner
    return URL.create(
        "postgresql+psycopg2",
        username=settings.postgres_service_user if is_service else settings.postgres_user,
        password=service_password if is_service else settings.postgres_password.get_secret_value(),
        host=settings.postgres_host,
        port=settings.postgres_port,
        database=settings.postgres_db,
    )


def create_database_engine(settings: Settings, *, pool_size: int) -> Engine:
    """Returns the engine of a process. `pool_size` is how many of its threads talk to the database at once.

    Statements end after ten seconds, by the server or without it, so that a hung database is an error that can be answered,
    not a silence. After one the pool takes none of its other connections for good: they are as old as the lost one.
    """
    engine = create_engine(
        build_url(settings),
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=10,
        pool_recycle=1800,
        # An error message with the parameters of a statement would carry names and phones into the log.
        hide_parameters=True,
        json_serializer=dump_json,
        json_deserializer=load_json,
        connect_args={
            **CONNECT_ARGUMENTS,
            "options": f"-c timezone=UTC -c statement_timeout={ORDINARY_SECONDS * 1000:.0f}"
            " -c idle_in_transaction_session_timeout=60000",
        },
    )
    event.listen(engine, "connect", _bound_times)
    event.listen(engine, "checkout", _refuse_closed)
    event.listen(engine, "checkin", _forget_patience)
    return engine


# Far beyond every document and every visit, and safe to move to any zone, to add to and to take from.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_TIMESTAMPTZ, _DATE = 1184, 1082


def _bound_times(connection: Any, _: Any) -> None:
    """Has this connection read times that Python cannot hold (1 BC, infinity), or hardly, as the nearest that it can.

    One such row would fail every list it is in.
    """
    register_type(new_type((_TIMESTAMPTZ,), "TIMESTAMPTZ", _read_moment), connection)
    register_type(new_type((_DATE,), "DATE", _read_date), connection)


def _read_moment(text: Any, cursor: Any) -> datetime | None:
    if text is None:
        return None
    try:
        moment: datetime = PYDATETIMETZ(text, cursor)
    except (ValueError, OverflowError):
        return EARLIEST if text.endswith("BC") else LATEST
    return moment if EARLIEST.year <= moment.year < LATEST.year else EARLIEST if moment.year < LATEST.year else LATEST


def _read_date(text: Any, cursor: Any) -> date | None:
    if text is None:
        return None
    try:
        day: date = PYDATE(text, cursor)
    except (ValueError, OverflowError):
        return EARLIEST.date() if text.endswith("BC") else LATEST.date()
    return min(max(day, EARLIEST.date()), LATEST.date())


def allow_long(executor: Executor) -> None:
    """Lets the statements of this transaction take minutes: for work that reads or changes very many rows."""
    connection = executor.connection() if isinstance(executor, Session) else executor
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {LONG_SECONDS * 1000:.0f}")
    driver: Any = connection.connection.driver_connection
    driver.patience = LONG_SECONDS + MARGIN_SECONDS


def _forget_patience(connection: Any, *_: Any) -> None:
    if connection is not None:
        connection.patience = Watched.patience


def _refuse_closed(connection: Any, *_: Any) -> None:
    """The pool replaces what the server has hung up on. A ping would cost a round trip for every transaction; whatever
    the server says on an idle connection, it is not worth keeping.
    """
    if connection.closed or _has_news(connection.fileno()):
        raise DisconnectionError


def _has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def create_session_factory(engine: Engine) -> SessionFactory:
    """Returns what opens sessions; their objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


def begin(sessions: SessionFactory) -> AbstractContextManager[Connection]:
    """Opens a transaction without a session, committed at its end."""
    return _engine_of(sessions).begin()


@contextmanager
def open_alone(sessions: SessionFactory) -> Iterator[Connection]:
    """Opens a connection on which every statement is a transaction of its own: one round trip instead of three."""
    with _engine_of(sessions).connect() as connection:
        # SQLAlchemy's own way, an isolation level, costs the next user of the connection a statement.
        driver: Any = connection.connection.driver_connection
        driver.autocommit = True
        try:
            yield connection
        finally:
            if not driver.closed:
                driver.autocommit = False


def read_clock(sessions: SessionFactory) -> datetime:
    """Returns the database's time: the one clock by which all workers wait."""
    with open_alone(sessions) as connection:
        now: datetime = connection.execute(_NOW).scalar_one()
    return now


def _engine_of(sessions: SessionFactory) -> Engine:
    engine: Engine = sessions.kw["bind"]
    return engine


# Data exception, program limit exceeded.
_FAULTS_OF_DATA = ("22", "54")


def is_fault_of_data(error: StatementError | ValueError) -> bool:
    """Says whether a statement failed for what was to be stored, there or before it was sent; never for a database away."""
    if isinstance(error, DBAPIError):
        return str(getattr(error.orig, "pgcode", None) or "").startswith(_FAULTS_OF_DATA)
    return True
