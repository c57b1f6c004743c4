"""Runs `celery -A worker receipts …`: lists, shows, replays, reconciles, closes shifts.

What a command needs is imported inside it, since every `celery` call loads this module. Other commands borrow `require_app`
and `open_services`.
"""

from __future__ import annotations

import getpass
import json
import sys
from typing import TYPE_CHECKING, Any

import click

from worker.entry.cli.goods import goods

if TYPE_CHECKING:
    from collections.abc import Callable

    from celery import Celery

    from worker.entry.cli.receipt_queries import Filters
    from worker.services import Services

FILTERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--state", {"help": "State of the delivery (dead_lettered, retrying, …) or of the receipt (issued, unknown, …)."}),
    ("--code", {"help": "Vendor code or our own word, such as 9 or sum_mismatch."}),
    ("--company", {"type": int, "help": "Altegio's company id."}),
    ("--cashbox", {"help": "Factory number, such as SWK00000001."}),
    ("--since", {"help": "Stored at or after: 2026-03-02, 2026-03-02T10:00, or an age such as 2h, 3d."}),
    ("--until", {"help": "Stored before; the same forms."}),
    ("--limit", {"type": click.IntRange(1, 1_000_000), "help": "At most so many."}),
)


def _with_filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, options in reversed(FILTERS):
        command = click.option(name, **options)(command)
    return command


@click.group()
@click.pass_context
def receipts(context: click.Context) -> None:
    """List, show, replay, reconcile receipts, list goods and their codes, close a shift."""
    require_app(context)


def require_app(context: click.Context) -> Celery:
    """Returns the application of this call. Raises UsageError for a call without `-A worker`."""
    app: Celery | None = getattr(context.obj, "app", None)
    if app is None or app.main != "altegio-webkassa":
        raise click.UsageError(f"name the application: celery -A worker {context.info_name} …")
    return app


def open_services() -> Services:
    """Returns services for a command, with a quiet log: what it has to say it says itself."""
    from shared.config import get_settings
    from shared.logging import configure_logging
    from worker.services import create_services

    settings = get_settings()
    configure_logging(settings, "ERROR")
    return create_services(settings).in_force()


def _read_filters(options: dict[str, Any], default_limit: int) -> Filters:
    from worker.entry.cli.receipt_queries import BadFilter, Filters

    try:
        return Filters.read(**{**options, "limit": options["limit"] or default_limit})
    except BadFilter as error:
        raise click.BadParameter(str(error)) from None


receipts.add_command(goods)


@receipts.command(name="list")
@_with_filters
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def list_(as_json: bool, **options: Any) -> None:
    """List deliveries with their receipts, newest first, and refused returns, which have no ID.

    ID is `record_id` of the webhook's answer.
    """
    from worker.entry.cli.receipt_queries import list_deliveries
    from worker.entry.cli.receipt_views import print_table
    from worker.entry.cli.refused_returns import list_refused_returns

    services, filters = open_services(), _read_filters(options, 50)
    with services.sessions() as session:
        found = list_deliveries(session, filters) + list_refused_returns(session, filters)
    rows = sorted(found, key=lambda row: row["created_at"], reverse=True)[: filters.limit]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
    else:
        print_table(rows)


@receipts.command()
@click.argument("delivery", type=int, metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="JSON instead of a report.")
def show(delivery: int, as_json: bool) -> None:
    """Show everything about one delivery: its receipt, every call to Webkassa, every replay."""
    from worker.entry.cli.receipt_queries import find_delivery
    from worker.entry.cli.receipt_views import print_delivery

    services = open_services()
    with services.sessions() as session:
        found = find_delivery(session, delivery)
    if found is None:
        raise click.ClickException(f"no delivery {delivery}")
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=str, indent=2))
    else:
        print_delivery(found)


