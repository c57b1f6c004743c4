"""Lists the accounts that a salon was paid into, and says how each is taken and what is unsure."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.fiscal.accounts import find_use, parse_accounts
from shared.salon.choices import choose
from shared.storage.models import Cashbox

# From account to account by the index: payments may be many, accounts are few. Of each the newest word.
_SEEN = text(
    """
    WITH RECURSIVE accounts AS (
        (SELECT company_id, account_id FROM payment_records WHERE account_id IS NOT NULL ORDER BY 1, 2 LIMIT 1)
        UNION ALL
        SELECT following.* FROM accounts, LATERAL (
            SELECT company_id, account_id FROM payment_records WHERE account_id IS NOT NULL
            AND (company_id, account_id) > (accounts.company_id, accounts.account_id) ORDER BY 1, 2 LIMIT 1
        ) AS following
    )
    SELECT company_id, account_id, newest.account_title, newest.kind FROM accounts, LATERAL (
        SELECT account_title, kind FROM payment_records AS payment
        WHERE (payment.company_id, payment.account_id) = (accounts.company_id, accounts.account_id)
        ORDER BY id DESC LIMIT 1
    ) AS newest
    """
)


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """Describes an account: `use` is how it is taken, None where nobody knows; `is_chosen` by the salon's own word.

    Else it is as its newest payment told: Altegio says whether an account holds cash, or does not.
    """

    company_id: int
    account_id: int
    title: str
    use: str | None
    is_chosen: bool


def list_seen_accounts(session: Session, settings: Settings) -> Sequence[SeenAccount]:
    """Returns the accounts of all salons, by what each salon says of its own."""
    rows = session.scalars(select(Cashbox).where(Cashbox.company_id.is_not(None)).order_by(Cashbox.enabled, Cashbox.id))
    own = {row.company_id: parse_accounts(choose(settings, row, "payment_kinds")) for row in rows}
    default = parse_accounts(settings.payment_kinds)
    found = []
    for company_id, account_id, title, kind in session.execute(_SEEN):
        chosen = find_use(own.get(company_id, default), account_id, title)
        found.append(SeenAccount(company_id, account_id, title or "", chosen or kind, chosen is not None))
    return found
