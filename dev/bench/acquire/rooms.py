"""Fills what the pages beside the desk show: goods, returns, money, shifts, calls, people. See `rooms.sql`."""

from pathlib import Path

from sqlalchemy import Connection, text

from dev.bench.material.backlog import FIRST_COMPANY

# Numbers of Altegio's documents and operations, away from each other and from those of visits.
FIRST_DOCUMENT, FIRST_OPERATION = 50_000_000, 600_000_000

_SECTIONS = Path(__file__).with_name("rooms.sql").read_text("utf-8").split("-- name: ")[1:]


def fill_rooms(connection: Connection) -> None:
    """After the visits. The connection commits each statement."""
    values = {"company": FIRST_COMPANY, "document": FIRST_DOCUMENT, "operation": FIRST_OPERATION}
    for section in _SECTIONS:
        _, statement = section.split("\n", 1)
        connection.execute(text(statement), values)