@receipts.command()
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "all_", is_flag=True, help="Everything that waits for a person.")
@_with_filters
@click.option("--reason", default="replayed from the command line", help="Why, for the audit trail.")
@click.option("--dry-run", is_flag=True, help="Only say what would be replayed.")
def replay(ids: tuple[int, ...], all_: bool, reason: str, dry_run: bool, **options: Any) -> None:
    """Put given-up deliveries back, under the same receipt numbers. Filters alone mean dead letters."""
    from worker.entry.cli.receipt_queries import find_ids

    if not ids and not all_ and not any(options.values()):
        raise click.UsageError("give ids, --all, or a filter such as --code 9")
    services = open_services()
    with services.sessions() as session:
        chosen = list(ids) if ids else find_ids(session, _read_filters(options, 1_000_000))
    if dry_run:
        for row_id in chosen:
            click.echo(f"would replay {row_id}")
        click.echo(f"replayed 0 of {len(chosen)} (dry run)")
        return
    sys.exit(_replay_all(services, chosen, reason))


def _replay_all(services: Services, ids: list[int], reason: str) -> int:
    from rich.progress import track

    from shared.replay import Outcome
    from shared.replay import replay as replay_one
    from shared.storage.trail import note_command

    actor = getpass.getuser()
    # Of each delivery, `replays` tells more.
    note_command(services.sessions, "replayed", f"delivery {ids[0]}" if len(ids) == 1 else None, count=len(ids))
    with_bar = sys.stderr.isatty() and len(ids) > 20
    todo = track(ids, "replaying", console=_stderr_console()) if with_bar else ids
    results = [
        replay_one(services.sessions, services.producer, services.redis, row_id, actor=actor, reason=reason)
        for row_id in todo
    ]
    for result in results:
        if result.outcome is not Outcome.REPLAYED:
            click.echo(f"{result.row_id}: {result.outcome}", err=result.failed)
    done = sum(result.outcome is Outcome.REPLAYED for result in results)
    click.echo(f"replayed {done} of {len(results)}")
    return 1 if any(result.failed for result in results) else 0


def _stderr_console() -> Any:
    from rich.console import Console

    return Console(stderr=True)


@receipts.command()
@click.option("--cashbox", help="Only this one, by factory number.")
def reconcile(cashbox: str | None) -> None:
    """Ask Webkassa now about every receipt of unknown outcome. Exit code 1 while some stay unknown."""
    from shared.storage.trail import note_command
    from worker.entry.cli.by_hand import reconcile_now

    services = open_services()
    note_command(services.sessions, "reconciled", _name_cashbox(cashbox))
    left = reconcile_now(services, cashbox, report=click.echo)
    sys.exit(1 if left else 0)


@receipts.command(name="close-shift")
@click.option("--cashbox", help="Only this one, by factory number; else every cashbox.")
@click.option(
    "--wait", default=60, show_default=True, type=click.IntRange(0, 3600), help="Seconds to wait for a busy cashbox."
)
def close_shift(cashbox: str | None, wait: int) -> None:
    """Print the Z-report and close the shift, unless an outcome on the cashbox is unknown."""
    from shared.storage.trail import note_command
    from worker.entry.cli.by_hand import close_shifts_now

    services = open_services()
    note_command(services.sessions, "z_report_ordered", _name_cashbox(cashbox))
    failed = close_shifts_now(services, cashbox, wait_seconds=wait, report=click.echo)
    sys.exit(1 if failed else 0)


def _name_cashbox(number: str | None) -> str | None:
    return f"cashbox {number}" if number else None


@receipts.command(name="x-report")
@click.option("--cashbox", help="Only this one, by factory number; else every cashbox.")
@click.option(
    "--wait", default=60, show_default=True, type=click.IntRange(0, 3600), help="Seconds to wait for a busy cashbox."
)
@click.option("--json", "as_json", is_flag=True, help="The reports as Webkassa sends them, one JSON array.")
def x_report(cashbox: str | None, wait: int, as_json: bool) -> None:
    """Print what the open shift counts so far; it stays open. Exit code 1 if a report could not be had."""
    from worker.entry.cli.by_hand import take_x_reports_now
    from worker.entry.cli.report_views import print_report

    found, failed = take_x_reports_now(open_services(), cashbox, wait_seconds=wait, report=lambda t: click.echo(t, err=True))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, default=str, indent=2))
    else:
        for report in found:
            print_report(report)
    sys.exit(1 if failed else 0)
