"""What PostgreSQL does for each page: the statements of the page's queries, explained."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.orm import Session

from api.acquire.attention.queries import list_dead_letters, list_refused_returns, list_returns_due
from api.acquire.visits.queries import Cursor, find_states, find_visit, list_visits
from api.acquire.visits.search import read_search
from api.acquire.visits.states import Filter
from dev.bench.acquire_data import FIRST_RECORD
from shared.clock import almaty_date, utc_now

Question = Callable[[Session], Any]


def explain_pages(engine: Engine) -> Iterator[tuple[str, str]]:
    """Name of the question and its plan, as `EXPLAIN (ANALYZE, BUFFERS)` tells it."""
    for name, ask in _make_questions().items():
        with Session(engine) as session, _listen(engine) as statements:
            ask(session)
        with engine.connect() as connection:
            yield name, "\n".join(_explain(connection, statement, values) for statement, values in statements)


def _make_questions() -> dict[str, Question]:
    today = almaty_date(utc_now())
    cursor = Cursor(is_open=False, visit_at=utc_now(), id=0)
    return {
        "visits of today": lambda session: list_visits(session, day=today),
        "a later page of today": lambda session: list_visits(session, day=today, after=cursor),
        "search: tail of a phone": lambda session: list_visits(session, day=today, search=read_search("4242")),
        "search: name": lambda session: list_visits(session, day=today, search=read_search("ертөстік 7")),
        "search: number of a visit": lambda session: list_visits(session, day=today, search=read_search(str(FIRST_RECORD))),
        **{f"filter: {chosen}": _filter(chosen) for chosen in Filter if chosen is not Filter.ALL},
        "a visit": lambda session: find_visit(session, 1),
        "states of 30 visits": lambda session: find_states(session, range(1, 31)),
        "needs attention: dead letters": lambda session: list_dead_letters(session, None),
        "needs attention: returns due": list_returns_due,
        "needs attention: refused returns": list_refused_returns,
    }


def _filter(chosen: Filter) -> Question:
    return lambda session: list_visits(session, day=almaty_date(utc_now()), chosen=chosen)


@contextmanager
def _listen(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    heard: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        heard.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _explain(connection: Connection, statement: str, values: Sequence[Any]) -> str:
    rows = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement}", values)
    return "\n".join(row[0] for row in rows)


def count_sizes(connection: Connection) -> str:
    tables = ("webhook_records", "visits", "receipts", "checkouts", "return_orders", "audit_events")
    return ", ".join(f"{table} {connection.scalar(text(f'SELECT count(*) FROM {table}'))}" for table in tables)
