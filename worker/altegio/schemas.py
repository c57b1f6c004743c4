"""Reads what Altegio's REST API answers into what the rest of the service works with. Pure.

Tolerant in the way of `shared.altegio`: fields may be missing, ids may be text, relations may be `[]`. Money is not guessed:
a row whose sum cannot be read is an error, since leaving it out would make a wrong receipt.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from shared.altegio import (
    GOODS_TYPE_SALE,
    SOLD_GOODS,
    Amount,
    FinanceOperation,
    Flag,
    Id,
    Named,
    RequiredAmount,
    RequiredId,
    Text,
)
from shared.fiscal.money import ZERO

Model = TypeVar("Model", bound=BaseModel)

_ACCOUNT_CASH, _ACCOUNT_CASHLESS = 0, 1
# The sample says "good"; the words around it say product.
_GOODS = frozenset({"good", "goods", "product", SOLD_GOODS})
# Handed on as they came: `shared.altegio.GoodsOperation` knows every spelling.
_CODES = ("barcode", "ntin", "marks", "marking_codes", "marking_code", "marking", "mark")


class UnreadableAnswer(ValueError):
    """Raised where a row lacks what decides about a receipt; the message names the list, the row and the fields."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Account(_Row):
    id: RequiredId
    type: Id = None


class _LoyaltyTransaction(_Row):
    amount: RequiredAmount
    is_discount: Flag = False
    deleted: Flag = False


class _SaleItem(_Row):
    id: RequiredId
    document_id: Id = None
    type: Text = ""
    title: Text = ""
    amount: RequiredAmount
    default_cost_per_unit: Amount = None
    cost_to_pay_total: RequiredAmount
    client_discount_percent: Amount = None
    good: Annotated[Named | None, BeforeValidator(lambda value: value if isinstance(value, dict) else None)] = None
    deleted: Flag = False


def read_accounts(rows: Iterable[Any]) -> dict[int, bool]:
    """Returns account id -> whether it holds cash. An account that does not say so is left out: it is only a hint."""
    kinds = {_ACCOUNT_CASH: True, _ACCOUNT_CASHLESS: False}
    found: dict[int, bool] = {}
    for row in rows:
        try:
            account = _Account.model_validate(row)
        except ValidationError:
            continue
        if account.type in kinds:
            found[account.id] = kinds[account.type]
    return found


def read_payments(rows: Iterable[Any], accounts: Mapping[int, bool]) -> list[FinanceOperation]:
    """Returns the payments of any of Altegio's lists, as if each had come by webhook. Raises UnreadableAnswer.

    Whether an account holds cash is in the row, or in `accounts`, or stays unknown.
    """
    return [_read_payment(row, number, accounts) for number, row in enumerate(rows)]


def read_loyalty(state: Mapping[str, Any]) -> Decimal:
    """Returns how much of a sale was paid by bonus, deposit or certificate instead of money. Raises UnreadableAnswer.

    The sign of a withdrawal is not documented. Discounts have lowered `cost_to_pay_total` before, so they are no payment.
    """
    rows = [
        _validate(_LoyaltyTransaction, row, "loyalty_transactions", n)
        for n, row in _enumerate(state, "loyalty_transactions")
    ]
    return sum((abs(row.amount) for row in rows if not row.is_discount and not row.deleted), ZERO)


def read_sale_items(state: Mapping[str, Any], document_id: int) -> list[dict[str, Any]]:
    """Returns goods of a sale as `data` of `goods_operations_sale`, for webhooks that never came. Raises UnreadableAnswer.

    A document of a visit may list what other documents sold; that is theirs.
    """
    sold = []
    for number, row in _enumerate(state, "items"):
        # A service may lack what goods must have.
        if not isinstance(row, dict) or row.get("type") not in _GOODS:
            continue
        item = _validate(_SaleItem, row, "items", number)
        if not item.deleted and item.document_id in (None, 0, document_id):
            sold.append(_as_goods_operation(item, row, document_id))
    return sold


def _read_payment(row: Any, number: int, accounts: Mapping[int, bool]) -> FinanceOperation:
    if not isinstance(row, dict):
        raise UnreadableAnswer(f"payments[{number}]: not an object")
    sold_type = row.get("sold_item_type") or row.get("sale_item_type")
    fields = {
        "sold_item_type": SOLD_GOODS if sold_type in _GOODS else sold_type,
        "expense": _relation(row, "expense"),
        "account": _relation(row, "account"),
    }
    payment = _validate(FinanceOperation, row | fields, "payments", number)
    account = payment.account
    if account is None or account.id is None or account.is_cash is not None:
        return payment
    resolved = account.model_copy(update={"is_cash": accounts.get(account.id)})
    return payment.model_copy(update={"account": resolved})


def _relation(row: dict[str, Any], name: str) -> dict[str, Any] | None:
    """The object, or what is left of it: some lists name `expense_id` and `account_id` beside or instead."""
    relation, related_id = row.get(name), row.get(f"{name}_id")
    if isinstance(relation, dict) and relation:
        return relation if relation.get("id") else relation | {"id": related_id}
    return {"id": related_id} if related_id else None


def _as_goods_operation(item: _SaleItem, row: dict[str, Any], document_id: int) -> dict[str, Any]:
    operation = {
        "id": item.id,
        "document_id": document_id,
        "type_id": GOODS_TYPE_SALE,
        "record_id": 0,
        "good": {"id": item.good.id if item.good else None, "title": (item.good.title if item.good else "") or item.title},
        "amount": -abs(item.amount),
        "cost_per_unit": item.default_cost_per_unit,
        "cost": item.cost_to_pay_total,
        "discount": item.client_discount_percent,
    }
    codes = {"barcode": item.good.barcode} if item.good and item.good.barcode else {}
    return operation | codes | {name: row[name] for name in _CODES if row.get(name)}


def _enumerate(state: Mapping[str, Any], name: str) -> Iterable[tuple[int, Any]]:
    """PHP may send a list as an object with numbered keys."""
    rows = state.get(name) or []
    return enumerate(rows.values() if isinstance(rows, dict) else rows)


def _validate(model: type[Model], row: Any, name: str, number: int) -> Model:
    try:
        return model.model_validate(row)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_input=False))
        raise UnreadableAnswer(f"{name}[{number}]: {wrong}") from None
