"""Runs `celery -A worker receipts goods`: lists goods by their codes, and takes a salon's table of codes out and in.

What a command needs is imported inside it, since every `celery` call loads this module.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from shared.storage.db import SessionFactory


@click.command()
@click.option("--without-code", is_flag=True, help="Only those without GTIN and NTIN.")
@click.option("--company", type=click.IntRange(1), help="Altegio's id of the salon; else all of them.")
@click.option(
    "--export", "target", type=click.File("wb"), help="Write the table of the salon's codes as CSV; - is the terminal."
)
@click.option(
    "--import", "source", type=click.File("rb"), help="Take such a CSV over: good_id, title, gtin, ntin; empty codes go."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON array instead of a table.")
def goods(without_code: bool, company: int | None, target: BinaryIO | None, source: BinaryIO | None, as_json: bool) -> None:
    """List what was sold in the last 30 days, with the codes that its next receipt will say."""
    from shared.salon.goods import list_sold_goods
    from worker.entry.cli.receipt_views import print_rows
    from worker.entry.cli.receipts import open_services

    if (source or target) and company is None:
        raise click.UsageError("--import and --export need --company")
    sessions = open_services().sessions
    if source:
        _import(sessions, company or 0, source)
    elif target:
        _export(sessions, company or 0, target)
    else:
        with sessions() as session:
            rows = [asdict(sold) for sold in list_sold_goods(session, company, without_code=without_code)]
        if as_json:
            click.echo(json.dumps(rows, ensure_ascii=False, default=str, indent=2))
        else:
            print_rows(rows)


def _import(sessions: SessionFactory, company: int, source: BinaryIO) -> None:
    from shared.fiscal.goods_codes import BadFile, read_codes
    from shared.salon.goods import save_codes
    from shared.storage.trail import record_command

    try:
        codes = read_codes(source.read())
    except BadFile as problem:
        raise click.ClickException(f"nothing was taken over: {problem}") from None
    with sessions.begin() as session:
        kept, removed = save_codes(session, company, codes)
        record_command(session, "goods_codes_changed", f"salon {company}", kept=kept, removed=removed)
    click.echo(f"{kept} products of salon {company} have a code, {removed} lost theirs")


def _export(sessions: SessionFactory, company: int, target: BinaryIO) -> None:
    from shared.fiscal.goods_codes import write_codes
    from shared.salon.goods import list_codes

    with sessions() as session:
        codes = list_codes(session, company)
    target.write(write_codes(codes).encode())
    if target is not sys.stdout.buffer:
        click.echo(f"{len(codes)} products written")
