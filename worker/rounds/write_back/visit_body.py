"""What is sent to have a visit name its receipts, and what must be left as it was. Pure.

A PUT replaces the whole record. So everything that was read goes back, but what Altegio works out itself; whoever reads a
part of a record only, a hidden phone for one, must not write it.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from shared.fiscal.own_words import IssuedReceipt, find_receipt_lines, leave_out_receipts, name_receipts

# Of a read record: what nobody sets. Money and documents have ways of their own.
_NOT_SENT = frozenset(
    {
        "id",
        "company_id",
        "visit_id",
        "create_date",
        "last_change_date",
        "deleted",
        "paid_full",
        "payment_status",
        "prepaid",
        "prepaid_confirmed",
        "documents",
        "finance_transactions",
        "is_sale_bill_printed",
        "is_update_blocked",
        "short_link",
        "created_user_id",
        "staff",
        "date",
        # Sent back they might send the client a message once more.
        "sms_now",
        "sms_now_text",
        "email_now",
        "notified",
    }
)
_NEEDED = ("staff_id", "services", "client", "datetime", "seance_length")
# What people change of a visit.
_EDITED = (
    "services",
    "goods_transactions",
    "staff_id",
    "datetime",
    "seance_length",
    "attendance",
    "comment",
    "custom_fields",
)
# The time is the visit's own already, whoever else has it; and nobody is told of a line in a comment.
_MANNERS: Mapping[str, Any] = {"save_if_busy": True, "send_sms": False}
_PHONE = re.compile(r"[+\d\s()-]{5,}")


class CannotWrite(Exception):
    """Raised where a visit is left alone; the message says why."""


@dataclass(frozen=True, slots=True)
class Body:
    """Holds what is to be sent, and what of it is ours."""

    record: Mapping[str, Any]
    written: str


def put_back(record: Mapping[str, Any], edit: Mapping[str, Any], place: str, receipts: Sequence[IssuedReceipt]) -> Body:
    """Returns what to send to have a change of somebody's again, that our write undid. Raises CannotWrite.

    `edit`: the visit as its webhook told it.
    """
    edited = {**record, **{name: edit[name] for name in _EDITED if name in edit}}
    body = build_body(edited, place, receipts, always=True)
    assert body is not None
    return body


def build_body(
    record: Mapping[str, Any], place: str, receipts: Sequence[IssuedReceipt], *, always: bool = False
) -> Body | None:
    """Returns what to send so that a visit names these receipts and no others; None where it does already, unless `always`.

    `place`: the name of a field, "" for the comment. Raises CannotWrite.
    """
    text = read_place(record, place)
    if place and text and leave_out_receipts(text).strip():
        raise CannotWrite(f"the field {place!r} holds something else")
    wanted = name_receipts(text, receipts)
    if wanted == text and not always:
        return None
    _refuse_partly_read(record)
    kept = {name: value for name, value in record.items() if name not in _NOT_SENT}
    ours = {"custom_fields": {**_read_fields(record), place: wanted}} if place else {"comment": wanted}
    return Body({**kept, **_MANNERS, **ours}, "\n".join(find_receipt_lines(wanted)))


def read_place(record: Mapping[str, Any], place: str) -> str:
    """Returns what stands where the receipts are to be named."""
    return str((_read_fields(record).get(place) if place else record.get("comment")) or "")


def digest_others(record: Mapping[str, Any]) -> str:
    """Returns a digest of what our write leaves as it was: equal for the record of a webhook and of a read."""
    comment = leave_out_receipts(str(record.get("comment") or "")).strip()
    told = [
        str(record.get("staff_id") or ""),
        str(record.get("seance_length") or ""),
        str(record.get("attendance") or 0),
        str(record.get("date") or "")[:19].replace("T", " "),
        comment,
        _list_lines(record.get("services")),
        _list_lines(record.get("goods_transactions")),
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()


def _read_fields(record: Mapping[str, Any]) -> dict[str, Any]:
    """Empty fields come as an empty list."""
    fields = record.get("custom_fields")
    return dict(fields) if isinstance(fields, dict) else {}


def _refuse_partly_read(record: Mapping[str, Any]) -> None:
    if record.get("is_update_blocked"):
        raise CannotWrite("Altegio has blocked the visit for changes")
    missing = [name for name in _NEEDED if name not in record]
    if missing:
        raise CannotWrite(f"Altegio does not show {', '.join(missing)} of the visit, which would be lost")
    client = record["client"]
    if isinstance(client, dict) and client and not _PHONE.fullmatch(str(client.get("phone") or "")):
        raise CannotWrite("the client's phone is hidden from the user of ALTEGIO_USER_TOKEN, or there is none")


def _list_lines(lines: object) -> list[list[str]]:
    rows = list(lines.values()) if isinstance(lines, dict) else lines if isinstance(lines, list) else []
    found = [row for row in rows if isinstance(row, dict)]
    return sorted([_plain(row.get(name)) for name in ("id", "amount", "cost")] for row in found)


def _plain(value: object) -> str:
    try:
        return f"{abs(Decimal(str(value))):.2f}"
    except InvalidOperation:
        return ""
