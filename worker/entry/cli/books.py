"""Runs `celery -A worker books`: compares the books of a day or a month, on the terminal or as a file.

What a command needs is imported inside it, since every `celery` call loads this module.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from shared.books.model import DayBooks
    from shared.storage.db import SessionFactory

_DAY = click.DateTime(["%Y-%m-%d"])
_MONTH = click.DateTime(["%Y-%m"])


@click.command()
@click.option("--day", type=_DAY, help="A day of Almaty's calendar, such as 2026-03-02; today if nothing is given.")
@click.option("--month", type=_MONTH, help="A whole month, such as 2026-03.")
@click.option("--cashbox", help="Only this one, by factory number.")
@click.option("--json", "as_json", is_flag=True, help="All rows as one JSON array.")
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False, writable=True), help="All rows into this file.")
@click.pass_context
def books(
    context: click.Context,
    day: datetime | None,
    month: datetime | None,
    cashbox: str | None,
    as_json: bool,
    csv_file: str | None,
) -> None:
    """Compare what Altegio says was paid, what we issued, what the Z-reports count. Exit code 1 where they differ."""
    from worker.entry.cli.receipts import open_services, require_app

    require_app(context)
    if day and month:
        raise click.UsageError("give --day or --month, not both")
    found = _keep(open_services().sessions, *_read_days(day, month), cashbox)
    if as_json:
        _print_json(found)
    elif csv_file:
        _write_csv(found, csv_file)
    else:
        from worker.entry.cli.books_views import print_books

        print_books(found)
    sys.exit(1 if any(books.difference_count for _, books in found) else 0)


def _read_days(day: datetime | None, month: datetime | None) -> tuple[date, date]:
    from shared.clock import almaty_date, utc_now

    today = almaty_date(utc_now())
    if month:
        first = month.date()
        after = (first + timedelta(days=31)).replace(day=1)
        return first, min(after - timedelta(days=1), max(today, first))
    chosen = day.date() if day else today
    return chosen, chosen


def _keep(sessions: SessionFactory, first: date, last: date, number: str | None) -> list[tuple[str, DayBooks]]:
    from sqlalchemy import select

    from shared.books.read import keep_books
    from shared.storage.models import Cashbox

    query = select(Cashbox).order_by(Cashbox.id)
    if number is not None:
        query = query.where(Cashbox.unique_number == number)
    with sessions() as session:
        cashboxes = session.scalars(query).all()
        if number is not None and not cashboxes:
            raise click.ClickException(f"no cashbox {number}")
        return [(c.unique_number, books) for c in cashboxes for books in keep_books(session, c, first, last)]


def _print_json(found: list[tuple[str, DayBooks]]) -> None:
    from shared.books.table import list_rows

    click.echo(json.dumps(list(list_rows(found)), ensure_ascii=False, default=str, indent=2))


def _write_csv(found: list[tuple[str, DayBooks]], path: str) -> None:
    from shared.books.csv_file import write_csv
    from shared.books.table import COLUMNS, list_rows

    Path(path).write_text(write_csv(COLUMNS, COLUMNS, list_rows(found)), encoding="utf-8", newline="")
    click.echo(f"written: {path}")
