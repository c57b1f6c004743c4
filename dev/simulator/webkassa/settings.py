"""What the simulator is started with, and which of it the control API may change while it runs."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from dev.simulator.webkassa.fields import read_bool, read_decimal, read_int

# Refusals a cashbox can be made to give: no access, unknown, blocked, not activated.
CASHBOX_PROBLEMS = frozenset({5, 6, 7, 10})


class SettingsError(ValueError):
    """The control API was asked for something that does not exist or cannot be."""


@dataclass(slots=True)
class Settings:
    """Defaults are what captures of the real service show."""

    host: str = "127.0.0.1"
    port: int = 0
    api_key: str = "sim-api-key"
    login: str = "cashier@example.test"
    password: str = "sim-password"
    cashboxes: tuple[str, ...] = ("SWK00000001",)
    state_file: Path | None = None
    vat_rates: frozenset[int] = frozenset({12, 16})
    protocol: int = 203
    scope: str = "cashbox"
    latency_ms: float = 0
    duplicate_with_data: bool = True
    duplicate_before_validation: bool = True
    errors_style: str = "absent"
    not_found_style: str = "19"
    total_in_answer: bool = False
    offline: bool = False
    visibility_delay_seconds: float = 0
    verify_returns: bool = False
    token_ttl_seconds: float = 86_400
    lookup_needs_shift: bool = True
    ticket_lookup_missing: bool = False
    license_expires_at: str = "2030-01-01T00:00:00+05:00"
    cashbox_problems: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "Settings":
        return replace(self, cashbox_problems=dict(self.cashbox_problems))

    def restore(self, other: "Settings") -> None:
        source = other.copy()
        for item in fields(source):
            setattr(self, item.name, getattr(source, item.name))

    def describe(self) -> dict[str, Any]:
        shown = asdict(self)
        shown |= {"password": "***", "api_key": "***"}
        shown |= {"vat_rates": sorted(self.vat_rates), "cashboxes": list(self.cashboxes)}
        return shown | {"state_file": str(self.state_file) if self.state_file else None}

    def change(self, changes: Mapping[str, Any]) -> None:
        """All or nothing: one bad value and none of them is applied."""
        unknown = sorted(set(changes) - set(READERS))
        if unknown:
            raise SettingsError(f"unknown settings: {', '.join(unknown)}")
        values = {name: READERS[name](name, value) for name, value in changes.items()}
        problems = values.pop("cashbox_problems", {})
        for number, code in problems.items():
            if code is None:
                self.cashbox_problems.pop(number, None)
            else:
                self.cashbox_problems[number] = code
        for name, value in values.items():
            setattr(self, name, value)


def _read_flag(name: str, value: object) -> bool:
    flag = read_bool(value)
    if flag is None:
        raise SettingsError(f"{name} must be true or false")
    return flag


def _read_duration(name: str, value: object) -> float:
    number = read_decimal(value)
    if number is None or number < 0:
        raise SettingsError(f"{name} must be a number, zero or more")
    return float(number)


def _one_of(*choices: str | int) -> Callable[[str, object], Any]:
    def read(name: str, value: object) -> str | int:
        # JSON true is 1 to Python; a switch set to true must not pass for a number.
        found = [choice for choice in choices if str(choice) == str(value) and not isinstance(value, bool)]
        if not found:
            raise SettingsError(f"{name} must be one of {', '.join(map(str, choices))}")
        return found[0]

    return read


def _read_rates(name: str, value: object) -> frozenset[int]:
    rates = [read_int(item) for item in value] if isinstance(value, list) else [None]
    if any(rate is None or not 0 <= rate <= 100 for rate in rates):
        raise SettingsError(f"{name} must be a list of whole percents")
    return frozenset(rate for rate in rates if rate is not None)


def _read_problems(name: str, value: object) -> dict[str, int | None]:
    if not isinstance(value, dict) or any(code is not None and code not in CASHBOX_PROBLEMS for code in value.values()):
        raise SettingsError(f"{name} must map a cashbox to null or one of {sorted(CASHBOX_PROBLEMS)}")
    return value


def _read_text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise SettingsError(f"{name} must be a text")
    return value


READERS: dict[str, Callable[[str, Any], Any]] = {
    "scope": _one_of("cashbox", "shift"),
    "protocol": _one_of(203, 204),
    "errors_style": _one_of("absent", "null", "empty"),
    "not_found_style": _one_of("19", "16", "empty"),
    "latency_ms": _read_duration,
    "visibility_delay_seconds": _read_duration,
    "token_ttl_seconds": _read_duration,
    "duplicate_with_data": _read_flag,
    "duplicate_before_validation": _read_flag,
    "total_in_answer": _read_flag,
    "offline": _read_flag,
    "verify_returns": _read_flag,
    "lookup_needs_shift": _read_flag,
    "ticket_lookup_missing": _read_flag,
    "vat_rates": _read_rates,
    "cashbox_problems": _read_problems,
    "license_expires_at": _read_text,
    "password": _read_text,
    "api_key": _read_text,
}
