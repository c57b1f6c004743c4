"""Prints the books on the terminal: totals per day and kind, then everything that has to be looked at."""

from collections.abc import Sequence
from decimal import Decimal

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared.books.model import BookedSale, DayBooks
from shared.books.table import NOT_TOLD, list_entries, list_kinds, list_rows, measure_explained
from shared.salon.desk_sales import find_desk_sale_id
from worker.entry.cli.receipt_views import open_console

_SHOWN = {"unexplained", "difference", "shift", "stranger", "dead_letter", "offline", "reason"}


def print_books(found: Sequence[tuple[str, DayBooks]]) -> None:
    """Prints factory numbers of cashboxes with one of their days each; says so where nothing happened at all."""
    console = open_console()
    busy = [(number, books) for number, books in found if not books.is_empty]
    if not busy:
        console.print("nothing was paid, issued or counted")
        return
    _print_totals(console, busy)
    _print_entries(console, busy)
    _print_rows(console, busy)
    _print_open(console, busy)
    console.print(f"explained of what Altegio tells: {measure_explained(books for _, books in busy):.2f} %")
    differences = sum(books.difference_count for _, books in busy)
    console.print(f"differences: {differences}", style="bold red" if differences else "green")


def _print_totals(console: Console, busy: Sequence[tuple[str, DayBooks]]) -> None:
    table = Table("Cashbox", "Day", "Kind", header_style="bold")
    for name in ("Altegio ₸", "Our desk ₸", "Receipts ₸", "Z-report ₸", "Difference ₸"):
        table.add_column(name, justify="right", no_wrap=True)
    for number, books in busy:
        for kind in list_kinds(books):
            told, ours, issued = books.told.net(kind), books.ours.net(kind), books.issued.net(kind)
            if not (told or ours or issued or books.counted.net(kind)):
                continue
            is_waiting = bool(books.missing_reports) and not books.counted.net(kind)
            counted = "no report yet" if is_waiting else str(books.counted.net(kind))
            sums = (str(told), str(ours), str(issued), counted, _signed(told + ours - issued))
            table.add_row(number, str(books.day), kind or NOT_TOLD, *sums)
    console.print(table)


def _print_entries(console: Console, busy: Sequence[tuple[str, DayBooks]]) -> None:
    """Prints money beside the receipts; whose word it is follows from its name."""
    rows = [(number, books.day, entry, amount) for number, books in busy for entry, amount in list_entries([books])]
    if not rows:
        return
    table = Table("Cashbox", "Day", "Other money", header_style="bold")
    table.add_column("₸", justify="right", no_wrap=True)
    for number, day, entry, amount in rows:
        table.add_row(number, str(day), entry, str(amount))
    console.print(table)


def _print_open(console: Console, busy: Sequence[tuple[str, DayBooks]]) -> None:
    items = [(number, item) for number, books in busy for item in books.open or ()]
    if not items:
        return
    table = Table("Cashbox", "Open at the end", "Of", "Since", header_style="bold")
    for name in ("Days", "₸"):
        table.add_column(name, justify="right", no_wrap=True)
    for number, item in items:
        of = f"visit {item.record_id}" if item.record_id else f"client {item.client_id}" if item.client_id else ""
        table.add_row(number, item.kind, of, str(item.since), str(item.age), str(item.amount))
    console.print(table)


def _print_rows(console: Console, busy: Sequence[tuple[str, DayBooks]]) -> None:
    rows = [row for row in list_rows(busy) if row["row"] in _SHOWN]
    if not rows:
        return
    table = Table("What", "Cashbox", "Day", "Sale or shift", "Why", header_style="bold")
    for name in ("Altegio ₸", "Our desk ₸", "Receipts ₸", "Difference ₸"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Receipts, words", overflow="fold")
    for row in rows:
        subject = BookedSale(row["company_id"] or 0, row["record_id"], row["document_id"])
        about = f"shift {row['shift']}" if row["row"] in ("shift", "stranger") else _name(subject)
        words = " ".join(str(part) for part in (row["receipts"], row["note"]) if part)
        names = ("altegio_paid", "desk", "issued", "difference")
        amounts = [str(row[name]) if row[name] is not None else "" for name in names]
        table.add_row(row["row"], row["cashbox"], str(row["day"]), about, str(row["why"] or ""), *amounts, escape(words))
    console.print(table)


def _name(subject: BookedSale) -> str:
    if subject.record_id is not None:
        return f"visit {subject.record_id}"
    desk_sale_id = find_desk_sale_id(subject.document_id)
    if desk_sale_id is not None:
        return f"desk sale {desk_sale_id}"
    return f"goods {subject.document_id}" if subject.document_id is not None else ""


def _signed(amount: Decimal) -> str:
    return f"[bold red]{amount:+}[/]" if amount else "0"
