"""What makes the sums of a check request valid. Pure: no state, no clock, exact decimals only.

The tax of a line is compared exactly, on the discounted and rounded line; that and the wording of the tax and
balance complaints were captured from the real service. Other wordings are this simulator's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dev.simulator.webkassa import requisites
from dev.simulator.webkassa.fields import (
    TIYN,
    format_ru,
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


@dataclass(frozen=True, slots=True)
class Modifier:
    """A discount or markup on the whole receipt; `amount` and `tax` are negative for a discount."""

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


def compute_line(position: Mapping[str, Any], round_type: int = ROUND_LINES) -> Decimal:
    fields = lowered(position)
    step = TENGE if round_type == ROUND_LINES else TIYN
    gross = read_amount(fields.get("price")) * read_amount(fields.get("count"))
    discount = round_to(read_amount(fields.get("discount")), step)
    markup = round_to(read_amount(fields.get("markup")), step)
    return round_to(gross - discount + markup, step)


def compute_total(request: Mapping[str, Any]) -> Decimal:
    """The total the register arrives at, two decimals; meaningful only when `find_faults` finds none."""
    fields = lowered(request)
    round_type = read_round_type(fields)
    lines = sum((compute_line(item, round_type) for item in read_items(fields, "positions")), Decimal(0))
    modifiers = sum((item.amount for item in read_modifiers(fields, round_type)), Decimal(0))
    total = lines + modifiers
    return round_to(round_to(total, TENGE) if round_type == ROUND_TOTAL else total, TIYN)


def compute_sums(request: Mapping[str, Any]) -> Sums:
    """The figures of a request that passed `find_faults`."""
    fields = lowered(request)
    round_type = read_round_type(fields)
    lines = tuple(read_line(item, round_type) for item in read_items(fields, "positions"))
    modifiers = read_modifiers(fields, round_type)
    payments = tuple(read_payments(fields))
    taken = sum((amount for _, amount in payments), Decimal(0))
    total = compute_total(fields)
    change = read_decimal(fields.get("change"))
    cuts = [-item.amount for item in modifiers if item.amount < 0]
    extras = [item.amount for item in modifiers if item.amount > 0]
    return Sums(
        lines=lines,
        payments=payments,
        total=total,
        tax=sum((line.tax for line in lines), Decimal(0)) + sum((item.tax for item in modifiers), Decimal(0)),
        taken=taken,
        change=taken - total if change is None else change,
        discount=sum((line.discount for line in lines), Decimal(0)) + sum(cuts, Decimal(0)),
        markup=sum((line.markup for line in lines), Decimal(0)) + sum(extras, Decimal(0)),
    )


def find_faults(request: Mapping[str, Any], *, vat_rates: frozenset[int], protocol: int) -> list[str]:
    """Every complaint about a check request, in the register's order; empty when it is valid."""
    fields = lowered(request)
    complaints = requisites.find_faults(fields, protocol=protocol)
    positions = read_items(fields, "positions")
    if not positions:
        complaints.append("Необходимо указать хотя бы одну позицию")
    round_type = read_round_type(fields)
    for position in positions:
        complaints += find_position_faults(position, round_type, vat_rates=vat_rates, protocol=protocol)
    for modifier in read_items(fields, "ticketmodifiers"):
        complaints += find_modifier_faults(modifier, round_type, vat_rates=vat_rates)
    payment_faults = find_payment_faults(fields)
    complaints += payment_faults
    if positions and not payment_faults:
        complaints += find_balance_faults(fields, round_type)
    return complaints


def find_position_faults(
    position: Mapping[str, Any], round_type: int, *, vat_rates: frozenset[int], protocol: int
) -> list[str]:
    fields = lowered(position)
    name = read_text(fields.get("positionname"))
    complaints = requisites.find_position_faults(fields, protocol=protocol)
    complaints += _find_range_faults(fields)
    complaints += _find_rate_faults(fields, vat_rates)
    if not complaints:
        amount = compute_line(position, round_type)
        if amount < 0:
            complaints.append("Сумма позиции не может быть отрицательной")
        complaints += _find_tax_faults(fields, amount)
    return [f"Позиция '{name}': {complaint}" for complaint in complaints]


