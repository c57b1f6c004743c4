"""What makes the sums of a check request valid. Pure: no state, no clock, exact decimals only.

The tax of a line is compared exactly, on the discounted and rounded line; that and the wording of the tax and
balance complaints were captured from the real service. Other wordings are this simulator's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from dev.simulator.webkassa import requisites
from dev.simulator.webkassa.fields import (
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


@dataclass(frozen=True, slots=True)
class Sums:
    """Everything of a valid request that the ledger needs."""

    lines: tuple[Line, ...]
    payments: tuple[tuple[int, Decimal], ...]
    total: Decimal
    tax: Decimal
    taken: Decimal
    change: Decimal
    discount: Decimal
    markup: Decimal


def compute_tax(amount: Decimal, percent: int) -> Decimal:
    """The VAT inside an amount that includes it."""
    return round_to(amount * percent / (100 + percent), TIYN)


def compute_line(position: Fields, round_type: int = ROUND_LINES) -> Decimal:
    return read_line(position, round_type).amount


def compute_total(request: Fields) -> Decimal:
    """The total the register arrives at, two decimals; meaningful only when `find_faults` finds none."""
    fields = lowered(request)
    round_type = read_round_type(fields)
    lines = _add_up(compute_line(item, round_type) for item in read_items(fields, "positions"))
    total = lines + _add_up(item.amount for item in read_modifiers(fields, round_type))
    return round_to(round_to(total, TENGE) if round_type == ROUND_TOTAL else total, TIYN)


def compute_sums(request: Fields) -> Sums:
    """The figures of a request that passed `find_faults`."""
    fields = lowered(request)
    round_type = read_round_type(fields)
    lines = tuple(read_line(item, round_type) for item in read_items(fields, "positions"))
    modifiers = read_modifiers(fields, round_type)
    payments = tuple(read_payments(fields))
    taken = _add_up(amount for _, amount in payments)
    total, change = compute_total(fields), read_decimal(fields.get("change"))
    return Sums(
        lines=lines,
        payments=payments,
        total=total,
        tax=_add_up(line.tax for line in lines) + _add_up(item.tax for item in modifiers),
        taken=taken,
        change=taken - total if change is None else change,
        discount=_add_up(line.discount for line in lines) - _add_up(item.amount for item in modifiers if item.amount < 0),
        markup=_add_up(line.markup for line in lines) + _add_up(item.amount for item in modifiers if item.amount > 0),
    )


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
    is_change_wrong = fields.get("change") is not None and _read_money(fields["change"]) is None
    unknown = [
        f"Недопустимый тип платежа ({payment.get('paymenttype')})"
        for payment, kind in zip(payments, kinds, strict=True)
        if kind not in PAYMENT_TYPES
    ]
    return unknown + list_true(
        (len(set(kinds)) != len(kinds), "Каждый тип платежа может быть указан только один раз"),
        (len(readable) < len(amounts), "Недопустимая сумма платежа"),
        (
            len(readable) == len(amounts) and _add_up(readable) >= TOO_MUCH_MONEY,
            "Сумма платежей не должна превышать 9 знаков",
        ),
        (is_change_wrong, "Недопустимая сумма сдачи"),
    )


def find_balance_faults(fields: Fields) -> list[str]:
    """Total against payments; asked only when every payment can be read."""
    total, payments, change = compute_total(fields), read_payments(fields), read_decimal(fields.get("change"))
    paid, cashless = _add_up(amount for _, amount in payments), _add_up(amount for kind, amount in payments if kind != CASH)
    lines = _add_up(read_amount(lowered(row).get("tax")) for row in read_items(fields, "positions"))
    tax = lines + _add_up(item.tax for item in read_modifiers(fields, read_round_type(fields)))
    whole, given = f"Сумма чека ({format_ru(total)})", format_ru(paid)
    return list_true(
        (total < 0, f"{whole} не может быть отрицательной"),
        (tax < 0, "Сумма налога чека не может быть отрицательной"),
        (
            change is not None and total != paid - change,
            f"{whole} не совпадает с суммой платежей ({given}) и сдачей ({format_ru(change or Decimal(0))})",
        ),
        (change is None and paid < total, f"Сумма платежей ({given}) меньше суммы чека ({format_ru(total)})"),
        (cashless > total, f"Сумма безналичных платежей ({format_ru(cashless)}) превышает сумму чека ({format_ru(total)})"),
    )


def read_items(fields: Fields, name: str) -> Sequence[Fields]:
    items = fields.get(name)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list | tuple) else []


def read_round_type(fields: Fields) -> int:
    round_type = read_int(fields.get("roundtype"))
    return ROUND_LINES if round_type is None else round_type


def read_payments(fields: Fields) -> list[tuple[int, Decimal]]:
    rows = [lowered(item) for item in read_items(fields, "payments")]
    return [(read_int(row.get("paymenttype")) or CASH, read_amount(row.get("sum"))) for row in rows]


def read_modifiers(fields: Fields, round_type: int) -> list[Modifier]:
    modifiers = []
    for row in map(lowered, read_items(fields, "ticketmodifiers")):
        sign = -1 if read_int(row.get("type")) == DISCOUNT else 1
        amount = round_to(read_amount(row.get("sum")), _get_step(round_type))
        modifiers.append(Modifier(amount=sign * amount, tax=sign * read_amount(row.get("tax"))))
    return modifiers


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


def _add_up(amounts: Iterable[Decimal]) -> Decimal:
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
