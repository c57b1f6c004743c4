"""Runs `celery -A worker alerts …`: says what is wrong just now, and whether the news would arrive.

What a command needs is imported inside it, since every `celery` call loads this module.
"""

from __future__ import annotations

import json
import sys

import click


@click.group()
@click.pass_context
def alerts(context: click.Context) -> None:
    """List alerts, try the addresses of ALERT_URLS."""
    from worker.entry.cli.receipts import require_app

    require_app(context)


@alerts.command()
def test() -> None:
    """Send a test message to every address. Exit code 1 if any did not take it, or if there is none."""
    from shared.storage.trail import note_command
    from worker.alerts.sending import name_address, notify
    from worker.alerts.wording import TEST, TITLE, say
    from worker.entry.cli.receipts import open_services

    services = open_services()
    settings = services.settings
    if not settings.alert_addresses:
        raise click.ClickException("ALERT_URLS is empty: nobody would be told")
    note_command(services.sessions, "alerts_tried", addresses=len(settings.alert_addresses))
    body = say(TEST, settings.alert_language)
    failed = 0
    for number, address in enumerate(settings.alert_addresses, start=1):
        delivered = notify(address, TITLE, body)
        failed += not delivered
        click.echo(f"{name_address(number, address)}: {'delivered' if delivered else 'FAILED'}")
    click.echo(f"delivered to {len(settings.alert_addresses) - failed} of {len(settings.alert_addresses)}")
    sys.exit(1 if failed else 0)


@alerts.command(name="list")
@click.option("--open", "only_open", is_flag=True, help="Only what lasts, or is still to be told.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def list_(only_open: bool, limit: int, as_json: bool) -> None:
    """List alerts, newest first."""
    from worker.alerts.listing import count_undelivered, list_alerts
    from worker.entry.cli.receipt_views import print_rows
    from worker.entry.cli.receipts import open_services

    services = open_services()
    with services.sessions() as session:
        rows = list_alerts(session, only_open=only_open, limit=limit)
        undelivered = count_undelivered(session)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
    else:
        print_rows(rows)
        if undelivered:
            click.echo(f"messages not delivered yet: {undelivered}")
