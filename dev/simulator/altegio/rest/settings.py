"""What the server is started with, and what the control API may change of it."""

from typing import Literal

from pydantic import Field, field_validator

from dev.simulator import settings
from dev.simulator.altegio.rest.routes import OPERATIONS


class Settings(settings.Settings):
    """Defaults are what the documentation says; where it is silent, or replies differ, there is a switch."""

    secret = frozenset({"partner_token", "user_token"})

    partner_token: str = Field("sim-partner-token", min_length=1)
    user_token: str = Field("sim-user-token", min_length=1)

    # Calls from one address; 0 switches a limit off.
    limit_per_minute: int = Field(200, ge=0)
    limit_per_second: int = Field(5, ge=0)
    # Whether a 429 says how long to wait is not documented.
    retry_after: int | None = Field(None, ge=0)

    # Operations that answer "No rights to manage the location".
    no_rights: frozenset[str] = frozenset()
    # Records whose time somebody else has as well: saved only with `save_if_busy`.
    busy_records: frozenset[int] = frozenset()
    # Whether staff who change a comment see the lines that were added to it, or have had it open since before.
    edits_keep_lines: bool = True
    # Whether money that is booked over REST keeps the visit it names: it is accepted, and was seen to be dropped.
    money_keeps_visit: bool = False
    # How long after a change over REST its webhook comes, where the salon's hooks have `self_sending`.
    webhook_seconds: float = Field(5.0, ge=0)
    # Records that are denied one by one, and the status of that: somebody else's.
    denied_records: frozenset[int] = frozenset()
    denied_with: Literal[401, 403] = 403
    # Refusals of any kind as HTTP 200 with success:false.
    refuse_with_200: bool = False
    # Locations that answer an empty list as a refusal with these words, as some installations do.
    refused_empty: frozenset[int] = frozenset()
    # Location -> seconds: what is read there is so much older than what the webhooks tell, or not there yet.
    read_lags: dict[int, float] = Field(default_factory=dict)
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
