"""Reads what Altegio's REST API answers into what the rest of the service works with. Pure.

Tolerant in the way of `shared.altegio`: fields may be missing, ids may be text, relations may be `[]`. Money is not guessed:
a row whose sum cannot be read is an error, since leaving it out would make a wrong receipt.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from shared.altegio import (
    GOODS_TYPE_SALE,
    SOLD_CERTIFICATES,
    SOLD_GOODS,
    SOLD_SERVICE,
    Amount,
    FinanceOperation,
    Flag,
    Id,
    Named,
    RequiredAmount,
    RequiredId,
    Text,
)

Model = TypeVar("Model", bound=BaseModel)

_ACCOUNT_CASH, _ACCOUNT_CASHLESS = 0, 1
# The sample says "good"; the words around it say product.
_GOODS = frozenset({"good", "goods", "product", SOLD_GOODS})
_CERTIFICATES = SOLD_CERTIFICATES | {"certificate", "abonement", "membership"}
_SOLD = _GOODS | _CERTIFICATES | {SOLD_SERVICE}
# Handed on as they came: `shared.altegio.GoodsOperation` knows every spelling.
_CODES = ("barcode", "ntin", "marks", "marking_codes", "marking_code", "marking", "mark")


class UnreadableAnswer(ValueError):
    """Raised where a row lacks what decides about a receipt; the message names the list, the row and the fields."""


class Row(BaseModel):
    """Is the base of a row of Altegio's lists: unknown fields are left out."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Account(Row):
    id: RequiredId
    type: Id = None


class _SaleItem(Row):
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


def read_sale_items(state: Mapping[str, Any], document_id: int) -> list[dict[str, Any]]:
    """Returns what a sale sold as `data` of `goods_operations_sale`, for webhooks that never came. Raises UnreadableAnswer.

    A document may list what other documents sold; that is theirs. Certificates and memberships may be listed as goods: then
    the payments say what they are.
    """
    are_certificates = _pay_certificates_only(list_own_rows(state, "payment_transactions", document_id))
    sold = []
    for number, row in enumerate(list_own_rows(state, "items", document_id)):
        if not isinstance(row, dict) or row.get("type") not in _SOLD or _is_without_sum(row):
            continue
        item = validate(_SaleItem, row, "items", number)
        if item.deleted:
            continue
        kind = {"is_certificate": are_certificates or item.type in _CERTIFICATES, "is_service": item.type == SOLD_SERVICE}
        sold.append(_as_goods_operation(item, row, document_id) | {name: 1 for name, is_so in kind.items() if is_so})
    return sold


def list_own_rows(state: Mapping[str, Any], name: str, document_id: int) -> list[Any]:
    """Returns the rows of a list of a sale document that are its own: those of other documents beside it say so."""
    rows = [row for _, row in enumerate_rows(state, name)]
    return [row for row in rows if not isinstance(row, dict) or _is_own(row, document_id)]


def find_owner(state: Mapping[str, Any]) -> int | None:
    """Returns the record whose sale document this is, where the document or what it lists names one."""
    named = [state, *(row for _, row in enumerate_rows(state, "items"))]
    return next((owner for owner in map(_read_record_id, named) if owner), None)


def _read_record_id(row: Any) -> int | None:
    number = str(row.get("record_id") or "") if isinstance(row, Mapping) else ""
    return int(number) if number.isdecimal() else None


def _is_without_sum(row: Mapping[str, Any]) -> bool:
    """A service may lack what goods must have: it is left out, and the payments show whether it was part of the sale."""
    return row.get("type") == SOLD_SERVICE and not row.keys() >= {"amount", "cost_to_pay_total"}


def _is_own(row: Mapping[str, Any], document_id: int) -> bool:
    return str(row.get("document_id") or document_id) == str(document_id)


def _pay_certificates_only(payments: Iterable[Any]) -> bool:
    kinds = {row.get("sale_item_type") or row.get("sold_item_type") for row in payments if isinstance(row, dict)}
    return bool(kinds) and kinds <= _CERTIFICATES


def _read_payment(row: Any, number: int, accounts: Mapping[int, bool]) -> FinanceOperation:
    if not isinstance(row, dict):
        raise UnreadableAnswer(f"payments[{number}]: not an object")
    fields: dict[str, Any] = {"expense": _relation(row, "expense"), "account": _relation(row, "account")}
    told = [row[name] for name in ("sold_item_type", "sale_item_type") if name in row]
    if told:
        sold_type = next(filter(None, told), None)
        fields["sold_item_type"] = SOLD_GOODS if sold_type in _GOODS else sold_type
    payment = validate(FinanceOperation, row | fields, "payments", number)
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


def enumerate_rows(state: Mapping[str, Any], name: str) -> Iterable[tuple[int, Any]]:
    """Returns the rows of a list with their numbers; PHP may send it as an object with numbered keys."""
    rows = state.get(name) or []
    return enumerate(rows.values() if isinstance(rows, dict) else rows)


def validate(model: type[Model], row: Any, name: str, number: int) -> Model:
    """Returns a row as its model. Raises UnreadableAnswer, which names the list, the row and the fields."""
    try:
        return model.model_validate(row)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors(include_input=False))
        raise UnreadableAnswer(f"{name}[{number}]: {wrong}") from None
