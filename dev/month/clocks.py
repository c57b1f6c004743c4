"""One time for everybody: the simulated Webkassa, this process, and the database, whose `now()` is replaced.

The schema that holds the other `now()` stands before PostgreSQL's own in the database's search path, so that the product's
statements, defaults of columns included, take it without knowing.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, text

from dev.demo.postgres_server import DATABASE, Postgres
from dev.harness.simulator import SimulatorControl
from shared.clock import clock

_SCHEMA = (
    "CREATE SCHEMA clock",
    "CREATE TABLE clock.shift (ahead interval NOT NULL)",
    "INSERT INTO clock.shift VALUES ('0')",
    """CREATE FUNCTION clock.now() RETURNS timestamptz LANGUAGE sql STABLE AS
       'SELECT pg_catalog.now() + (SELECT ahead FROM clock.shift)'""",
)


def prepare(postgres: Postgres) -> None:
    """Before the migrations, so that the defaults of their columns mean this clock too."""
    postgres.execute(*_SCHEMA, f'ALTER DATABASE "{DATABASE}" SET search_path = public, clock, pg_catalog')


class Clocks:
    def __init__(self, engine: Engine, simulator: SimulatorControl) -> None:
        self._engine, self._simulator = engine, simulator

    def set(self, moment: datetime) -> None:
        """From now on it is `moment`, and time goes on as it does."""
        ahead = moment - datetime.now(UTC)
        with self._engine.begin() as connection:
            connection.execute(text("UPDATE clock.shift SET ahead = :ahead"), {"ahead": ahead})
        clock.ahead = ahead
        self._simulator.clock(set=moment.isoformat())

    def reset(self) -> None:
        clock.ahead = timedelta(0)
