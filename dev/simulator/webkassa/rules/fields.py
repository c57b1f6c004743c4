"""Reading request fields the way the vendor does: names in any case, numbers also as strings."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

Fields = Mapping[str, Any]
TIYN = Decimal("0.01")
SECRET_FIELDS = frozenset({"token", "login", "password"})


def lowered(fields: Fields) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in fields.items()}


def list_true(*complaints: tuple[bool, str]) -> list[str]:
    """The texts of those whose condition holds."""
    return [text for holds, text in complaints if holds]


def read_decimal(value: object) -> Decimal | None:
    """None for anything that is not a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        # A float goes through its shortest text: 0.1 means 0.1, not its binary neighbour.
        number = value if isinstance(value, Decimal) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def read_amount(value: object) -> Decimal:
    """An optional amount: what is absent or unreadable counts as nothing."""
    return read_decimal(value) or Decimal(0)


def read_int(value: object) -> int | None:
    # Codes, numbers and percents are all far below this; int(Decimal("1e999999")) would hang.
    number = read_decimal(value)
    if number is None or abs(number) > 10**18 or number != number.to_integral_value():
        return None
    return int(number)


def read_text(value: object) -> str:
    return "" if value is None else str(value).strip()


def read_bool(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(read_text(value).lower())


def round_to(amount: Decimal, step: Decimal) -> Decimal:
    """Half away from zero, as the vendor rounds."""
    return amount.quantize(step, ROUND_HALF_UP)


def format_ru(amount: Decimal) -> str:
    """Two decimals, decimal comma, thousands apart: 1 000,00."""
    return f"{round_to(amount, TIYN):,}".replace(",", " ").replace(".", ",")


def mask_secrets(body: Fields) -> dict[str, Any]:
    """Only the top level carries secrets in this API."""
    return {name: "***" if str(name).lower() in SECRET_FIELDS else value for name, value in body.items()}
