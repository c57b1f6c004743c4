"""Servers that the caller runs: DATABASE_URL and REDIS_URL."""

import re

import redis
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from dev.demo.servers import ServerFailed


def check_given_database(url: str) -> str:
    """The address in the form SQLAlchemy 2.1 needs for psycopg2. Raises ServerFailed when nobody answers."""
    address = re.sub(r"^postgres(ql)?://", "postgresql+psycopg2://", url)
    try:
        with create_engine(address, poolclass=NullPool, connect_args={"connect_timeout": 5}).connect():
            return address
    except SQLAlchemyError as error:
        # The cause, since the error itself may repeat the address with its password.
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip()
        raise ServerFailed(f"the given DATABASE_URL does not work: {reason}") from None


def check_given_redis(url: str) -> str:
    try:
        with redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3) as client:
            client.ping()
    except (redis.RedisError, ValueError) as error:
        raise ServerFailed(f"the given REDIS_URL does not work: {error}") from None
    return url


def hide_password(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)