def find_modifier_faults(modifier: Mapping[str, Any], round_type: int, *, vat_rates: frozenset[int]) -> list[str]:
    fields = lowered(modifier)
    text = read_text(fields.get("text"))
    complaints = _find_rate_faults(fields, vat_rates)
    amount = read_decimal(fields.get("sum"))
    if amount is None or not 0 <= amount <= MAX_PRICE:
        complaints.append("Недопустимая сумма")
    if len(text) > 50:
        complaints.append("Текст не должен превышать 50 символов")
    if read_int(fields.get("type")) not in {DISCOUNT, MARKUP}:
        complaints.append("Недопустимый тип модификатора")
    if not complaints and amount is not None:
        complaints += _find_tax_faults(fields, round_to(amount, _get_step(round_type)))
    return [f"Скидка/наценка '{text}': {complaint}" for complaint in complaints]


def find_payment_faults(fields: Mapping[str, Any]) -> list[str]:
    payments = [lowered(item) for item in read_items(fields, "payments")]
    if not payments:
        return ["Необходимо указать хотя бы один платеж"]
    complaints = []
    kinds = [read_int(payment.get("paymenttype")) for payment in payments]
    complaints += [
        f"Недопустимый тип платежа ({payment.get('paymenttype')})"
        for payment, kind in zip(payments, kinds, strict=True)
        if kind not in PAYMENT_TYPES
    ]
    if len(set(kinds)) != len(kinds):
        complaints.append("Каждый тип платежа может быть указан только один раз")
    amounts = [read_decimal(payment.get("sum")) for payment in payments]
    if any(amount is None or not 0 <= amount < TOO_MUCH_MONEY for amount in amounts):
        complaints.append("Недопустимая сумма платежа")
    elif sum((amount for amount in amounts if amount), Decimal(0)) >= TOO_MUCH_MONEY:
        complaints.append("Сумма платежей не должна превышать 9 знаков")
    change = fields.get("change")
    given = read_decimal(change)
    if change is not None and (given is None or not 0 <= given < TOO_MUCH_MONEY):
        complaints.append("Недопустимая сумма сдачи")
    return complaints


def find_balance_faults(fields: Mapping[str, Any], round_type: int) -> list[str]:
    """Total against payments; asked only when every payment can be read."""
    complaints = []
    total = compute_total(fields)
    payments = read_payments(fields)
    paid = sum((amount for _, amount in payments), Decimal(0))
    change = read_decimal(fields.get("change"))
    if total < 0:
        complaints.append(f"Сумма чека ({format_ru(total)}) не может быть отрицательной")
    if _compute_tax_after_modifiers(fields, round_type) < 0:
        complaints.append("Сумма налога чека не может быть отрицательной")
    if change is not None and total != paid - change:
        complaints.append(
            f"Сумма чека ({format_ru(total)}) не совпадает с суммой платежей ({format_ru(paid)})"
            f" и сдачей ({format_ru(change)})"
        )
    if change is None and paid < total:
        complaints.append(f"Сумма платежей ({format_ru(paid)}) меньше суммы чека ({format_ru(total)})")
    cashless = sum((amount for kind, amount in payments if kind != CASH), Decimal(0))
    if cashless > total:
        complaints.append(f"Сумма безналичных платежей ({format_ru(cashless)}) превышает сумму чека ({format_ru(total)})")
    return complaints


def read_items(fields: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    items = fields.get(name)
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list | tuple) else []


def read_round_type(fields: Mapping[str, Any]) -> int:
    round_type = read_int(fields.get("roundtype"))
    return ROUND_LINES if round_type is None else round_type


