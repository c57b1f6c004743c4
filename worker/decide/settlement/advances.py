"""Money put on a client's account: what it is for a receipt, by the salon's choice. Pure."""

from decimal import Decimal

from shared.altegio import GOODS_TYPE_SALE, FinanceOperation, GoodsOperation
from worker.receipt.lines import PREPAID_NAME
from worker.salon.policy import Policy


def build_advance(top_up: FinanceOperation) -> GoodsOperation:
    """The top-up as the one line of its document."""
    changed_at = top_up.last_change_date.isoformat() if top_up.last_change_date else None
    return GoodsOperation.model_validate(
        {
            "id": top_up.id,
            "document_id": top_up.document_id,
            "type_id": GOODS_TYPE_SALE,
            "good": {"title": PREPAID_NAME},
            "amount": 1,
            "cost": top_up.amount,
            "cost_per_unit": top_up.amount,
            "create_date": changed_at,
            "last_change_date": changed_at,
            "is_service": True,
            "is_advance": True,
            "client": top_up.client.model_dump() if top_up.client else None,
        }
    )


def find_reason_for_person(top_up: FinanceOperation, policy: Policy, amount: Decimal) -> str | None:
    """Why a person has to see to the receipt of a top-up; None where its receipt comes by itself, now or later."""
    if policy.deposits == "at_spending":
        return None
    if policy.deposits == "by_hand":
        return f"{amount} ₸ were put on a client's account: the receipt of deposits is made by hand"
    return (
        None
        if top_up.document_id
        else f"{amount} ₸ were put on a client's account without a document: make the receipt by hand"
    )
