"""The database: one engine per process, sessions that never hide a transaction."""

import re
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import simplejson
from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings

SessionFactory = sessionmaker[Session]
# What runs a statement: a session, or, where statements are many and objects none, a connection at half the price.
Executor = Session | Connection


def dump_json(value: Any) -> str:
    """Exact: a Decimal becomes a JSON number with all its digits."""
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False)


def load_json(text: str | bytes) -> Any:
    return simplejson.loads(text, parse_float=Decimal)


def build_url(settings: Settings) -> URL:
    """SQLAlchemy 2.1 reads a bare `postgresql://` as psycopg 3; the driver here is psycopg2."""
    if settings.database_url:
        return make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg2://", settings.database_url))
    return URL.create(
        "postgresql+psycopg2",
        username=settings.postgres_user,
        password=settings.postgres_password.get_secret_value(),
        host=settings.postgres_host,
        port=settings.postgres_port,
        database=settings.postgres_db,
    )


def create_database_engine(settings: Settings, *, pool_size: int) -> Engine:
    """`pool_size` is how many threads of this process talk to the database at once.

    Stalled statements end after 30 s so that a hung database is an error that can be answered, not a silence.
    """
    return create_engine(
        build_url(settings),
        pool_size=pool_size,
        max_overflow=2,
        pool_timeout=10,
        pool_pre_ping=True,
        pool_recycle=1800,
        # An error message with the parameters of a statement would carry names and phones into the log.
        hide_parameters=True,
        json_serializer=dump_json,
        json_deserializer=load_json,
        connect_args={
            "connect_timeout": 5,
            "options": "-c timezone=UTC -c statement_timeout=30000 -c idle_in_transaction_session_timeout=60000",
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
        },
    )


def create_session_factory(engine: Engine) -> SessionFactory:
    return sessionmaker(engine, expire_on_commit=False)


def begin(sessions: SessionFactory) -> AbstractContextManager[Connection]:
    """A transaction without a session."""
    return _engine_of(sessions).begin()


def connect_each_committed(sessions: SessionFactory) -> Connection:
    """Every statement is a transaction of its own, without round trips for BEGIN and COMMIT."""
    return _engine_of(sessions).connect().execution_options(isolation_level="AUTOCOMMIT")


def _engine_of(sessions: SessionFactory) -> Engine:
    engine: Engine = sessions.kw["bind"]
    return engine
