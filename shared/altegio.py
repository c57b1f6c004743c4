"""Altegio's webhook bodies, read tolerantly: only what decides about a receipt is checked, everything else may vary.

Shapes seen in the wild: ints, floats and strings for the same number; `[]` for an empty relation where an object is usual;
PHP arrays that arrive as an object with numbered keys; flags as 0/1, "0"/"1" or booleans; unknown fields anywhere.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from shared.clock import ALMATY
from shared.fiscal.money import parse_amount

RECORD = "record"
GOODS_SALE = "goods_operations_sale"
FINANCES = "finances_operation"
SUPPORTED_RESOURCES = frozenset({RECORD, GOODS_SALE, FINANCES})
KNOWN_STATUSES = frozenset({"create", "update", "delete"})

GOODS_TYPE_SALE = 1
EXPENSE_TYPE_OUTGO = 1
SOLD_GOODS, SOLD_SERVICE = "goods_transaction", "service"
SOLD_CERTIFICATES = frozenset({"loyalty_certificate", "loyalty_abonement"})

_BIGINT = 2**63 - 1
# Years at the ends of the calendar cannot be moved to another time zone.
_YEARS = range(1970, 2101)


def _parse_id(value: Any) -> int | None:
    """Ids arrive as numbers or digit strings; `""`, `[]` and null mean none."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    if isinstance(value, bool):
        raise ValueError("must be a whole number")
    if isinstance(value, str):
        if not re.fullmatch(r"\s*-?[0-9]{1,19}\s*", value):
            raise ValueError("must be a whole number")
        value = int(value)
    if isinstance(value, Decimal | float) and -_BIGINT <= value <= _BIGINT and value == int(value):
        return int(value)
    if not isinstance(value, int):
        raise ValueError("must be a whole number")
    if not -_BIGINT <= value <= _BIGINT:
        raise ValueError("is out of range")
    return value


def _parse_id_hint(value: Any) -> int | None:
    """Unreadable, or zero, is as good as none."""
    try:
        return _parse_id(value) or None
    except ValueError:
        return None


def _parse_required_id(value: Any) -> int:
    number = _parse_id(value)
    if number is None:
        raise ValueError("is missing")
    if number <= 0:
        raise ValueError("must be positive")
    return number


def _parse_entity_id(value: Any) -> int:
    """Like a required id, but zero is let through: other resources than ours may have no id of their own."""
    number = _parse_id(value)
    if number is None:
        raise ValueError("is missing")
    if number < 0:
        raise ValueError("must be positive")
    return number


def _parse_flag(value: Any) -> bool:
    """0/1 in any spelling. Null and "" are no: a salon that did not say «paid» has not said it."""
    if value in (None, "", [], {}):
        return False
    text = re.sub(r"\.0+$", "", str(value).strip().lower())
    if text in ("1", "true", "yes"):
        return True
    if text in ("0", "false", "no"):
        return False
    raise ValueError("must be 0 or 1")


def _parse_flag_hint(value: Any) -> bool | None:
    """Unreadable is as good as unsaid."""
    try:
        return None if value in (None, "", [], {}) else _parse_flag(value)
    except ValueError:
        return None


def _parse_optional_amount(value: Any) -> Decimal | None:
    if value is None or value == "" or value == []:
        return None
    return parse_amount(value)


def parse_moment(value: Any) -> datetime | None:
    """Any of Altegio's spellings of a time. Without an offset it is the salon's wall clock."""
    if value in (None, "", [], 0, "0"):
        return None
    if not isinstance(value, str):
        raise ValueError("must be a date and time")
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError("must be a date and time such as 2026-03-02 12:00:00") from None
    if moment.year not in _YEARS:
        raise ValueError("is out of range")
    return moment if moment.tzinfo else moment.replace(tzinfo=ALMATY)


def parse_moment_hint(value: Any) -> datetime | None:
    """A time that only helps to order deliveries: unreadable is as good as absent."""
    try:
        return parse_moment(value)
    except ValueError:
        return None


