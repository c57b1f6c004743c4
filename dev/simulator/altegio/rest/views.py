"""Shapes of the replies, built from the bodies of the latest changes. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.state import Body, Stored

NOT_PAID, PAID, PARTLY_PAID = 0, 1, 2
# As the official samples of the two lists show them; which of them a row has depends on its type.
LOYALTY_OF_DETAILS = (
    "id status_id amount type_id program_id card_id salon_group_id item_id item_type_id item_record_id goods_transaction_id"
    " is_discount is_loyalty_withdraw type program title"
)
LOYALTY_OF_SALE = (
    "id document_id sale_item_id sale_item_type amount type_id type created_at chain"
    " deposit_transaction_id loyalty_card_id loyalty_program_id loyalty_certificate_id loyalty_abonement_id"
)
# Of a sale document's row only where no type says more.
LOYALTY_FLAGS = " is_discount is_loyalty_withdraw title"
IN_FORCE = 1
MONEY_FIELDS = frozenset(
    {"cost", "cost_to_pay", "manual_cost", "cost_per_unit", "first_cost", "price", "amount"}
    | {"default_cost_per_unit", "default_cost_total", "cost_to_pay_total"}
)


def show_record(record: Stored, payments: Sequence[Stored], settings: Settings) -> Body:
    """The body of the webhook with REST's own fields."""
    return record.body | {
        "deleted": record.is_deleted,
        "payment_status": PAID if record.body.get("paid_full") else PARTLY_PAID if payments else NOT_PAID,
        "is_sale_bill_printed": False,
        "resource_instance_ids": [],
        "consumables": [],
        "acceptance_free": False,
        "technical_break_duration": 0,
        "finance_transactions": [show_transaction(payment, settings) for payment in payments],
    }


def show_visit(records: Sequence[Stored], settings: Settings) -> Body:
    """It spells some flags of its records as numbers, and tells no payments."""
    flags = ("deleted", "prepaid", "prepaid_confirmed")
    shown = []
    for record in records:
        body = show_record(record, (), settings)
        del body["finance_transactions"]
        shown.append(body | {name: int(bool(body.get(name))) for name in flags})
    first = records[0].body
    return {"attendance": first.get("attendance"), "datetime": first.get("datetime"), "comment": 0, "records": shown}


def show_transaction(payment: Stored, settings: Settings) -> Body:
    """A row of the two lists and of a record; the account's nature is told only where that is switched on."""
    body = payment.body
    account = body["account"]
    if not settings.is_cash_in_transactions:
        account = {name: account[name] for name in ("id", "title")}
    return body | {
        "account": account,
        "expense_id": body["expense"]["id"],
        "account_id": account["id"],
        "item_id": body["sold_item_id"],
        "goods_transaction_id": body["sold_item_id"] if body["sold_item_type"] == "goods_transaction" else 0,
        "deleted": payment.is_deleted,
    }


def show_details(record: Stored, payments: Sequence[Stored], loyalty: Sequence[Stored], settings: Settings) -> Body:
    return {
        "payment_transactions": [show_transaction(payment, settings) for payment in payments],
        "loyalty_transactions": [_pick(one.body, LOYALTY_OF_DETAILS) for one in loyalty],
        "items": [_show_detail(record, line) for line in _list_lines(record)],
        "kkm_transaction_details_container": {"last_operation_type": None, "transactions": []},
    }


def _show_detail(record: Stored, line: Body) -> Body:
    return {
        "id": line.get("id"),
        "item_id": line.get("good_id", line.get("id")),
        "item_title": line["title"],
        "amount": abs(line.get("amount", 1)),
        "first_cost": _gross(line),
        "discount": line.get("discount", 0),
        "cost": line["cost"],
        "is_service": "good_id" not in line,
        "is_good": "good_id" in line,
        "record_id": record.id,
    }


def show_sale(
    document_id: int, record: Stored | None, goods: Sequence[Stored], payments: Sequence[Stored], loyalty: Sequence[Stored]
) -> Body:
    """`record`: whose document it is; None for goods over the counter, whose lines are `goods`."""
    lines = _list_lines(record) if record else [_as_line(operation) for operation in goods]
    return {
        "state": {
            "id": document_id,
            "items": [_show_item(line) for line in lines],
            "payment_transactions": [_show_sale_payment(payment) for payment in payments],
            "loyalty_transactions": [_show_loyalty_of_sale(one.body) for one in loyalty],
        },
        "payment_methods": [],
        "kkm_state": {"transactions": []},
    }


def _list_lines(record: Stored) -> list[Body]:
    return [*record.body["services"], *record.body.get("goods_transactions", ())]


def _as_line(operation: Stored) -> Body:
    body = operation.body
    return body | {"good_id": body["good"]["id"], "title": body["good"]["title"]}


def _show_item(line: Body) -> Body:
    return {
        "id": line["id"],
        # What was sold without a visit may be a service as well; no webhook tells of that one.
        "type": line.get("sold_as") or ("good" if "good_id" in line else "service"),
        "title": line["title"],
        "amount": abs(line["amount"]),
        "default_cost_per_unit": line["cost_per_unit"],
        "default_cost_total": _gross(line),
        "client_discount_percent": line["discount"],
        "cost_to_pay_total": line.get("cost_to_pay", line["cost"]),
        # Whether a document names the record it belongs to is not documented; some replies do.
        **({"record_id": line["record_id"]} if line.get("record_id") else {}),
    }


def _gross(line: Body) -> Any:
    if "first_cost" in line:
        return line["first_cost"]
    gross = Decimal(str(line.get("cost_per_unit", line["cost"]))) * abs(line.get("amount", 1))
    return int(gross) if gross == gross.to_integral_value() else float(gross)


def _show_sale_payment(payment: Stored) -> Body:
    body = payment.body
    same = {name: body[name] for name in ("id", "document_id", "amount", "account", "expense")}
    return {**same, "sale_item_id": body["sold_item_id"], "sale_item_type": body["sold_item_type"]}


def _show_loyalty_of_sale(body: Body) -> Body:
    """Whether a row that was cancelled stays in it is not known: it does, and says so."""
    flags = "" if body.get("type_id") else LOYALTY_FLAGS
    status = "" if body.get("status_id") == IN_FORCE else " status_id"
    return _pick(body, LOYALTY_OF_SALE + flags + status)


def _pick(body: Body, names: str) -> Body:
    return {name: body[name] for name in names.split() if name in body}


def write_amounts_as_text(value: Any) -> Any:
    """As the older interface did: "1000.00". Changes the copy that is returned."""
    if isinstance(value, dict):
        return {
            name: f"{inner:.2f}" if name in MONEY_FIELDS and isinstance(inner, int | float) else write_amounts_as_text(inner)
            for name, inner in value.items()
        }
    return [write_amounts_as_text(inner) for inner in value] if isinstance(value, list) else value
