"""Runs `celery -A worker customers …`: who wants no receipts, and which messages did not surely arrive.

What a command needs is imported inside it, since every `celery` call loads this module.
"""

from __future__ import annotations

import getpass
import json

import click

COMPANY = ("--company", "--company-id", "company")


@click.group()
@click.pass_context
def customers(context: click.Context) -> None:
    """Opt clients out and in, list messages that did not arrive, send one again."""
    from worker.entry.cli.receipts import require_app

    require_app(context)


@customers.command(name="opt-out")
@click.option(*COMPANY, required=True, type=click.IntRange(1), help="Altegio's id of the salon.")
@click.argument("clients", nargs=-1, required=True, type=click.IntRange(1))
def opt_out_(company: int, clients: tuple[int, ...]) -> None:
    """Send no receipts to these clients (Altegio's ids) any more: neither by us nor by Webkassa."""
    from worker.entry.cli.receipts import open_services
    from worker.salon.customer.clients import opt_out

    added = opt_out(open_services().sessions, company, clients, getpass.getuser())
    click.echo(f"opted out: {added} of {len(clients)}, the others had before")


@customers.command(name="opt-in")
@click.option(*COMPANY, required=True, type=click.IntRange(1), help="Altegio's id of the salon.")
@click.argument("clients", nargs=-1, required=True, type=click.IntRange(1))
def opt_in_(company: int, clients: tuple[int, ...]) -> None:
    """Send receipts to these clients again, from the next one on."""
    from worker.entry.cli.receipts import open_services
    from worker.salon.customer.clients import opt_in

    known = opt_in(open_services().sessions, company, clients)
    click.echo(f"opted in: {known} of {len(clients)}, the others were already")


@customers.command(name="opted-out")
@click.option(*COMPANY, type=click.IntRange(1), help="Only of this salon.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def opted_out(company: int | None, as_json: bool) -> None:
    """List clients who want no receipts, newest first."""
    from worker.entry.cli.receipt_views import print_rows
    from worker.entry.cli.receipts import open_services
    from worker.salon.customer.listing import list_opt_outs

    rows = list_opt_outs(open_services().sessions, company)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
    else:
        print_rows(rows)


@customers.command()
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(["waiting", "sending", "handed_over", "uncertain", "refused", "dropped"]),
    help="Without it: uncertain and refused, which need a person.",
)
@click.option(*COMPANY, type=click.IntRange(1), help="Only of this salon.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def messages(states: tuple[str, ...], company: int | None, limit: int, as_json: bool) -> None:
    """List messages that bring receipts, newest first. Addresses are not among what is shown."""
    from worker.entry.cli.receipt_views import print_rows
    from worker.entry.cli.receipts import open_services
    from worker.salon.customer.listing import list_messages

    rows = list_messages(open_services().sessions, states or ("uncertain", "refused"), company, limit)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
    else:
        print_rows(rows)


@customers.command()
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(1))
def resend(ids: tuple[int, ...]) -> None:
    """Send messages again that are uncertain or were refused: one that did arrive arrives twice."""
    from worker.entry.cli.receipts import open_services
    from worker.salon.customer.delivery import request_delivery
    from worker.salon.customer.outbox import send_again

    services = open_services()
    count = send_again(services.sessions, ids)
    request_delivery(services.sessions, services.producer)
    click.echo(f"to be sent again: {count} of {len(ids)}")
    if count < len(ids):
        raise click.ClickException("the others are neither uncertain nor refused")
