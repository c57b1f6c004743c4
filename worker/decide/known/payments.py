"""Payments Altegio told of, kept as the newest word on each; what its ledger says when it is asked takes their place.

A record and its payments come as separate deliveries, in any order and seconds apart.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, and_, bindparam, case, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import FINANCES, FinanceOperation
from shared.fiscal.own_words import find_desk_key
from shared.fiscal.statuses import PaymentPurpose, PaymentState
from shared.storage.models import DeskBooking, LoyaltyRecord, PaymentRecord, WebhookRecord
from shared.storage.models.write_back.states import WriteState
from shared.storage.statements import table_of
from worker.altegio.errors import AnswerTooOld
from worker.altegio.loyalty import Loyalty
from worker.decide.known.facts import Facts
from worker.decide.known.money_rows import PAYMENTS_OF
from worker.decide.operations import find_account_use, find_purpose, is_in_force, is_outgo
from worker.decide.sales import Subject
from worker.salon.policy import Policy

_payments = table_of(PaymentRecord)
_insert = insert(_payments).values(paid_at=func.coalesce(bindparam("told_at", type_=DateTime(timezone=True)), func.now()))
_known, _new = _payments.c, _insert.excluded
_TOLD = (
    "record_id",
    "visit_id",
    "document_id",
    "amount",
    "state",
    "purpose",
    "account_id",
    "account_title",
    "is_outgo",
    "item_title",
    "webhook_record_id",
)
_SAVE = _insert.on_conflict_do_update(
    index_elements=[_known.company_id, _known.operation_id],
    set_={
        **{name: _new[name] for name in _TOLD},
        "moved_from_record_id": case(
            (
                _known.record_id.is_distinct_from(_new.record_id),
                func.coalesce(_known.record_id, _known.moved_from_record_id),
            ),
            else_=_known.moved_from_record_id,
        ),
        "moved_from_document_id": case(
            (
                _known.record_id.is_(None)
                & (_new.record_id.is_not(None) | _known.document_id.is_distinct_from(_new.document_id)),
                func.coalesce(_known.document_id, _known.moved_from_document_id),
            ),
            else_=_known.moved_from_document_id,
        ),
        # Known by the key in its comment, which not every list shows.
        "purpose": case((_known.purpose == PaymentPurpose.BOOKED, _known.purpose), else_=_new.purpose),
        # An answer that does not tell the kind of an account does not make a known one unknown.
        "kind": func.coalesce(_new.kind, case((_known.account_id.is_not_distinct_from(_new.account_id), _known.kind))),
        "sold_item_type": func.coalesce(_new.sold_item_type, _known.sold_item_type),
        "client_id": func.coalesce(_new.client_id, _known.client_id),
        "changed_at": func.coalesce(_new.changed_at, _known.changed_at),
    },
    where=or_(
        _known.changed_at.is_(None),
        _new.changed_at.is_(None),
        _new.changed_at > _known.changed_at,
        # Within one second Altegio's clock cannot tell: what revokes wins, since it must not count as money.
        (_new.changed_at == _known.changed_at) & (_known.state == PaymentState.ACTIVE),
        # Looked at once more, after a wait.
        _known.webhook_record_id.is_not_distinct_from(_new.webhook_record_id),
    ),
).returning(_known.id)
_company, _subject = bindparam("company", type_=BigInteger), bindparam("subject", type_=BigInteger)
# What a list answers for: a record, with `visit` all of its visit as well; or a document.
_LISTED_FOR = {
    True: or_(_known.record_id == _subject, _known.visit_id == bindparam("visit", type_=BigInteger)),
    False: PAYMENTS_OF[False],
}
_MISSING = {
    is_visit: and_(
        _known.company_id == _company,
        is_of,
        _known.operation_id.is_not(None),
        _known.operation_id.not_in(bindparam("listed", expanding=True)),
        _known.state == PaymentState.ACTIVE,
        # Told while the list was on its way: the next look knows.
        _known.created_at < bindparam("read_at"),
    )
    for is_visit, is_of in _LISTED_FOR.items()
}
# Its deletion was told as well, and may wait for this very decision: what is deleted together would wait for each other.
_is_deletion_told = (
    exists()
    .where(
        WebhookRecord.company_id == _known.company_id,
        WebhookRecord.resource == FINANCES,
        WebhookRecord.resource_id == _known.operation_id,
        WebhookRecord.status == "delete",
    )
    .correlate(_payments)
)
_IS_YOUNG_MISSING = {
    is_visit: select(
        exists().where(
            is_missing,
            _known.created_at > bindparam("young_since"),
            _known.purpose == PaymentPurpose.SALE,
            ~_is_deletion_told,
        )
    )
    for is_visit, is_missing in _MISSING.items()
}
_REVOKE = {
    is_visit: update(_payments).where(is_missing).values(state=PaymentState.REVOKED)
    for is_visit, is_missing in _MISSING.items()
}
NEWEST_OF = {
    is_visit: select(func.max(_known.created_at)).where(is_of, _known.checkout_id.is_(None))
    for is_visit, is_of in PAYMENTS_OF.items()
}
_loyalty = table_of(LoyaltyRecord)
_save_loyalty = insert(_loyalty)
_SAVE_LOYALTY = _save_loyalty.on_conflict_do_update(
    index_elements=[_loyalty.c.company_id, _loyalty.c.transaction_id],
    set_={name: _save_loyalty.excluded[name] for name in ("record_id", "document_id", "means", "amount")},
)
_FORGET_LOYALTY = {
    is_visit: delete(_loyalty).where(
        _loyalty.c.company_id == _company,
        (_loyalty.c.record_id if is_visit else _loyalty.c.document_id) == _subject,
        _loyalty.c.transaction_id.not_in(bindparam("listed", expanding=True)),
    )
    for is_visit in (True, False)
}


def save_payment(
    session: Session,
    subject: Subject | None,
    company_id: int,
    operation_id: int,
    operation: FinanceOperation,
    policy: Policy,
    *,
    status: str,
    changed_at: datetime | None,
    webhook_record_id: int | None,
) -> bool:
    """Keeps the newest word on an operation. False when a newer one was noted before.

    `subject`: the sale it belongs to, which it may name by its document only. A payment that names a visit alone is kept
    so: it may be for any of its records.
    """
    values = {
        "company_id": company_id,
        "operation_id": operation_id,
        "record_id": (subject.record_id if subject else None) or operation.record_id or None,
        "visit_id": operation.visit_id or None,
        "document_id": operation.document_id or None,
        "kind": find_account_use(operation, policy.accounts),
        "amount": policy.in_tenge(abs(operation.amount)),
        "state": PaymentState.ACTIVE if is_in_force(operation, status) else PaymentState.REVOKED,
        "purpose": find_purpose(operation, policy.tip_words),
        "account_id": operation.account.id if operation.account else None,
        "account_title": operation.account.title[:200] if operation.account else None,
        "is_outgo": is_outgo(operation),
        "item_title": operation.expense.title[:200] if operation.expense else None,
        "sold_item_type": operation.told_item_type,
        "client_id": operation.client.id if operation.client else None,
        "changed_at": changed_at,
        "told_at": operation.last_change_date or changed_at,
        "webhook_record_id": webhook_record_id,
    }
    return session.scalar(_SAVE, values) is not None


def note_own_booking(session: Session, company_id: int, operation_id: int, comment: str) -> None:
    """Notes the number of an operation that we booked, whoever told it first: nothing is booked again."""
    session.execute(
        update(DeskBooking)
        .where(DeskBooking.company_id == company_id, DeskBooking.key == find_desk_key(comment))
        .values(
            operation_id=func.coalesce(DeskBooking.operation_id, operation_id),
            state=WriteState.DONE,
            sending_since=None,
            next_attempt_at=None,
            error_text=None,
        )
    )


def take_over_ledger(session: Session, subject: Subject, facts: Facts, policy: Policy, *, patience: timedelta) -> None:
    """Puts Altegio's own list of a sale's payments in the place of what webhooks told: what is not on it is none any more.

    Raises AnswerTooOld where a payment was told within `patience` and is not on the list: Altegio may answer from a copy
    that is behind. Our clock and Altegio's stamps are never compared. A webhook that is older than the list and comes after
    it may be taken for news; whatever it leads to, the list is read again first.
    """
    if facts.spent is not None:
        _take_over_loyalty(session, subject, facts.spent, policy)
    if facts.payments is None:
        return
    for operation in facts.payments:
        if operation.id is None:
            continue
        save_payment(
            session,
            None,
            subject.company_id,
            operation.id,
            operation,
            policy,
            status="update",
            changed_at=operation.last_change_date,
            webhook_record_id=None,
        )
    listed = [operation.id for operation in facts.payments if operation.id is not None]
    values = {**subject.keys, "listed": listed, "read_at": facts.read_at}
    if subject.is_visit:
        values["visit"] = facts.visit_id
    if session.scalar(_IS_YOUNG_MISSING[subject.is_visit], {**values, "young_since": facts.read_at - patience}):
        raise AnswerTooOld("Altegio's list lacks a payment that it has just told of")
    session.execute(_REVOKE[subject.is_visit], values)


def _take_over_loyalty(session: Session, subject: Subject, spent: Sequence[Loyalty], policy: Policy) -> None:
    rows = [
        {
            "company_id": subject.company_id,
            "transaction_id": one.id,
            "record_id": subject.record_id,
            "document_id": subject.document_id,
            "means": one.means,
            "amount": policy.in_tenge(one.amount),
        }
        for one in spent
        if one.id is not None
    ]
    if rows:
        session.execute(_SAVE_LOYALTY, rows)
    session.execute(_FORGET_LOYALTY[subject.is_visit], {**subject.keys, "listed": [row["transaction_id"] for row in rows]})
