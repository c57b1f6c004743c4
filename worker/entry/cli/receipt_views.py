"""Prints deliveries, and rows of any kind, as tables on the terminal."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared.clock import ALMATY, utc_now

_COLOURS = {
    "processed": "green",
    "issued": "green",
    "dead_lettered": "bold red",
    "invalid": "red",
    "retrying": "yellow",
    "unknown": "yellow",
    "awaiting_payment": "cyan",
}
_PIPE_WIDTH = 160


def open_console() -> Console:
    """Returns the terminal. A pipe has no width of its own: it is taken to be wide enough that nothing is cut."""
    console = Console()
    return console if console.is_terminal else Console(width=_PIPE_WIDTH)


def print_table(rows: list[dict[str, Any]]) -> None:
    """Prints deliveries, as `list_deliveries` returns them."""
    table = Table(header_style="bold", expand=False)
    for name, justify in (("ID", "right"), ("What", "left"), ("Company", "right"), ("State", "left"), ("Total ₸", "right")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("Tries", justify="right")
    table.add_column("Code", justify="right")
    table.add_column("Age", justify="right", no_wrap=True)
    table.add_column("Fiscal number / reason", overflow="fold")
    for row in rows:
        receipt = row["receipt"] or {}
        table.add_row(
            str(row["id"] or "—"),
            f"{row['resource'] or '?'} {row['resource_id'] or ''}".strip(),
            str(row["company_id"] or ""),
            _coloured(row["state"]),
            str(receipt.get("total", "")),
            str(receipt.get("attempts", "")),
            row["code"] or "",
            _age(row["created_at"]),
            escape(row["reason"] or receipt.get("fiscal_number") or ""),
        )
    console = open_console()
    console.print(table)
    console.print(f"{len(rows)} shown")


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Prints rows with one column for each key; all rows have the same."""
    table = Table(header_style="bold", expand=False)
    for name in rows[0] if rows else ():
        table.add_column(name.replace("_", " "), overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row.values()))
    console = open_console()
    console.print(table)
    console.print(f"{len(rows)} shown")


def print_delivery(found: dict[str, Any]) -> None:
    """Prints one delivery, as `find_delivery` returns it, with every call and replay."""
    console = open_console()
    facts = Table.grid(padding=(0, 2))
    for name in ("id", "resource", "resource_id", "status", "company_id", "cashbox", "created_at", "processed_at"):
        facts.add_row(name, _text(found[name]))
    facts.add_row("state", _coloured(found["state"]))
    facts.add_row("code", _text(found["code"]))
    facts.add_row("reason", _text(found["reason"]))
    for name, value in (found["receipt"] or {}).items():
        facts.add_row(f"receipt {name}", _coloured(value) if name == "state" else _text(value))
    console.print(facts)
    _print_calls(console, found["calls"])
    for replay in found["replays"]:
        console.print(f"replayed {_text(replay['at'])} by {escape(replay['actor'])}: {escape(replay['reason'])}")


def _print_calls(console: Console, calls: list[dict[str, Any]]) -> None:
    if not calls:
        return
    table = Table("At", "Call", "Attempt", "Outcome", "Code", "Seconds", "Text", title="Calls to Webkassa")
    for call in calls:
        table.add_row(
            _text(call["at"]),
            call["operation"],
            str(call["attempt"]),
            _coloured(call["outcome"]),
            call["code"] or "",
            _text(call["seconds"]),
            escape(call["text"] or ""),
        )
    console.print(table)
    for call in calls:
        if call["answer"]:
            console.print(f"Answer at {_text(call['at'])}: {escape(call['answer'])}")


def _coloured(state: str) -> str:
    colour = _COLOURS.get(state)
    return f"[{colour}]{state}[/]" if colour else state


def _text(value: Any) -> str:
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return value.astimezone(ALMATY).strftime("%Y-%m-%d %H:%M:%S")
    return escape(str(value))


def _age(moment: datetime) -> str:
    seconds = int((utc_now() - moment).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"
