"""Builds the lines, discounts, taxes and totals of a receipt, exact to the tiyn. Pure: no input or output.

Altegio's `cost` and `cost_to_pay` are totals of a line and win over every other field: they are what the client owes.
Price and discount only explain them. A line is built so that Webkassa's own arithmetic (price × count − discount, rounded)
gives that very total.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal

from shared.altegio import GoodsLine, GoodsOperation, Record, ServiceLine
from shared.fiscal.goods_codes import is_code
from shared.fiscal.ledger import Cost
from shared.fiscal.money import TIYN, ZERO, is_whole, round_tiyn
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.vat_rates import NoRate
from worker.receipt.vat import RateOf, contained_tax

MAX_PRICE = Decimal(999_999_999)
MAX_COUNT = Decimal("4294967.295")
MAX_NAME = 128
PREPAID_NAME = "Предоплата"
_COUNT_STEP = Decimal("0.001")
_HUNDRED = Decimal(100)


class CannotBuild(Exception):
    """Raised where the lines contradict themselves; `code` is for filters, the text names the field."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Line:
    """Describes one position: `price` is per unit, `discount` for the whole line, in tenge; `tax` is contained in `total`.

    `vat_rate` is None where the line has no VAT. `item_id` is Altegio's id of the service or product; `is_certificate`: a
    certificate or membership, which is neither.
    `barcode` is a GTIN, `national_code` an NTIN; `marks` are the codes of marked goods, one for each piece.
    """

    name: str
    is_service: bool
    count: Decimal
    price: Decimal
    discount: Decimal
    total: Decimal
    tax: Decimal = ZERO
    vat_rate: int | None = None
    item_id: int | None = None
    is_certificate: bool = False
    barcode: str | None = None
    national_code: str | None = None
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiptDraft:
    """Holds what a sale's document will say."""

    lines: tuple[Line, ...]
    payments: Mapping[PaymentKind, Decimal]

    @property
    def total(self) -> Decimal:
        return sum((line.total for line in self.lines), ZERO)

    @property
    def tax(self) -> Decimal:
        return sum((line.tax for line in self.lines), ZERO)

    @property
    def is_whole_tenge(self) -> bool:
        """Says whether no sum in it has tiyn, so that Webkassa may round every line to whole tenge."""
        of_lines = [x for line in self.lines for x in (line.price * line.count, line.price, line.discount, line.total)]
        return all(is_whole(amount) for amount in (*of_lines, *self.payments.values()))


def price_record(record: Record, *, amounts_in_tiyn: bool = False) -> Cost:
    """Returns what a visit costs, in tenge, by both of Altegio's words on it. Raises CannotBuild."""
    asked, full = _build_both(record, amounts_in_tiyn=amounts_in_tiyn)
    return Cost(_add_up(asked), _add_up(full))


def fit_record_lines(record: Record, due: Decimal, *, amounts_in_tiyn: bool = False) -> tuple[Line, ...]:
    """Returns the lines of a visit for a receipt of `due` tenge: what needs no receipt becomes a discount.

    Raises CannotBuild.
    """
    both = _build_both(record, amounts_in_tiyn=amounts_in_tiyn)
    return fit_lines(min((lines for lines in both if _add_up(lines) >= due), key=_add_up, default=both[0]), due)


def build_sold_lines(record: Record, *, amounts_in_tiyn: bool = False) -> tuple[Line, ...]:
    """Returns the lines of a visit by what they cost, whatever is left to pay of them. Raises CannotBuild."""
    return _build_both(record, amounts_in_tiyn=amounts_in_tiyn)[1]


def build_prepaid_lines(
    record: Record, amount: Decimal, rate_of: RateOf, *, amounts_in_tiyn: bool = False
) -> dict[Line, int | None]:
    """Returns the lines of a receipt for a payment that is a part of what a visit costs, each with its VAT rate.

    One line, or one for each rate: what the part is for, in the shares of the visit's lines. Goods are handed over with the
    rest, so their codes are not on it. Raises CannotBuild.
    """
    by_rate: dict[int | None, list[Line]] = {}
    try:
        for line in fit_record_lines(record, amount, amounts_in_tiyn=amounts_in_tiyn):
            by_rate.setdefault(rate_of(line), []).append(line)
    except NoRate as problem:
        raise CannotBuild("no_vat_rate", str(problem)) from None
    return {_join_prepaid(lines): rate for rate, lines in by_rate.items()}


