"""Paths of the vendor's API, in lower case: the real service does not care about case."""

from typing import NamedTuple


class Route(NamedTuple):
    operation: str
    needs_key: bool


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
# Older names of the same methods; they were never seen to ask for the key.
LEGACY = {
    "/api/authorize": "authorize",
    "/api/check": "check",
    "/api/zreport": "z_report",
    "/api/xreport": "x_report",
    "/api/moneyoperation": "money_operation",
    "/api/cashboxes": "cashboxes",
    "/api/check/historybynumber": "history_by_number",
    "/api/ticket/printformat": "print_format",
}
ROUTES = {path: Route(operation, needs_key=True) for path, operation in V4.items()} | {
    path: Route(operation, needs_key=False) for path, operation in LEGACY.items()
}


def find_route(path: str) -> Route | None:
    return ROUTES.get(path.rstrip("/").lower())
