"""The database: one engine per process, sessions that never hide a transaction."""

from decimal import Decimal
from typing import Any

import simplejson
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings

SessionFactory = sessionmaker[Session]


def dump_json(value: Any) -> str:
    """Exact: a Decimal becomes a JSON number with all its digits."""
    return simplejson.dumps(value, use_decimal=True, ensure_ascii=False)


def load_json(text: str | bytes) -> Any:
    return simplejson.loads(text, parse_float=Decimal)


def create_database_engine(settings: Settings, *, pool_size: int) -> Engine:
    """`pool_size` is how many threads of this process talk to the database at once.

    Stalled statements end after 30 s so that a hung database is an error that can be answered, not a silence.
    """
    return create_engine(
        settings.sqlalchemy_url,
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