def _join_prepaid(lines: Sequence[Line]) -> Line:
    name = f"{PREPAID_NAME}: {', '.join(line.name for line in lines)}"[:MAX_NAME].rstrip()
    total = _add_up(lines)
    return Line(name, is_service=True, count=Decimal(1), price=total, discount=ZERO, total=total)


def fit_lines(lines: Sequence[Line], due: Decimal) -> tuple[Line, ...]:
    """Returns lines that add up to `due` tenge, by a discount on them all. Raises CannotBuild where they cost less."""
    total = _add_up(lines)
    if total < due:
        raise CannotBuild("sum_mismatch", f"lines add up to {total} ₸, {due} ₸ are due")
    return tuple(lines) if total == due else take_off(lines, total - due)


def _add_up(lines: Sequence[Line]) -> Decimal:
    return sum((line.total for line in lines), ZERO)


def _build_both(record: Record, *, amounts_in_tiyn: bool) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """By what the client owes, and by `cost`, which tells what was sold where nothing is owed any more."""
    asked = build_record_lines(record, amounts_in_tiyn=amounts_in_tiyn)
    if all(line.cost_to_pay in (None, line.cost) for line in (*record.services, *record.goods_transactions)):
        return asked, asked
    try:
        return asked, build_record_lines(_without_cost_to_pay(record), amounts_in_tiyn=amounts_in_tiyn)
    except CannotBuild:
        return asked, asked


def _without_cost_to_pay(record: Record) -> Record:
    lines = [line.model_copy(update={"cost_to_pay": None}) for line in record.services]
    goods = [line.model_copy(update={"cost_to_pay": None}) for line in record.goods_transactions]
    return record.model_copy(update={"services": lines, "goods_transactions": goods})


def take_off(lines: Sequence[Line], amount: Decimal) -> tuple[Line, ...]:
    """Takes `amount` off as a discount, spread over the lines by size, to the tiyn; lines that become free are left out."""
    left, rest = amount, sum((line.total for line in lines), ZERO)
    reduced: list[Line] = []
    for line in lines:
        share = round_tiyn(left * line.total / rest) if rest else ZERO
        left, rest = left - share, rest - line.total
        reduced.append(replace(line, discount=line.discount + share, total=line.total - share))
    return tuple(line for line in reduced if line.total > ZERO)


def build_record_lines(record: Record, *, amounts_in_tiyn: bool = False) -> tuple[Line, ...]:
    """Returns the lines of a visit, free ones left out: where no money moves there is nothing to document.

    `amounts_in_tiyn`: Altegio's sums are 1/100 tenge. Raises CannotBuild.
    """
    unit = _HUNDRED if amounts_in_tiyn else Decimal(1)
    services = [_build_line(line, f"services.{i}", True, unit) for i, line in enumerate(record.services)]
    goods = [_build_line(line, f"goods_transactions.{i}", False, unit) for i, line in enumerate(record.goods_transactions)]
    return tuple(line for line in (*services, *goods) if line.total > ZERO)


def build_goods_lines(
    operations: Sequence[GoodsOperation], *, amounts_in_tiyn: bool = False, certificates_as_services: bool = True
) -> tuple[Line, ...]:
    """Returns the lines of a sale document, one operation each, free ones left out. Raises CannotBuild."""
    unit = _HUNDRED if amounts_in_tiyn else Decimal(1)
    lines = [_build_operation(operation, unit, certificates_as_services) for operation in operations]
    return tuple(line for line in lines if line.total > ZERO)


def _build_operation(operation: GoodsOperation, unit: Decimal, certificates_as_services: bool) -> Line:
    is_certificate = operation.sells_certificate
    is_service = operation.is_service or (is_certificate and certificates_as_services)
    built = _build_line(_as_goods_line(operation), f"goods.{operation.id}", is_service, unit)
    return replace(built, is_certificate=is_certificate)


def _as_goods_line(operation: GoodsOperation) -> GoodsLine:
    return GoodsLine(
        title=operation.good.title if operation.good else "",
        good_id=operation.good.id if operation.good else None,
        amount=operation.amount,
        cost=operation.cost,
        cost_per_unit=operation.cost_per_unit,
        discount=operation.discount,
        barcode=operation.barcode or (operation.good.barcode if operation.good else ""),
        ntin=operation.ntin,
        marks=operation.marks,
    )


