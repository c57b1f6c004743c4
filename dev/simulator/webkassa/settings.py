"""What the register is started with, and what the control API may change of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from dev.simulator import settings
from dev.simulator.webkassa.rules.fields import read_int

Rates = Annotated[frozenset[Annotated[int, Field(ge=0, le=100)]], PlainSerializer(sorted, when_used="json")]
# Refusals a cashbox can be made to give: no access, unknown, blocked, not activated.
Problem = Literal[5, 6, 7, 10]


class Settings(settings.Settings):
    """Defaults are what captures of the real service show."""

    fixed = settings.Settings.fixed | {"login", "cashboxes", "state_file"}
    secret = frozenset({"password", "api_key", "cashiers"})

    api_key: str = Field("sim-api-key", min_length=1)
    login: str = "cashier@example.test"
    password: str = Field("sim-password", min_length=1)
    # Others who may log in, with their passwords.
    cashiers: dict[str, str] = Field(default_factory=dict)
    cashboxes: tuple[str, ...] = ("SWK00000001",)
    # Keeps the ledger across restarts.
    state_file: Path | None = None
    # Empty for a non-payer of VAT.
    vat_rates: Rates = frozenset({5, 10, 12, 16})
    # A service may be receipted so many days before or after the one on which it is rendered.
    vat_days: int = Field(31, ge=0)
    protocol: Annotated[Literal[203, 204], BeforeValidator(read_int)] = 203
    scope: Literal["cashbox", "shift"] = "cashbox"
    duplicate_with_data: bool = True
    duplicate_before_validation: bool = True
    errors_style: Literal["absent", "null", "empty"] = "absent"
    not_found_style: Literal["19", "16", "empty"] = "19"
    total_in_answer: bool = False
    key_style: Literal["pascal", "camel", "lower"] = "pascal"
    value_style: Literal["json", "text"] = "json"
    offline: bool = False
    visibility_delay_seconds: float = Field(0, ge=0)
    verify_returns: bool = False
    # Code 8 for a return in cash of more than the drawer holds.
    returns_need_cash: bool = False
    token_ttl_seconds: float = Field(86_400, ge=0)
    lookup_needs_shift: bool = True
    ticket_lookup_missing: bool = False
    license_expires_at: str = Field("2030-01-01T00:00:00+05:00", min_length=1)
    cashbox_problems: dict[str, Problem] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _know_cashboxes(self) -> Self:
        strangers = sorted(set(self.cashbox_problems) - set(self.cashboxes))
        if strangers:
            raise ValueError(f"unknown cashboxes: {', '.join(strangers)}")
        return self

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Problems are changed one by one; null ends one."""
        problems = changes.get("cashbox_problems")
        if isinstance(problems, dict):
            merged = {**self.cashbox_problems, **problems}
            changes = {**changes, "cashbox_problems": {name: code for name, code in merged.items() if code is not None}}
        return super().changed(changes)
