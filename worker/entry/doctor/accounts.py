"""Examines the accounts that salons were paid into: how is each taken, and of which is nobody sure."""

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy.exc import SQLAlchemyError

from shared.config import Settings
from shared.salon.accounts import SeenAccount, list_seen_accounts
from shared.storage.db import SessionFactory
from worker.entry.doctor.findings import Finding, ok, warning


def look_at_accounts(sessions: SessionFactory, settings: Settings) -> Iterator[Finding]:
    """Yields a finding for each salon, and a warning for each account of which neither salon nor Altegio tells anything."""
    try:
        with sessions() as session:
            seen = list_seen_accounts(session, settings)
    except SQLAlchemyError:  # told of already
        return
    for company_id, accounts in groupby(seen, key=lambda account: account.company_id):
        name = f"accounts of salon {company_id}"
        known = list(accounts)
        yield ok(name, "; ".join(_describe(account) for account in known), about=company_id)
        for account in known:
            if account.use is None:
                said = f"{_name(account)}: not said whether it holds cash, DEFAULT_PAYMENT_METHOD stands in"
                fix = f"add id:{account.account_id}=card (or cash, mobile, none, elsewhere) to PAYMENT_KINDS"
                yield warning(name, said, fix, about=company_id)


def _name(account: SeenAccount) -> str:
    return f"{account.title or 'no title'} (id {account.account_id})"


def _describe(account: SeenAccount) -> str:
    whose = "chosen" if account.is_chosen else "by Altegio"
    return f"{_name(account)}: {f'{account.use}, {whose}' if account.use else 'unsure'}"