def build_draft(lines: Sequence[Line], payments: Mapping[PaymentKind, Decimal], rate_of: RateOf) -> ReceiptDraft:
    """Taxes each line at its rate, and checks that all add up to the payments, to the tiyn. Raises CannotBuild."""
    try:
        taxed = tuple(_with_tax(line, rate_of(line)) for line in lines)
    except NoRate as problem:
        raise CannotBuild("no_vat_rate", str(problem)) from None
    draft = ReceiptDraft(taxed, {kind: round_tiyn(amount) for kind, amount in payments.items()})
    paid = sum(draft.payments.values(), ZERO)
    if draft.total != paid:
        raise CannotBuild("sum_mismatch", f"lines add up to {draft.total} ₸, payments to {paid} ₸")
    if draft.total > MAX_PRICE:
        raise CannotBuild("too_large", f"{draft.total} ₸ is more than a receipt can hold")
    return draft


def _with_tax(line: Line, rate: int | None) -> Line:
    tax = contained_tax(line.total, rate) if rate else ZERO
    return replace(line, tax=tax, vat_rate=rate)


def _build_line(line: ServiceLine, field: str, is_service: bool, unit: Decimal) -> Line:
    built = _build_sums(line, field, is_service, unit)
    if not isinstance(line, GoodsLine):
        return replace(built, item_id=line.id)
    marks = line.marks if len(line.marks) == built.count else ()
    return replace(
        built,
        item_id=line.good_id or (line.good.id if line.good else None),
        barcode=_read_gtin(line.barcode),
        national_code=_read_gtin(line.ntin),
        marks=marks,
    )


def _read_gtin(text: str) -> str | None:
    """Salons write articles of their own into the barcode; only a number of the lengths of a GTIN is one."""
    digits = text.strip()
    return digits if is_code(digits) else None


def _build_sums(line: ServiceLine, field: str, is_service: bool, unit: Decimal) -> Line:
    count = _count(line, field)
    total = round_tiyn(_owed(line, field) / unit)
    if total < ZERO:
        raise CannotBuild("negative_line", f"{field} costs less than nothing: {total} ₸")
    price = _list_price(line)
    name = _name(line, is_service)
    if price is not None:
        price = round_tiyn(price / unit)
        discount = round_tiyn(price * count) - total
        if ZERO <= discount <= MAX_PRICE and price <= MAX_PRICE:
            return Line(name, is_service, count, price, discount, total)
    return _line_without_list_price(name, is_service, count, total, field)


def _line_without_list_price(name: str, is_service: bool, count: Decimal, total: Decimal, field: str) -> Line:
    """No price was given, or it was raised by hand above the list: the total itself becomes the price.

    Where the total does not divide into whole tiyn, the price is rounded up and the surplus tiyn become the discount.
    """
    price = (total / count).quantize(TIYN, rounding=ROUND_UP)
    if price > MAX_PRICE:
        raise CannotBuild("too_large", f"{field}: {price} ₸ is more than a receipt can hold")
    return Line(name, is_service, count, price, round_tiyn(price * count) - total, total)


def _count(line: ServiceLine, field: str) -> Decimal:
    """How many. Altegio writes sold goods with a minus; finer than a thousandth cannot be written on a receipt."""
    count = abs(line.amount) if line.amount is not None else Decimal(1)
    if count == 0 or count != count.quantize(_COUNT_STEP):
        return Decimal(1)
    if count > MAX_COUNT:
        raise CannotBuild("too_large", f"{field}.amount: {count} is more than a receipt can hold")
    return count.normalize() if count != count.to_integral_value() else count.quantize(Decimal(1))


def _owed(line: ServiceLine, field: str) -> Decimal:
    """What the client owes for the line, in Altegio's unit."""
    for owed in (line.cost_to_pay, line.cost, line.manual_cost):
        if owed is not None:
            return owed
    gross = line.first_cost
    price = _list_price(line)
    if gross is None and price is not None:
        gross = price * (abs(line.amount) if line.amount is not None else 1)
    if gross is None:
        raise CannotBuild("no_price", f"{field} has no cost")
    return gross * (_HUNDRED - (line.discount or ZERO)) / _HUNDRED


def _list_price(line: ServiceLine) -> Decimal | None:
    if line.cost_per_unit is not None:
        return line.cost_per_unit
    return line.price if isinstance(line, GoodsLine) else None


def _name(line: ServiceLine, is_service: bool) -> str:
    title = line.title
    if not title and isinstance(line, GoodsLine) and line.good:
        title = line.good.title
    printable = " ".join("".join(c if c.isprintable() else " " for c in title).split())
    return printable[:MAX_NAME].rstrip() or ("Услуга" if is_service else "Товар")