def read_payments(fields: Mapping[str, Any]) -> list[tuple[int, Decimal]]:
    rows = [lowered(item) for item in read_items(fields, "payments")]
    return [(read_int(row.get("paymenttype")) or CASH, read_amount(row.get("sum"))) for row in rows]


def read_modifiers(fields: Mapping[str, Any], round_type: int) -> list[Modifier]:
    modifiers = []
    for row in map(lowered, read_items(fields, "ticketmodifiers")):
        sign = -1 if read_int(row.get("type")) == DISCOUNT else 1
        amount = round_to(read_amount(row.get("sum")), _get_step(round_type))
        modifiers.append(Modifier(amount=sign * amount, tax=sign * read_amount(row.get("tax"))))
    return modifiers


def read_line(position: Mapping[str, Any], round_type: int) -> Line:
    fields = lowered(position)
    step = _get_step(round_type)
    return Line(
        name=read_text(fields.get("positionname")),
        code=read_text(fields.get("positioncode")),
        count=read_amount(fields.get("count")),
        price=read_amount(fields.get("price")),
        discount=round_to(read_amount(fields.get("discount")), step),
        markup=round_to(read_amount(fields.get("markup")), step),
        amount=compute_line(fields, round_type),
        tax_type=read_int(fields.get("taxtype")) or NO_TAX,
        tax_percent=read_int(fields.get("taxpercent")),
        tax=read_amount(fields.get("tax")),
        unit_code=read_int(fields.get("unitcode")),
        position_type=read_int(fields.get("positiontype")),
    )


def _get_step(round_type: int) -> Decimal:
    return TENGE if round_type == ROUND_LINES else TIYN


def _find_range_faults(fields: Mapping[str, Any]) -> list[str]:
    complaints = []
    count = read_decimal(fields.get("count"))
    # Compared by value, so that 1.5000 passes: only decimals that matter count.
    if count is None or not 0 <= count <= MAX_COUNT or count != round(count, 3):
        complaints.append("Недопустимое количество")
    price = read_decimal(fields.get("price"))
    if price is None or not 0 <= price <= MAX_PRICE:
        complaints.append("Недопустимая цена")
    for name, word in (("discount", "скидка"), ("markup", "наценка")):
        amount = read_decimal(fields.get(name))
        if fields.get(name) is not None and (amount is None or not 0 <= amount < TOO_MUCH_MONEY):
            complaints.append(f"Недопустимая {word}")
    return complaints


def _find_rate_faults(fields: Mapping[str, Any], vat_rates: frozenset[int]) -> list[str]:
    tax_type = read_int(fields.get("taxtype"))
    percent = read_int(fields.get("taxpercent"))
    if tax_type not in {NO_TAX, VAT}:
        return [f"Недопустимый тип налога ({fields.get('taxtype')})"]
    if tax_type == VAT and percent not in vat_rates:
        return [f"Недопустимая ставка налога ({fields.get('taxpercent')})"]
    if tax_type == NO_TAX and fields.get("taxpercent") is not None and percent != 0:
        return ["Ставка налога указана для позиции без налога"]
    return []


def _find_tax_faults(fields: Mapping[str, Any], amount: Decimal) -> list[str]:
    percent = read_int(fields.get("taxpercent")) if read_int(fields.get("taxtype")) == VAT else 0
    expected = compute_tax(amount, percent or 0)
    given = read_decimal(fields.get("tax"))
    if given is None:
        return ["Необходимо указать сумму налога"]
    if given != expected:
        return [f"Налог подсчитан неверно. (Текущее: {format_ru(given)}, Ожидалось: {format_ru(expected)})"]
    return []


def _compute_tax_after_modifiers(fields: Mapping[str, Any], round_type: int) -> Decimal:
    rows = read_items(fields, "positions")
    lines = sum((read_amount(lowered(row).get("tax")) for row in rows), Decimal(0))
    return lines + sum((item.tax for item in read_modifiers(fields, round_type)), Decimal(0))
