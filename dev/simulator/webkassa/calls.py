"""Which operation is called, by paths in any case, and what its body says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dev.simulator import simulator
from dev.simulator.journal import Entry
from dev.simulator.jsontext import BadJson, parse
from dev.simulator.webkassa.errors import API_KEY_MISSING, Refusal
from dev.simulator.webkassa.ledger import Cashbox
from dev.simulator.webkassa.register import Register
from dev.simulator.webkassa.rules.fields import lowered, mask_secrets, read_text
from dev.simulator.webkassa.settings import Settings
from dev.simulator.wire import Request

V4 = {
    "/api/v4/authorize": "authorize",
    "/api/v4/check": "check",
    "/api/v4/zreport": "z_report",
    "/api/v4/xreport": "x_report",
    "/api/v4/moneyoperation": "money_operation",
    "/api/v4/cashboxes": "cashboxes",
    "/api/v4/cashbox/shifthistory": "shift_history",
    "/api/v4/check/history": "check_history",
    "/api/v4/check/historybynumber": "history_by_number",
    "/api/v4/ticket/printformat": "print_format",
    "/api/v4/references/refunits": "ref_units",
    "/api-history/v4/ticket/getticketbyexternalchecknumber": "ticket",
    "/api-portal/v4/cashbox/client-info": "client_info",
    "/api-portal/v4/organization/main-info": "main_info",
}
NOT_LEGACY = ("cashbox/shifthistory", "check/history", "references/refunits")
# Older names of the same methods; they were never seen to ask for the key.
LEGACY = {
    path.replace("/v4", ""): operation
    for path, operation in V4.items()
    if path.startswith("/api/") and not path.endswith(NOT_LEGACY)
}


@dataclass(frozen=True)
class Call(simulator.Call):
    """`fields` is the body with its names in lower case; `problem` is found before any method is called."""

    register: Register
    body: Mapping[str, Any]
    fields: Mapping[str, Any]
    problem: Refusal | None = None
    # What Accept-Language says.
    languages: str = ""
    # Of the gateway's answer where the path or the HTTP method is unknown.
    status: int = 200

    @property
    def settings(self) -> Settings:
        return self.register.settings

    @property
    def cashbox_number(self) -> str | None:
        return read_text(self.fields.get("cashboxuniquenumber")) or None

    @property
    def external_number(self) -> str:
        return read_text(self.fields.get("externalchecknumber"))

    def now(self) -> datetime:
        return self.register.clock.now()

    def get_cashbox(self, *, fiscal: bool = False) -> Cashbox:
        return self.register.get_cashbox(self.fields, fiscal=fiscal)


def read_call(request: Request, register: Register) -> Call:
    settings, path = register.settings, request.path.rstrip("/").lower()
    operation = V4.get(path) or LEGACY.get(path)
    is_missing = operation is None or (operation == "ticket" and settings.ticket_lookup_missing)
    if is_missing or request.method != "POST":
        entry = _note(request, register, operation, {})
        return Call(entry, register, {}, {}, status=404 if is_missing else 405)
    problem, body = None, {}
    try:
        body = _read_object(request.raw)
    except BadJson as error:
        problem = Refusal(9, str(error))
    if path in V4 and request.headers.get("x-api-key") != settings.api_key:
        # Status, code and text of this refusal are assumed: only its existence is known.
        problem = Refusal(3, API_KEY_MISSING)
    languages = request.headers.get("accept-language", "")
    call = Call(_note(request, register, operation, body), register, body, lowered(body), problem, languages)
    call.entry.told["cashbox"] = call.cashbox_number
    return call


def _note(request: Request, register: Register, operation: str | None, body: Mapping[str, Any]) -> Entry:
    told = {"at": register.clock.now().isoformat(), "path": request.path, "cashbox": None, "overlapped": False}
    return Entry(operation or "unknown", told | {"body": mask_secrets(body) if body else None})


def _read_object(raw: bytes) -> dict[str, Any]:
    body = parse(raw)
    if not isinstance(body, dict):
        raise BadJson("; Error converting value to type 'Request'. Path '', line 1, position 1.")
    return body
