"""How a client's deposits were paid: a receipt at the spending says the kind of the top-ups."""

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.orm import Session

from shared.fiscal.statuses import PaymentKind, PaymentPurpose, PaymentState
from shared.storage.models import PaymentRecord
from shared.storage.statements import table_of

_payments = table_of(PaymentRecord).c
_KINDS = (
    select(_payments.kind)
    .where(
        _payments.company_id == bindparam("company", type_=BigInteger),
        _payments.client_id == bindparam("client", type_=BigInteger),
        _payments.purpose == PaymentPurpose.DEPOSIT,
        _payments.state == PaymentState.ACTIVE,
    )
    .distinct()
    .limit(2)
)


def find_deposit_kind(session: Session, company_id: int, client_id: int) -> PaymentKind | None:
    """None where no top-up is known, or not all were paid in the same way."""
    kinds = session.scalars(_KINDS, {"company": company_id, "client": client_id}).all()
    return PaymentKind(kinds[0]) if len(kinds) == 1 and kinds[0] in set(PaymentKind) else None
