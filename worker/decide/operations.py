"""What an operation of Altegio's ledger is: money of a client or not, for what, and in which way it was paid. Pure."""

import re
from collections.abc import Mapping

from shared.altegio import EXPENSE_TYPE_OUTGO, SOLD_CERTIFICATES, SOLD_GOODS, SOLD_SERVICE, FinanceOperation
from shared.fiscal.accounts import find_use, has_word
from shared.fiscal.own_words import find_desk_key
from shared.fiscal.statuses import AccountUse, PaymentPurpose

# The bank's commission, booked by Altegio itself, in the languages it was seen or may be.
_FEE = re.compile(r"эквайринг|комисси|acquiring|commission", re.IGNORECASE)
# Expense items of a salon's own costs, which it may book on a visit as well. Any other expense of a sale may be a refund:
# where that is uncertain a manager looks at it, and nothing is returned by itself.
_OWN_COSTS = re.compile(
    r"зарплат|заработн|премия|salary|wage|payroll|закуп|материал|расходник|purchase|consumable|аренд|rent|налог|tax",
    re.IGNORECASE,
)
# Money put on a client's own account: it makes a document, or its item says so.
_TOP_UP = re.compile(r"пополн|депозит|лицев|аванс|предоплат|deposit|top.?up|prepay|advance", re.IGNORECASE)
# A till that stands for clients' accounts: what is paid from it is no new money.
_DEPOSIT_TILL = re.compile(r"депозит|deposit", re.IGNORECASE)
_SOLD_WITHOUT_VISIT = SOLD_CERTIFICATES | {SOLD_GOODS, SOLD_SERVICE}


def is_payment(operation: FinanceOperation, status: str) -> bool:
    """Whether the operation is, now, money of a client. Its sign and expense item may change with every update."""
    return is_in_force(operation, status) and not is_outgo(operation)


def is_in_force(operation: FinanceOperation, status: str) -> bool:
    """Whether the movement of money stands, whichever way it went."""
    return status != "delete" and not operation.deleted and operation.amount != 0


def pays_document(operation: FinanceOperation) -> bool:
    """Whether it paid for goods, services, a certificate or a membership of a sale document, sold without a visit."""
    is_of_visit = operation.record_id or operation.visit_id
    return not is_of_visit and bool(operation.document_id) and operation.sold_item_type in _SOLD_WITHOUT_VISIT


def is_outgo(operation: FinanceOperation) -> bool:
    """Whether money leaves the salon: the sign follows the expense item, but may lag behind it."""
    return operation.amount <= 0 or (operation.expense is not None and operation.expense.type == EXPENSE_TYPE_OUTGO)


def find_purpose(operation: FinanceOperation, tip_words: tuple[str, ...] = ()) -> PaymentPurpose:
    """What the money was for. Only what pays a visit or a document counts for a receipt; texts are localised hints."""
    if find_desk_key(operation.comment):
        return PaymentPurpose.BOOKED
    if is_outgo(operation):
        return _find_purpose_of_outgo(operation)
    if _is_tip(operation, tip_words):
        return PaymentPurpose.TIP
    if operation.record_id or operation.visit_id or pays_document(operation):
        return PaymentPurpose.SALE
    return PaymentPurpose.DEPOSIT if is_top_up(operation) else PaymentPurpose.OTHER


def _is_tip(operation: FinanceOperation, words: tuple[str, ...]) -> bool:
    item = operation.expense.title if operation.expense else ""
    account = operation.account.title if operation.account else ""
    number = f"id:{operation.expense.id}" if operation.expense else ""
    return any(number == word or has_word(item, word) or has_word(account, word) for word in words)


def is_top_up(operation: FinanceOperation) -> bool:
    """Whether income that is tied to no sale was put on a client's account: it makes a document, or its words say so."""
    if operation.record_id or operation.visit_id or operation.sold_item_type:
        return False
    item = operation.expense.title if operation.expense else ""
    return bool(operation.document_id or _TOP_UP.search(f"{item} {operation.comment}"))


def _find_purpose_of_outgo(operation: FinanceOperation) -> PaymentPurpose:
    words = f"{operation.comment} {operation.expense.title if operation.expense else ''}"
    if _FEE.search(words):
        return PaymentPurpose.FEE
    is_of_sale = operation.record_id or operation.document_id or operation.visit_id
    return PaymentPurpose.REFUND if is_of_sale and not _OWN_COSTS.search(words) else PaymentPurpose.OTHER


def find_account_use(operation: FinanceOperation, accounts: Mapping[str, str]) -> AccountUse | None:
    """The salon's own word first, then cash where the account says so; a till named after a QR code is a mobile payment."""
    account = operation.account
    if account is None:
        return None
    use = find_use(accounts, account.id, account.title)
    if use is not None:
        return AccountUse(use)
    if _DEPOSIT_TILL.search(account.title) and (operation.record_id or operation.visit_id or pays_document(operation)):
        return AccountUse.DEPOSIT
    if account.is_cash is None:
        return None
    if account.is_cash:
        return AccountUse.CASH
    return AccountUse.MOBILE if has_word(account.title, "qr") else AccountUse.CARD
