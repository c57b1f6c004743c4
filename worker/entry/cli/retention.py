"""Runs `celery -A worker retention …`: counts or empties what is old enough to go.

What a command needs is imported inside it, since every `celery` call loads this module.
"""

from __future__ import annotations

import json

import click


@click.group()
@click.pass_context
def retention(context: click.Context) -> None:
    """Empty what is kept no longer: RETENTION_DAYS and LOG_RETENTION_DAYS."""
    from worker.entry.cli.receipts import require_app

    require_app(context)


@retention.command()
@click.option("--dry-run", is_flag=True, help="Only count what would go.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
def run(dry_run: bool, as_json: bool) -> None:
    """Empty old rows now, to the end. By itself it happens every night, a bounded time each turn."""
    from shared.storage.trail import note_command
    from worker.entry.cli.receipt_views import print_rows
    from worker.entry.cli.receipts import open_services
    from worker.rounds.retention import count_expired, empty_expired

    services = open_services()
    sessions, settings = services.sessions, services.settings
    if not dry_run:
        note_command(sessions, "retention_run", days=settings.retention_days, log_days=settings.log_retention_days)
    counts = count_expired(sessions, settings) if dry_run else dict(empty_expired(sessions, settings))
    if as_json:
        click.echo(json.dumps(counts))
        return
    print_rows([{"table": name, "would go" if dry_run else "gone": count} for name, count in counts.items()])
    click.echo(f"older than {settings.retention_days} days; requests and answers {settings.log_retention_days} days")
