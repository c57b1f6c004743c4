"""Chooses the account of a salon on which money of a kind is booked: one that is certain, or none. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from shared.altegio import Account, FinanceOperation
from shared.fiscal.accounts import find_use, has_word
from worker.altegio.schemas import read_accounts
from worker.decide.operations import find_account_use
from worker.salon.policy import Policy


def choose_account(rows: Iterable[Any], kind: str, policy: Policy) -> int | None:
    """Returns the id of the only account whose money would be taken as this kind.

    Where there are several, the only one of them that the salon itself calls so in its choices; else None, since a wrong
    account is worse than none.
    """
    rows = list(rows)
    is_cash = read_accounts(rows)
    accounts = [account for row in rows if (account := _read(row, is_cash)) is not None and not _is_of_tips(account, policy)]
    fitting = [account for account in accounts if _find_kind(account, policy) == kind]
    named = [account for account in fitting if find_use(policy.accounts, account.id, account.title) == kind]
    chosen = fitting if len(fitting) == 1 else named
    return chosen[0].id if len(chosen) == 1 else None


def _read(row: Any, is_cash: Mapping[int, bool]) -> Account | None:
    try:
        account = Account.model_validate(row)
    except ValidationError:
        return None
    return account.model_copy(update={"is_cash": is_cash.get(account.id)}) if account.id else None


def _find_kind(account: Account, policy: Policy) -> str | None:
    """As if a client had paid a visit with it: a till of deposits is told from those then."""
    paid = FinanceOperation.model_validate({"record_id": 1, "amount": 1}).model_copy(update={"account": account})
    return find_account_use(paid, policy.accounts)


def _is_of_tips(account: Account, policy: Policy) -> bool:
    return any(has_word(account.title, word) for word in policy.tip_words)
