"""Prints a Z- or X-report on the terminal."""

from typing import Any

from rich.markup import escape
from rich.table import Table

from shared.clock import ALMATY
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.z_report import read_report
from worker.entry.cli.receipt_views import open_console


def print_report(report: dict[str, Any]) -> None:
    """Prints a report as Webkassa sends it: sums per kind, number of documents, the drawer."""
    told = read_report(report)
    console = open_console()
    state = "closed" if told.closed_at else "open"
    title = f"{escape(str(report.get('CashboxSN') or ''))} shift {told.shift_number} ({state})"
    table = Table("", "Sold ₸", "Returned ₸", title=title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for kind in PaymentKind:
        table.add_row(kind, str(told.sold.get(kind, ZERO)), str(told.returned.get(kind, ZERO)))
    table.add_row("documents", str(told.sale_count), str(told.return_count), end_section=True)
    console.print(table)
    opened = told.opened_at.astimezone(ALMATY).strftime("%Y-%m-%d %H:%M:%S") if told.opened_at else "—"
    console.print(f"opened {opened}, deposited {told.deposited} ₸, withdrawn {told.withdrawn} ₸")
    if told.cash_in_drawer is not None:
        console.print(f"cash in the drawer: {told.cash_in_drawer} ₸")
    if told.offline:
        console.print("the cashbox works in autonomous mode")
