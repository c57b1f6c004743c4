"""What makes the sums of a check request valid. Pure: no state, no clock, exact decimals only.

The tax of a line is compared exactly, on the discounted and rounded line; that and the wording of the tax and
balance complaints were captured from the real service. Other wordings are this simulator's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from dev.simulator.webkassa.rules import requisites
from dev.simulator.webkassa.rules.fields import (
    TIYN,
    Fields,
    format_ru,
    list_true,
    lowered,
    read_amount,
    read_decimal,
    read_int,
    read_text,
    round_to,
)

TENGE = Decimal(1)
NO_TAX, VAT = 0, 100
CASH = 0
PAYMENT_TYPES = frozenset({0, 1, 4})
DISCOUNT, MARKUP = 1, 2
ROUND_NOTHING, ROUND_LINES, ROUND_TOTAL = 0, 2, 3

MAX_COUNT = Decimal("4294967.295")
MAX_PRICE = Decimal(999_999_999)
# "At most nine digits before the comma."
TOO_MUCH_MONEY = Decimal(1_000_000_000)


@dataclass(frozen=True, slots=True)
class Line:
    """One position as the register counts it; `amount` is the rounded, discounted line."""

    name: str
    code: str
    count: Decimal
    price: Decimal
    discount: Decimal
    markup: Decimal
    amount: Decimal
    tax_type: int
    tax_percent: int | None
    tax: Decimal
    unit_code: int | None
    position_type: int | None


class Modifier(NamedTuple):
    """A discount or markup on the whole receipt; both are negative for a discount."""

    amount: Decimal
    tax: Decimal


class Sums:
    """Everything of a request that the ledger needs; meaningful only when `find_faults` finds none."""

    def __init__(self, request: Fields) -> None:
        fields = lowered(request)
        round_type = read_round_type(fields)
        self.lines = tuple(read_line(item, round_type) for item in read_items(fields, "positions"))
        self.payments = tuple(_read_payment(item) for item in read_items(fields, "payments"))
        modifiers = [_read_modifier(item, round_type) for item in read_items(fields, "ticketmodifiers")]
        total = add_up(line.amount for line in self.lines) + add_up(item.amount for item in modifiers)
        self.total = round_to(round_to(total, TENGE) if round_type == ROUND_TOTAL else total, TIYN)
        self.tax = add_up(line.tax for line in self.lines) + add_up(item.tax for item in modifiers)
        self.taken = add_up(amount for _, amount in self.payments)
        self.change_told = read_decimal(fields.get("change"))
        self.change = self.taken - self.total if self.change_told is None else self.change_told
        cuts, extras = (add_up(item.amount for item in modifiers if item.amount * sign > 0) for sign in (-1, 1))
        self.discount = add_up(line.discount for line in self.lines) - cuts
        self.markup = add_up(line.markup for line in self.lines) + extras


def compute_tax(amount: Decimal, percent: int) -> Decimal:
    """The VAT inside an amount that includes it."""
    return round_to(amount * percent / (100 + percent), TIYN)


def compute_line(position: Fields, round_type: int = ROUND_LINES) -> Decimal:
    return read_line(position, round_type).amount


def compute_total(request: Fields) -> Decimal:
    """The total the register arrives at, two decimals."""
    return Sums(request).total


def find_faults(request: Fields, *, vat_rates: frozenset[int], protocol: int) -> list[str]:
    """Every complaint about a check request, in the register's order; empty when it is valid."""
    fields = lowered(request)
    positions, round_type = read_items(fields, "positions"), read_round_type(fields)
    complaints = requisites.find_faults(fields, protocol=protocol)
    complaints += list_true((not positions, "Необходимо указать хотя бы одну позицию"))
    for position in positions:
        complaints += find_position_faults(position, round_type, vat_rates=vat_rates, protocol=protocol)
    for modifier in read_items(fields, "ticketmodifiers"):
        complaints += find_modifier_faults(modifier, round_type, vat_rates=vat_rates)
    payment_faults = find_payment_faults(fields)
    return complaints + (payment_faults or (find_balance_faults(fields) if positions else []))


def find_position_faults(position: Fields, round_type: int, *, vat_rates: frozenset[int], protocol: int) -> list[str]:
    fields = lowered(position)
    complaints = requisites.find_position_faults(fields, protocol=protocol)
    complaints += _find_range_faults(fields) + _find_rate_faults(fields, vat_rates)
    if not complaints:
        amount = compute_line(position, round_type)
        complaints = list_true((amount < 0, "Сумма позиции не может быть отрицательной")) + _find_tax_faults(fields, amount)
    return [f"Позиция '{read_text(fields.get('positionname'))}': {complaint}" for complaint in complaints]


def find_modifier_faults(modifier: Fields, round_type: int, *, vat_rates: frozenset[int]) -> list[str]:
    fields = lowered(modifier)
    text, amount = read_text(fields.get("text")), read_decimal(fields.get("sum"))
    complaints = _find_rate_faults(fields, vat_rates) + list_true(
        (amount is None or not 0 <= amount <= MAX_PRICE, "Недопустимая сумма"),
        (len(text) > 50, "Текст не должен превышать 50 символов"),
        (read_int(fields.get("type")) not in {DISCOUNT, MARKUP}, "Недопустимый тип модификатора"),
    )
    if not complaints and amount is not None:
        complaints = _find_tax_faults(fields, round_to(amount, _get_step(round_type)))
    return [f"Скидка/наценка '{text}': {complaint}" for complaint in complaints]


