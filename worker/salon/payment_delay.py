"""Learns how long after a paid visit its payments are told, from what was told before.

Altegio sends both as webhooks of their own. How far apart differs between salons (who books the payment, and by which
screen), and hardly within one.
"""

from sqlalchemy import BigInteger, Float, bindparam, func, select
from sqlalchemy.orm import Session

from shared.altegio import RECORD
from shared.storage.models import PaymentRecord, WebhookRecord

# So many payments are looked at, and so many must have told something.
EXAMPLES, ENOUGH = 100, 20
# A payment that came later than this was made later; it was not on its way.
LONGEST_DELAY_SECONDS = 60.0
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 30.0
# Nearly the slowest of the examples counts, and twice that is waited: a receipt of an assumed kind is corrected by hand.
_SHARE, _TIMES = 0.98, 2.0

_company = bindparam("company", type_=BigInteger)
# By Altegio's number: the newest without reading the rest.
_newest = (
    select(PaymentRecord.record_id, PaymentRecord.created_at)
    .where(
        PaymentRecord.company_id == _company,
        PaymentRecord.record_id.is_not(None),
        PaymentRecord.webhook_record_id.is_not(None),
    )
    .order_by(PaymentRecord.operation_id.desc())
    .limit(EXAMPLES)
    .subquery()
)
_told_at = (
    select(func.min(WebhookRecord.created_at))
    .where(
        WebhookRecord.company_id == _company,
        WebhookRecord.resource == RECORD,
        WebhookRecord.resource_id == _newest.c.record_id,
        WebhookRecord.receipt_id.is_not(None),
    )
    .scalar_subquery()
)
_delays = select(func.extract("epoch", _newest.c.created_at - _told_at).cast(Float).label("seconds")).subquery()
_LEARN = select(
    func.count(_delays.c.seconds),
    func.percentile_disc(_SHARE).within_group(func.greatest(_delays.c.seconds, 0.0)),
).where(_delays.c.seconds <= LONGEST_DELAY_SECONDS)


def learn_payment_wait(session: Session, company_id: int) -> float | None:
    """Returns for how many seconds a paid visit waits for payments; None where the salon is not known well enough."""
    examples, delay = session.execute(_LEARN, {"company": company_id}).one()
    if examples < ENOUGH:
        return None
    return float(min(LONGEST_WAIT_SECONDS, max(SHORTEST_WAIT_SECONDS, delay * _TIMES)))
