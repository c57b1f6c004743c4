"""What the server is started with, and which of it the control API may change while it runs."""

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from dev.simulator.altegio.rest.routes import OPERATIONS

ADDRESS = frozenset({"host", "port"})


class SettingsError(ValueError):
    """The control API was asked for something that does not exist or cannot be; the message names the field."""


class Settings(BaseModel):
    """Defaults are what the documentation says; where it is silent, or replies differ, there is a switch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65_535)
    partner_token: str = Field("sim-partner-token", min_length=1)
    user_token: str = Field("sim-user-token", min_length=1)

    # Calls from one address; None switches a limit off.
    limit_per_minute: int | None = Field(200, ge=1)
    limit_per_second: int | None = Field(5, ge=1)
    # Whether a 429 says how long to wait is not documented.
    retry_after: int | None = Field(None, ge=0)
    latency_ms: float = Field(0, ge=0)

    # Operations that answer "No rights to manage the location", and locations the user cannot enter at all.
    no_rights: frozenset[str] = frozenset()
    denied_locations: frozenset[int] = frozenset()
    # Refusals of any kind as HTTP 200 with success:false.
    refuse_with_200: bool = False
    not_found_meta: Literal["object", "list"] = "object"

    # The documented rows of both transaction lists have an account of id and title only.
    is_cash_in_transactions: bool = False
    amounts_as_text: bool = False
    # Whether the sale document of a visit can be asked for is not known.
    sale_of_visits: bool = True
    deleted_records: Literal["shown", "missing"] = "shown"
    # `changed_after` means Altegio's own stamp; or, for a week lived in minutes, the moment the server learned of it.
    dated_by: Literal["stamp", "arrival"] = "stamp"

    @field_validator("no_rights")
    @classmethod
    def _know_operations(cls, value: frozenset[str]) -> frozenset[str]:
        unknown = sorted(value - OPERATIONS)
        if unknown:
            raise ValueError(f"no such operation: {', '.join(unknown)}; there are {', '.join(sorted(OPERATIONS))}")
        return value

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """All or nothing. Raises SettingsError."""
        fixed = sorted(ADDRESS & set(changes))
        if fixed:
            raise SettingsError(f"{', '.join(fixed)}: only at the start")
        try:
            return type(self).model_validate({**self.model_dump(), **changes})
        except ValidationError as error:
            raise SettingsError(describe_problem(error)) from error

    def describe(self) -> dict[str, Any]:
        return self.model_dump(mode="json") | {"partner_token": "***", "user_token": "***"}


def describe_problem(error: ValidationError) -> str:
    parts = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
    return "; ".join(parts)
