"""Names the reasons of returns, reads the one that staff chose, and adds returns up by them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.payment.form import FormErrors
from api.acquire.words.text import Text
from shared.fiscal.statuses import ReceiptKind, ReceiptState
from shared.storage.models import Receipt, ReturnOrder
from shared.storage.models.desk.return_order import ReturnReason

MAX_REASON = 200
REASON_LABELS = {
    ReturnReason.CHANGED_MIND: Text("The customer changed their mind"),
    ReturnReason.WRONG_SERVICE: Text("Wrong service"),
    ReturnReason.WRONG_SUM: Text("Wrong sum"),
    ReturnReason.WRONG_METHOD: Text("Wrong way of payment"),
    ReturnReason.OTHER: Text("Another reason"),
}


def read_reason(typed: Mapping[str, str], errors: FormErrors) -> tuple[ReturnReason, str]:
    """Returns the reason that was chosen and what was written beside it; words alone are another reason."""
    words = " ".join(typed.get("reason", "").split())
    chosen = typed.get("reason_code", "") or (ReturnReason.OTHER if words else "")
    if chosen not in set(ReturnReason):
        errors.add("reason", Text("Choose why the sale is returned."))
        chosen = ReturnReason.OTHER
    elif chosen == ReturnReason.OTHER and not words:
        errors.add("reason", Text("Write why the sale is returned."))
    if len(words) > MAX_REASON:
        errors.add("reason", Text("The reason is longer than 200 characters."))
    return ReturnReason(chosen), words


def sum_by_reason(session: Session, salons: Salons, since: datetime, until: datetime) -> Sequence[Any]:
    """Returns rows of `code` (None: no person ordered it, or before reasons were kept), `count` and `total`, the largest sum
    first, of the return receipts issued from `since` on and before `until`.
    """
    moment = func.coalesce(Receipt.issued_at, Receipt.created_at)
    total = func.sum(Receipt.total)
    return session.execute(
        select(ReturnOrder.reason_code.label("code"), func.count().label("count"), total.label("total"))
        .select_from(Receipt)
        .outerjoin(ReturnOrder, ReturnOrder.return_receipt_id == Receipt.id)
        .where(
            Receipt.kind == ReceiptKind.RETURN,
            Receipt.state == ReceiptState.ISSUED,
            moment >= since,
            moment < until,
            salons.allow(Receipt.company_id),
        )
        .group_by(ReturnOrder.reason_code)
        .order_by(total.desc())
    ).all()
