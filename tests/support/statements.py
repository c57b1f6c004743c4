"""What a worker asks the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from worker.services import Services


@contextmanager
def note_statements(services: Services) -> Iterator[list[tuple[str, Any]]]:
    """Each statement with its parameters, in order."""
    seen: list[tuple[str, Any]] = []
    engine = services.sessions.kw["bind"]

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def explain(services: Services, statement: str, parameters: Any) -> str:
    """Its plan where an index is taken wherever one can be: what is still read from end to end has none."""
    with services.sessions() as session:
        connection = session.connection()
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        return "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