def _parse_list(value: Any) -> Any:
    if value in (None, "", {}):
        return []
    if isinstance(value, dict) and all(str(key).isdigit() for key in value):
        return list(value.values())
    return value


def _parse_relation(value: Any) -> Any:
    return None if value in ([], "", 0) else value


def _parse_marks(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(text for text in (_parse_text(item).strip() for item in values) if text)


def _parse_text(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict | bool) else str(value)


Id = Annotated[int | None, BeforeValidator(_parse_id)]
RequiredId = Annotated[int, BeforeValidator(_parse_required_id)]
Flag = Annotated[bool, BeforeValidator(_parse_flag)]
Amount = Annotated[Decimal | None, BeforeValidator(_parse_optional_amount)]
RequiredAmount = Annotated[Decimal, BeforeValidator(parse_amount)]
When = Annotated[datetime | None, BeforeValidator(parse_moment)]
WhenHint = Annotated[datetime | None, BeforeValidator(parse_moment_hint)]
Text = Annotated[str, BeforeValidator(_parse_text)]


# How Altegio names the codes of marked goods is not documented: every spelling that was thought of.
Marks = Annotated[
    tuple[str, ...],
    BeforeValidator(_parse_marks),
    Field(validation_alias=AliasChoices("marks", "marking_codes", "marking_code", "marking", "mark")),
]


class _Tolerant(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class Envelope(_Tolerant):
    """What wraps every entity event. `data` is checked per resource, since for `schedule` it is always `[]`."""

    company_id: RequiredId
    resource: Annotated[str, Field(min_length=1, max_length=64)]
    resource_id: Annotated[int, BeforeValidator(_parse_entity_id)]
    status: Annotated[str, Field(min_length=1, max_length=64)]
    data: Any = None


class Named(_Tolerant):
    id: Id = None
    title: Text = ""
    barcode: Text = ""


class Specialist(_Tolerant):
    """Whom the client comes to; Altegio's `staff`."""

    name: Text = ""


class ServiceLine(_Tolerant):
    """A service of a record. `cost` and `cost_to_pay` are totals of the line; `discount` is a percentage."""

    id: Id = None
    title: Text = ""
    amount: Amount = None
    cost: Amount = None
    cost_to_pay: Amount = None
    manual_cost: Amount = None
    cost_per_unit: Amount = None
    first_cost: Amount = None
    discount: Amount = None


class GoodsLine(ServiceLine):
    """Goods sold inside a visit. `amount` is negative for a sale, sometimes with nine decimals."""

    # Of the product; `id` is of the movement of goods.
    good_id: Id = None
    price: Amount = None
    barcode: Text = ""
    ntin: Text = ""
    marks: Marks = ()
    good: Annotated[Named | None, BeforeValidator(_parse_relation)] = None


def _parse_object(value: Any) -> Any:
    """Nothing about a client or a specialist decides about a receipt, so whatever is not an object is none."""
    return value if isinstance(value, dict) and value else None


def _parse_phone(value: Any) -> str:
    """Digits only: "+7 700 …", "8700…" and bare numbers all occur."""
    return "" if isinstance(value, bool | list | dict) or value is None else re.sub(r"\D", "", str(value))[:20]


class Client(_Tolerant):
    """A client of the salon. `phone` is digits only, for looking people up; `told_phone` is as it was written."""

    id: Annotated[int | None, BeforeValidator(_parse_id_hint)] = None
    display_name: Text = ""
    name: Text = ""
    surname: Text = ""
    phone: Annotated[str, BeforeValidator(_parse_phone)] = ""
    told_phone: Annotated[Text, Field(validation_alias=AliasChoices("told_phone", "phone"))] = ""
    email: Text = ""

    @property
    def shown_name(self) -> str:
        return self.display_name or " ".join(part for part in (self.name, self.surname) if part)


class Record(_Tolerant):
    """`data` of a `record` event: an appointment with what was done, what it costs and whether it is paid."""

    id: Id = None
    visit_id: Id = None
    date: When = None
    comment: Text = ""
    deleted: Flag = False
    paid_full: Flag = False
    payment_status: Id = None
    last_change_date: WhenHint = None
    client: Annotated[Client | None, BeforeValidator(_parse_object)] = None
    attendance: Annotated[int | None, BeforeValidator(_parse_id_hint)] = None
    staff: Annotated[Specialist | None, BeforeValidator(_parse_object)] = None
    services: Annotated[list[ServiceLine], BeforeValidator(_parse_list)] = []
    goods_transactions: Annotated[list[GoodsLine], BeforeValidator(_parse_list)] = []

    @property
    def is_silent_on_payment(self) -> bool:
        return not {"paid_full", "payment_status"} & self.model_fields_set

    @property
    def is_paid(self) -> bool:
        """`payment_status` 1 stands in only where `paid_full` was not sent: its meaning is undocumented."""
        if "paid_full" in self.model_fields_set:
            return self.paid_full
        return self.payment_status == 1


class GoodsOperation(_Tolerant):
    """`data` of `goods_operations_sale`: one product line of a sale document. Carries no payment.

    What was read from a document because no webhook told it is written down in the same shape: there a line may be a
    service, or money put on a client's account (`is_advance`).
    """

    id: Id = None
    document_id: Id = None
    type_id: Id = None
    record_id: Id = None
    good: Annotated[Named | None, BeforeValidator(_parse_relation)] = None
    amount: Amount = None
    cost_per_unit: Amount = None
    cost: Amount = None
    discount: Amount = None
    barcode: Text = ""
    ntin: Text = ""
    marks: Marks = ()
    client: Annotated[Client | None, BeforeValidator(_parse_object)] = None
    comment: Text = ""
    deleted: Flag = False
    create_date: When = None
    last_change_date: WhenHint = None
    loyalty_abonement_id: Annotated[int | None, BeforeValidator(_parse_id_hint)] = None
    loyalty_certificate_id: Annotated[int | None, BeforeValidator(_parse_id_hint)] = None
    is_certificate: Flag = False
    is_service: Flag = False
    is_advance: Flag = False

    @property
    def sells_certificate(self) -> bool:
        """A membership as well."""
        return self.is_certificate or bool(self.loyalty_certificate_id or self.loyalty_abonement_id)


class Expense(_Tolerant):
    id: Id = None
    title: Text = ""
    type: Id = None


class Account(_Tolerant):
    id: Id = None
    title: Text = ""
    is_cash: Annotated[bool | None, BeforeValidator(_parse_flag_hint)] = None


class FinanceOperation(_Tolerant):
    """`data` of `finances_operation`: one movement of money; the sign follows the expense item and may flip later."""

    id: Id = None
    document_id: Id = None
    record_id: Id = None
    visit_id: Id = None
    amount: RequiredAmount
    # "service", "goods_transaction", a certificate or membership, or none: a client's deposit, for one.
    sold_item_type: Text = ""
    sold_item_id: Annotated[int | None, BeforeValidator(_parse_id_hint)] = None
    client: Annotated[Client | None, BeforeValidator(_parse_object)] = None
    comment: Text = ""
    expense: Annotated[Expense | None, BeforeValidator(_parse_relation)] = None
    account: Annotated[Account | None, BeforeValidator(_parse_relation)] = None
    deleted: Flag = False
    last_change_date: WhenHint = None

    @property
    def told_item_type(self) -> str | None:
        """What was paid for: "" where Altegio says that it is nothing sold, None where it says nothing of that."""
        if self.sold_item_type:
            return self.sold_item_type
        return "" if "sold_item_type" in self.model_fields_set and not self.sold_item_id else None


Entity = Record | GoodsOperation | FinanceOperation
_MODELS: dict[str, type[Record] | type[GoodsOperation] | type[FinanceOperation]] = {
    RECORD: Record,
    GOODS_SALE: GoodsOperation,
    FINANCES: FinanceOperation,
}
SupportedResource = Literal["record", "goods_operations_sale", "finances_operation"]


def parse_entity(resource: str, data: Any) -> Entity:
    """`data` of a supported resource. Raises pydantic.ValidationError naming the fields."""
    return _MODELS[resource].model_validate(data)
