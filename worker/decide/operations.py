"""What an operation of Altegio's ledger is: money of a client or not, for what, and in which way it was paid. Pure."""

import re
from collections.abc import Mapping

from shared.altegio import EXPENSE_TYPE_OUTGO, SOLD_GOODS, FinanceOperation
from shared.fiscal.statuses import PaymentKind, PaymentPurpose

# The bank's commission, booked by Altegio itself, in the languages it was seen or may be.
_FEE = re.compile(r"эквайринг|комисси|acquiring|commission", re.IGNORECASE)
# Expense items of a salon's own costs, which it may book on a visit as well. Any other expense of a sale may be a refund:
# where that is uncertain a manager looks at it, and nothing is returned by itself.
_OWN_COSTS = re.compile(
    r"зарплат|заработн|премия|salary|wage|payroll|закуп|материал|расходник|purchase|consumable|аренд|rent|налог|tax",
    re.IGNORECASE,
)


def is_payment(operation: FinanceOperation, status: str) -> bool:
    """Whether the operation is, now, money of a client. Its sign and expense item may change with every update."""
    return is_in_force(operation, status) and not is_outgo(operation)


def is_in_force(operation: FinanceOperation, status: str) -> bool:
    """Whether the movement of money stands, whichever way it went."""
    return status != "delete" and not operation.deleted and operation.amount != 0


def pays_goods(operation: FinanceOperation) -> bool:
    """Money without a visit that bought no goods is a client's deposit or the like: it pays no receipt of ours."""
    return not operation.record_id and bool(operation.document_id) and operation.sold_item_type == SOLD_GOODS


def is_outgo(operation: FinanceOperation) -> bool:
    """Whether money leaves the salon: the sign follows the expense item, but may lag behind it."""
    return operation.amount <= 0 or (operation.expense is not None and operation.expense.type == EXPENSE_TYPE_OUTGO)


def find_purpose(operation: FinanceOperation) -> PaymentPurpose:
    """What the money was for. Only what pays a visit or sold goods counts for a receipt; texts are localised hints."""
    if is_outgo(operation):
        return _find_purpose_of_outgo(operation)
    if operation.record_id or pays_goods(operation):
        return PaymentPurpose.SALE
    return PaymentPurpose.OTHER if operation.sold_item_type else PaymentPurpose.DEPOSIT


def _find_purpose_of_outgo(operation: FinanceOperation) -> PaymentPurpose:
    words = f"{operation.comment} {operation.expense.title if operation.expense else ''}"
    if _FEE.search(words):
        return PaymentPurpose.FEE
    is_of_sale = operation.record_id or operation.document_id or operation.visit_id
    return PaymentPurpose.REFUND if is_of_sale and not _OWN_COSTS.search(words) else PaymentPurpose.OTHER


def find_payment_kind(operation: FinanceOperation, kinds: Mapping[str, PaymentKind]) -> PaymentKind | None:
    """The salon's own word first, then cash where the account says so; a till named after a QR code is a mobile payment."""
    account = operation.account
    if account is None:
        return None
    for word, kind in kinds.items():
        if has_word(account.title, word):
            return kind
    if account.is_cash is None:
        return None
    if account.is_cash:
        return PaymentKind.CASH
    return PaymentKind.MOBILE if has_word(account.title, "qr") else PaymentKind.CARD


def has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
