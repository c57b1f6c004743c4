"""The sample visit: posted like Altegio would, followed until it has its receipt."""

import json
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import requests

from dev.demo.servers import write_private
from dev.demo.web import request

RECORD_ID = 596792978
COMPANY_ID = 307626
# States in which nothing more happens without a person.
_FINAL_STATES = frozenset({"ignored", "awaiting_payment", "dead_lettered", "invalid"})
_REMINDER_SECONDS = 5.0


class DemoFailed(Exception):
    """A step did not succeed; `name` is the process whose words explain it."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


def build_visit(record_id: int, title: str, cost: int) -> dict[str, Any]:
    """Returns the body of a visit of today, so that it stands on the first page of the desk."""
    client = {"name": "Вячослав", "phone": "+77770220606"}
    data = {"id": record_id, "date": f"{today():%Y-%m-%d %H:%M}:00", "comment": "фч", "client": client}
    data["services"] = [{"title": title, "cost": cost}]
    return {"company_id": COMPANY_ID, "resource": "record", "resource_id": record_id, "status": "update", "data": data}


def today() -> datetime:
    """Returns the present time where the salon is."""
    return datetime.now(ZoneInfo("Asia/Almaty"))


def post_visit(api_url: str, secret: str) -> str:
    """Returns the address of the delivery's status. Repeating it is harmless: the service knows the visit already."""
    status, answer = _call("POST", f"{api_url}/api/webhook/{secret}", json=build_visit(RECORD_ID, "Стрижка детская", 4000))
    if status != 200 or not isinstance(answer, dict) or not answer.get("record_id"):
        raise DemoFailed("api", f"the sample visit was answered with {status}: {answer}")
    return urljoin(api_url, str(answer["status_url"]))


class Follower:
    """Asks for the status of a delivery and tells every change."""

    def __init__(self, status_url: str, tell: Callable[[str], None]) -> None:
        self._url, self._tell = status_url, tell
        self._last = ""
        self._begun = self._told_at = time.monotonic()

    def find_receipt(self) -> dict[str, Any] | None:
        """The receipt once it is issued. Raises DemoFailed when it never will be."""
        status, answer = _call("GET", self._url)
        # Not so while the supervisor is starting the API again.
        if status != 200 or not isinstance(answer, dict):
            return None
        receipt = answer.get("receipt") or {}
        self._report(f"{answer.get('state')}, receipt {receipt.get('state', 'not begun')}")
        if receipt.get("state") == "issued":
            return dict(receipt)
        if answer.get("state") in _FINAL_STATES or receipt.get("state") == "rejected":
            how = f"the visit ended without a receipt: {answer.get('state')} ({answer.get('reason')})"
            raise DemoFailed("worker", f"{how}. To begin anew, remove the state folder")
        return None

    def _report(self, state: str) -> None:
        now = time.monotonic()
        if state != self._last:
            self._tell(f"delivery: {state}")
        elif now - self._told_at >= _REMINDER_SECONDS:
            self._tell(f"delivery: still {state}, {now - self._begun:.0f} s")
        else:
            return
        self._last, self._told_at = state, now


def find_tax(simulator_url: str, external_check_number: str) -> Decimal | None:
    """The tax as the register has it; the status endpoint does not tell."""
    status, rows = _call("GET", f"{simulator_url}/_sim/receipts?external={external_check_number}")
    return Decimal(rows[0]["tax"]) if status == 200 and isinstance(rows, list) and rows else None


def describe_receipt(receipt: Mapping[str, Any], tax: Decimal | None) -> dict[str, str]:
    return {
        "Record": str(RECORD_ID),
        "External check number": str(receipt.get("external_check_number")),
        "Fiscal number": str(receipt.get("fiscal_number")),
        "Total": f"{Decimal(str(receipt.get('total'))):.2f} ₸",
        "Tax": _describe_tax(tax),
        "Link": str(receipt.get("receipt_url")),
    }


def write_try_out(folder: Path, api_url: str, secret: str) -> str:
    """A curl line for another visit. The secret is read from a file, so it is not in anybody's scrollback."""
    another = build_visit(RECORD_ID + 1, "Окрашивание", 6500)
    (folder / "visit.json").write_text(json.dumps(another, ensure_ascii=False, indent=2) + "\n", "utf-8")
    write_private(folder / "webhook-url", f"{api_url}/api/webhook/{secret}\n")
    shown = os.path.relpath(folder)
    return f'curl -d @{shown}/visit.json "$(cat {shown}/webhook-url)"'


def _call(method: str, url: str, **options: Any) -> tuple[int, Any]:
    """Status and decoded JSON; None for a body that is none. Status 0: nobody answered, or not in HTTP."""
    try:
        answer = request(method, url, timeout=3.0, **options)
    except requests.RequestException as error:
        return 0, type(error).__name__  # its text may hold the address, and that the secret
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, None


def _describe_tax(tax: Decimal | None) -> str:
    if tax is None:
        return "unknown: the simulator has forgotten the receipt"
    return f"{tax:.2f} ₸" if tax else "0.00 ₸ (WEBKASSA_VAT=none)"