def find_payment_faults(fields: Fields) -> list[str]:
    payments = [lowered(item) for item in read_items(fields, "payments")]
    if not payments:
        return ["Необходимо указать хотя бы один платеж"]
    kinds = [read_int(payment.get("paymenttype")) for payment in payments]
    amounts = [_read_money(payment.get("sum")) for payment in payments]
    readable = [amount for amount in amounts if amount is not None]
    is_too_much = len(readable) == len(amounts) and add_up(readable) >= TOO_MUCH_MONEY
    is_change_wrong = fields.get("change") is not None and _read_money(fields["change"]) is None
    unknown = [
        f"Недопустимый тип платежа ({payment.get('paymenttype')})"
        for payment, kind in zip(payments, kinds, strict=True)
        if kind not in PAYMENT_TYPES
    ]
    return unknown + list_true(
        (len(set(kinds)) != len(kinds), "Каждый тип платежа может быть указан только один раз"),
        (len(readable) < len(amounts), "Недопустимая сумма платежа"),
        (is_too_much, "Сумма платежей не должна превышать 9 знаков"),
        (is_change_wrong, "Недопустимая сумма сдачи"),
    )


def find_balance_faults(fields: Fields) -> list[str]:
    """Total against payments; asked only when every payment can be read."""
    sums = Sums(fields)
    change, cashless = sums.change_told, add_up(amount for kind, amount in sums.payments if kind != CASH)
    total, paid, returned = format_ru(sums.total), format_ru(sums.taken), format_ru(sums.change)
    is_unequal = change is not None and sums.total != sums.taken - change
    return list_true(
        (sums.total < 0, f"Сумма чека ({total}) не может быть отрицательной"),
        (sums.tax < 0, "Сумма налога чека не может быть отрицательной"),
        (is_unequal, f"Сумма чека ({total}) не совпадает с суммой платежей ({paid}) и сдачей ({returned})"),
        (change is None and sums.taken < sums.total, f"Сумма платежей ({paid}) меньше суммы чека ({total})"),
        (cashless > sums.total, f"Сумма безналичных платежей ({format_ru(cashless)}) превышает сумму чека ({total})"),
    )


def read_items(fields: Fields, name: str) -> Sequence[Fields]:
    items = fields.get(name)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list | tuple) else []


def read_round_type(fields: Fields) -> int:
    round_type = read_int(fields.get("roundtype"))
    return ROUND_LINES if round_type is None else round_type


def _read_payment(payment: Fields) -> tuple[int, Decimal]:
    row = lowered(payment)
    return read_int(row.get("paymenttype")) or CASH, read_amount(row.get("sum"))


def _read_modifier(modifier: Fields, round_type: int) -> Modifier:
    row = lowered(modifier)
    sign = -1 if read_int(row.get("type")) == DISCOUNT else 1
    amount = round_to(read_amount(row.get("sum")), _get_step(round_type))
    return Modifier(sign * amount, sign * read_amount(row.get("tax")))


def read_line(position: Fields, round_type: int) -> Line:
    fields, step = lowered(position), _get_step(round_type)
    count, price = read_amount(fields.get("count")), read_amount(fields.get("price"))
    discount, markup = (round_to(read_amount(fields.get(name)), step) for name in ("discount", "markup"))
    return Line(
        name=read_text(fields.get("positionname")),
        code=read_text(fields.get("positioncode")),
        count=count,
        price=price,
        discount=discount,
        markup=markup,
        amount=round_to(price * count - discount + markup, step),
        tax_type=read_int(fields.get("taxtype")) or NO_TAX,
        tax_percent=read_int(fields.get("taxpercent")),
        tax=read_amount(fields.get("tax")),
        unit_code=read_int(fields.get("unitcode")),
        position_type=read_int(fields.get("positiontype")),
    )


def add_up(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _get_step(round_type: int) -> Decimal:
    return TENGE if round_type == ROUND_LINES else TIYN


def _read_money(value: object) -> Decimal | None:
    """None for what the register does not take as a sum."""
    amount = read_decimal(value)
    return amount if amount is not None and 0 <= amount < TOO_MUCH_MONEY else None


def _find_range_faults(fields: Fields) -> list[str]:
    count, price = read_decimal(fields.get("count")), read_decimal(fields.get("price"))
    discount, markup = (
        fields.get(name) is not None and _read_money(fields[name]) is None for name in ("discount", "markup")
    )
    return list_true(
        # Compared by value, so that 1.5000 passes: only decimals that matter count.
        (count is None or not 0 <= count <= MAX_COUNT or count != round(count, 3), "Недопустимое количество"),
        (price is None or not 0 <= price <= MAX_PRICE, "Недопустимая цена"),
        (discount, "Недопустимая скидка"),
        (markup, "Недопустимая наценка"),
    )


def _find_rate_faults(fields: Fields, vat_rates: frozenset[int]) -> list[str]:
    tax_type, percent, given = read_int(fields.get("taxtype")), read_int(fields.get("taxpercent")), fields.get("taxpercent")
    return list_true(
        (tax_type not in {NO_TAX, VAT}, f"Недопустимый тип налога ({fields.get('taxtype')})"),
        (tax_type == VAT and percent not in vat_rates, f"Недопустимая ставка налога ({given})"),
        (tax_type == NO_TAX and given is not None and percent != 0, "Ставка налога указана для позиции без налога"),
    )


def _find_tax_faults(fields: Fields, amount: Decimal) -> list[str]:
    percent = read_int(fields.get("taxpercent")) if read_int(fields.get("taxtype")) == VAT else 0
    expected, given = compute_tax(amount, percent or 0), read_decimal(fields.get("tax"))
    if given is None:
        return ["Необходимо указать сумму налога"]
    told = f"(Текущее: {format_ru(given)}, Ожидалось: {format_ru(expected)})"
    return list_true((given != expected, f"Налог подсчитан неверно. {told}"))
