"""Asks for returns that were refused and not made some other way: what a person has to see, wherever they look."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from shared.fiscal.statuses import ReceiptState
from shared.storage.models import Cashbox, Receipt, ReturnOrder
from shared.storage.models.desk.return_order import ReturnState

# A refused return is news for so long; after that it was seen, or is seen on its receipt.
REFUSALS_SHOWN_FOR = timedelta(days=7)


def select_refused_returns() -> Select[*tuple[Any, ...]]:
    """Returns the question, newest first: refused by us (`refusal`) or by Webkassa (`error_code`, `error_text`).

    A return that was ordered anew is not among them, unless that was refused as well.
    """
    sale, made, again, made_again = aliased(Receipt), aliased(Receipt), aliased(ReturnOrder), aliased(Receipt)
    is_ordered_anew = (
        select(again.id)
        .outerjoin(made_again, made_again.id == again.return_receipt_id)
        .where(
            again.receipt_id == ReturnOrder.receipt_id,
            again.id > ReturnOrder.id,
            again.state != ReturnState.REFUSED,
            or_(made_again.id.is_(None), made_again.state != ReceiptState.REJECTED),
        )
        .exists()
    )
    return (
        select(
            ReturnOrder.id,
            ReturnOrder.created_at,
            ReturnOrder.refusal,
            sale.id.label("sale_id"),
            sale.company_id,
            sale.record_id,
            sale.document_id,
            sale.total,
            sale.fiscal_number,
            Cashbox.unique_number,
            made.id.label("return_id"),
            made.total.label("return_total"),
            made.external_check_number,
            made.attempts,
            made.error_code,
            made.error_text,
        )
        .join(sale, sale.id == ReturnOrder.receipt_id)
        .join(Cashbox, Cashbox.id == sale.cashbox_id)
        .outerjoin(made, made.id == ReturnOrder.return_receipt_id)
        .where(
            ~sale.returned,
            or_(ReturnOrder.state == ReturnState.REFUSED, made.state == ReceiptState.REJECTED),
            ReturnOrder.created_at > func.now() - REFUSALS_SHOWN_FOR,
            ~is_ordered_anew,
        )
        .order_by(ReturnOrder.id.desc())
    )
