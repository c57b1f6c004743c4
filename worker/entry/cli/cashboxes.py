"""Runs `celery -A worker cashboxes …`: gives salons their cashboxes, lists and checks them.

What a command needs is imported inside it, since every `celery` call loads this module.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

CASHBOX = ("--cashbox", "--number", "--shop-id", "number")
SETTINGS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("--name",), {"help": "What people call it."}),
    (("--login",), {"help": "The cashier's login at Webkassa."}),
    (
        ("--password",),
        {"help": "The cashier's password: asked for where no value is given, read from standard input with -."},
    ),
    (("--api-token", "--token", "api_token"), {"help": "x-api-key of the integration; asked for, or - as above."}),
    (("--vat",), {"help": "none, auto, or a rate such as 16."}),
    (("--vat-lines",), {"help": "ботокс=medical, service:8101=medical, good:22001=5: what has another rate than --vat."}),
    (("--marker", "comment_marker"), {"help": "Only records whose comment holds this word."}),
    (("--fiscalize-when",), {"help": "paid, always or manual."}),
    (("--default-payment-method",), {"help": "card, cash, mobile or ask."}),
    (
        ("--payment-kinds",),
        {"help": "Kaspi=mobile, id:46003=none: how accounts are taken, by a word of the title or the id."},
    ),
    (("--deposits",), {"help": "by_hand, at_top_up or at_spending: when a client's deposit gets its receipt."}),
    (("--part-payments",), {"help": "at_the_end: one receipt when all is paid; each: one for each payment."}),
    (("--tips",), {"help": "Words of expense items and accounts, or ids of items, that are no part of a sale."}),
    (("--goods-codes",), {"help": "optional, or required: goods without GTIN or NTIN go to a person before any receipt."}),
    (("--write-back",), {"help": "off, comment or field:<name>: where in Altegio's visit its receipts are named."}),
    (("--desk-payments",), {"help": "off, or booked: what is taken at the desk is booked in Altegio as well."}),
    (("--certificates-as",), {"help": "services or goods: what a certificate or membership is on its receipt."}),
    (
        ("--receipt-to-client",),
        {"help": "none, or some of webkassa, email, sms, webhook, whatsapp-link: how a receipt gets to its customer."},
    ),
    (("--receipt-language",), {"help": "ru, kk or en: of the message that brings a customer the receipt."}),
)
SECRETS = ("password", "api_token")


def _with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    for names, options in reversed(SETTINGS):
        is_secret = names[-1].lstrip("-").replace("-", "_") in SECRETS
        prompt: dict[str, Any] = {"prompt": True, "prompt_required": False, "hide_input": True} if is_secret else {}
        command = click.option(*names, **options, **prompt)(command)
    return command


@click.group()
@click.pass_context
def cashboxes(context: click.Context) -> None:
    """Add, list, check, disable cashboxes of salons. One salon needs none of it: the environment names its cashbox."""
    from worker.entry.cli.receipts import require_app

    require_app(context)


@cashboxes.command()
@click.option("--company", "--company-id", required=True, type=click.IntRange(1), help="Altegio's id of the salon.")
@click.option(*CASHBOX, required=True, help="Factory number, such as SWK00000001.")
@_with_settings
def add(company: int, number: str, **settings: str | None) -> None:
    """Give a salon its cashbox, or change it. What is not given stays, else is the environment's; "" goes back to that.

    Credentials are stored encrypted, with a key that only the environment has.
    """
    from dataclasses import asdict

    from shared.config import ConfigurationError
    from shared.storage.trail import record_command
    from worker.entry.cli.receipts import open_services
    from worker.salon.administration import BadCashbox, Changes, add_cashbox

    services = open_services()
    changes = Changes(**{name: _read_secret(name, value) for name, value in settings.items()})
    try:
        with services.sessions.begin() as session:
            cashbox = add_cashbox(session, services.settings, company, number.strip(), changes)
            changed = sorted(name for name, value in asdict(changes).items() if value is not None)
            record_command(session, "cashbox_added", f"cashbox {cashbox.unique_number}", company_id=company, changed=changed)
    except (BadCashbox, ConfigurationError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{cashbox.unique_number} serves salon {company}")
    _tell_address(services, company)
    click.echo(f"next: celery -A worker cashboxes check --cashbox {cashbox.unique_number}")
    _tell_unknown(services.sessions)


def _read_secret(name: str, value: str | None) -> str | None:
    return sys.stdin.readline().rstrip("\n") if name in SECRETS and value == "-" else value


@cashboxes.command()
@click.argument("company", type=click.IntRange(1))
@click.option("--rotate", is_flag=True, help="Make a new one beside it; both are taken until --end-old.")
@click.option("--end-old", is_flag=True, help="From now on only the newest is taken, within seconds.")
def webhook(company: int, rotate: bool, end_old: bool) -> None:
    """Show a salon's own webhook address, whose secret opens nothing of other salons; change it in two steps.

    First --rotate and the new address into Altegio's settings, then --end-old.
    """
    from shared.storage.trail import note_command
    from worker.entry.cli.receipts import open_services
    from worker.salon.webhook_address import rotate_address

    if rotate and end_old:
        raise click.UsageError("--rotate first, --end-old once Altegio posts to the new address")
    services = open_services()
    if rotate or end_old:
        note_command(services.sessions, f"webhook_address_{'made' if rotate else 'ended'}", f"salon {company}")
    rotate_address(services.sessions, company, makes_new=rotate, ends_old=end_old)
    _tell_address(services, company)
    if rotate:
        click.echo(f"the one before is taken too, until: celery -A worker cashboxes webhook {company} --end-old")


def _tell_address(services: Any, company: int) -> None:
    from worker.salon.webhook_address import describe_address

    address = describe_address(services.sessions, services.settings, company)
    click.echo(f"its own webhook address: {address}" if address else "no webhook address of its own without SECRET_KEY")


@cashboxes.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def list_(as_json: bool) -> None:
    """List every cashbox and what it decides for itself; then salons that nobody serves."""
    from worker.entry.cli.receipt_views import print_rows
    from worker.entry.cli.receipts import open_services
    from worker.salon.administration import list_cashboxes

    services = open_services()
    with services.sessions() as session:
        rows = list_cashboxes(session)
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
        return
    print_rows(rows)
    _tell_unknown(services.sessions)


def _tell_unknown(sessions: Any) -> None:
    from worker.salon.administration import list_unknown_salons

    with sessions() as session:
        for company, count in list_unknown_salons(session):
            click.echo(f"salon {company}: {count} delivery(ies) wait for a cashbox: receipts replay --company {company}")


@cashboxes.command()
@click.argument("numbers", nargs=-1)
@click.option(*CASHBOX, help="Only this one; else every cashbox in service.")
@click.option("--taxpayer", help="IIN or BIN of the seller, to check the VAT regime of a cashbox without a shift.")
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of lines.")
def check(numbers: tuple[str, ...], number: str | None, taxpayer: str | None, as_json: bool) -> None:
    """Ask Webkassa: login, status, end of the licence, VAT regime against ours. Exit code 1 on a problem."""
    from dataclasses import asdict

    from shared.storage.trail import note_command
    from worker.entry.cli.receipts import open_services
    from worker.issue.issue_due import request_turn
    from worker.salon.administration import check_cashbox

    services = open_services()
    chosen = _choose(services.sessions, services.settings, [*numbers, *([number] if number else [])])
    for cashbox in chosen:
        # The same word as for a manager's: a paused cashbox is tried again.
        note_command(services.sessions, "probed", f"cashbox {cashbox.unique_number}")
    findings = [
        finding
        for cashbox in chosen
        for finding in check_cashbox(services.sessions, services.settings, services.clients, cashbox, taxpayer)
    ]
    for cashbox in chosen:
        # Paused ones are tried at once; for the others a turn with nothing to do is a message more.
        request_turn(services.producer, cashbox.id)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            click.echo(f"{finding.cashbox}  {finding.level:<8} {finding.text}")
    sys.exit(1 if any(finding.level == "problem" for finding in findings) else 0)


def _choose(sessions: Any, settings: Any, numbers: list[str]) -> list[Any]:
    from sqlalchemy import select

    from shared.salon.default_cashbox import ensure_default_cashbox
    from shared.storage.models import Cashbox

    with sessions.begin() as session:
        ensure_default_cashbox(session, settings)
        found = list(session.scalars(select(Cashbox).where(Cashbox.enabled).order_by(Cashbox.id)))
    missing = set(numbers) - {cashbox.unique_number for cashbox in found}
    if missing:
        raise click.ClickException(f"no cashbox in service: {', '.join(sorted(missing))}")
    if not found:
        raise click.ClickException("no cashbox: name one in WEBKASSA_SHOP_ID, or with cashboxes add")
    return [cashbox for cashbox in found if not numbers or cashbox.unique_number in numbers]


@cashboxes.command()
@click.argument("numbers", nargs=-1)
@click.option(*CASHBOX, help="Factory number, such as SWK00000001.")
def disable(numbers: tuple[str, ...], number: str | None) -> None:
    """Take a cashbox out of service: its salon's receipts wait until it has one again. `add` brings it back."""
    from shared.storage.trail import record_command
    from worker.entry.cli.receipts import open_services
    from worker.salon.administration import BadCashbox, disable_cashbox

    chosen = [*numbers, *([number] if number else [])]
    if not chosen:
        raise click.UsageError("name a cashbox: cashboxes disable SWK00000001")
    services = open_services()
    for one in chosen:
        try:
            with services.sessions.begin() as session:
                waiting = disable_cashbox(session, one)
                record_command(session, "cashbox_disabled", f"cashbox {one}")
        except BadCashbox as error:
            raise click.ClickException(str(error)) from None
        click.echo(f"{one} is out of service; receipts that wait for it: {waiting}")


@cashboxes.command()
def reseal() -> None:
    """Seal all stored credentials with the first key of CREDENTIALS_KEY. Exit code 1 while one stays closed."""
    from shared.config import ConfigurationError
    from shared.storage.resealing import reseal_all
    from shared.storage.trail import record_command
    from worker.entry.cli.receipts import open_services

    services = open_services()
    try:
        with services.sessions.begin() as session:
            done = reseal_all(session, services.settings)
            record_command(session, "credentials_resealed", count=done.anew, closed=len(done.closed))
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"sealed anew: {done.anew}, already under the first key: {done.already}")
    for name in done.closed:
        click.echo(f"opens with no key that is set: {name}", err=True)
    if done.closed:
        raise click.ClickException("set the key that sealed these beside the others, or give the credentials again")
    click.echo("the keys after the first are needed no more: leave the first one alone in .env, then: docker compose up -d")
