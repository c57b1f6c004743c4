"""Rules of a check request that need no arithmetic: names, lengths, codes, the basis of a return. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from dev.simulator.webkassa.fields import lowered, read_bool, read_decimal, read_int, read_text

KAZAKHSTAN = timezone(timedelta(hours=5))
OPERATION_TYPES = frozenset({0, 1, 2, 3})
RETURNS = frozenset({1, 3})
ROUND_TYPES = frozenset({0, 2, 3})
PAPER_KINDS = frozenset({0, 3, 12, 13})
POSITION_TYPES = frozenset({0, 1, 2})
RETURN_BASIS_SINCE = 203
POSITION_TYPE_SINCE = 204

NO_RETURN_BASIS = "Необходимо заполнить данные чека основания"
BASIS_DATE_FORMATS = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
MAX_LENGTHS = (
    ("externalchecknumber", "ExternalCheckNumber", 50),
    ("externalordernumber", "ExternalOrderNumber", 200),
    ("customeremail", "CustomerEmail", 50),
    ("customerphone", "CustomerPhone", 20),
)


def find_faults(fields: Mapping[str, Any], *, protocol: int) -> list[str]:
    """Complaints about the top level of a request whose field names are already lower case."""
    complaints = [
        f"Длина поля {title} не должна превышать {limit} символов"
        for name, title, limit in MAX_LENGTHS
        if len(read_text(fields.get(name))) > limit
    ]
    operation_type = read_int(fields.get("operationtype"))
    if operation_type not in OPERATION_TYPES:
        complaints.append("Недопустимый тип операции")
    if fields.get("roundtype") is not None and read_int(fields["roundtype"]) not in ROUND_TYPES:
        complaints.append("Недопустимый тип округления")
    if fields.get("paperkind") is not None and read_int(fields["paperkind"]) not in PAPER_KINDS:
        complaints.append("Недопустимый вид бумаги")
    complaints += _find_customer_faults(fields)
    if operation_type in RETURNS and protocol >= RETURN_BASIS_SINCE:
        complaints += _find_basis_faults(fields.get("returnbasisdetails"))
    return complaints


def find_position_faults(fields: Mapping[str, Any], *, protocol: int) -> list[str]:
    complaints = []
    name = read_text(fields.get("positionname"))
    if not name:
        complaints.append("Необходимо указать наименование")
    if len(name) > 255:
        complaints.append("Наименование не должно превышать 255 символов")
    if len(read_text(fields.get("positioncode"))) > 50:
        complaints.append("Код не должен превышать 50 символов")
    if read_int(fields.get("unitcode")) is None:
        complaints.append("Необходимо указать единицу измерения")
    # Older protocols ignore the field, as they ignore every name they do not know.
    if protocol >= POSITION_TYPE_SINCE and read_int(fields.get("positiontype")) not in POSITION_TYPES:
        complaints.append("Необходимо указать признак товара, работы или услуги (PositionType)")
    marks = fields.get("marklist")
    if marks and fields.get("mark"):
        complaints.append("Допускается только одно из полей Mark и MarkList")
    if isinstance(marks, list) and marks and len(marks) != read_decimal(fields.get("count")):
        complaints.append("Число кодов маркировки не совпадает с количеством")
    return complaints


def parse_basis_date(text: str) -> datetime | None:
    """Cashbox-local, naive; None when the register could not read it."""
    for pattern in BASIS_DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern)  # noqa: DTZ007 - the text carries no zone: it is local
        except ValueError:
            continue
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is None else moment.astimezone(KAZAKHSTAN).replace(tzinfo=None)


def to_local(moment: datetime) -> datetime:
    return moment.astimezone(KAZAKHSTAN)


def to_utc(moment: datetime) -> datetime:
    """A time without a zone is cashbox-local."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=KAZAKHSTAN)).astimezone(UTC)


def _find_customer_faults(fields: Mapping[str, Any]) -> list[str]:
    complaints = []
    email = read_text(fields.get("customeremail"))
    if email and not EMAIL.fullmatch(email):
        complaints.append("Недопустимый адрес электронной почты")
    xin = read_text(fields.get("customerxin"))
    if xin and not re.fullmatch(r"[0-9]{12}", xin):
        complaints.append("ИИН/БИН покупателя должен состоять из 12 цифр")
    link = read_text(fields.get("externallinkid"))
    if link and not _is_guid(link):
        complaints.append("ExternalLinkId должен быть в формате GUID")
    return complaints


def _find_basis_faults(basis: object) -> list[str]:
    if not isinstance(basis, Mapping) or not basis:
        return [NO_RETURN_BASIS]
    fields = lowered(basis)
    total = read_decimal(fields.get("total"))
    present = {
        "CheckNumber": bool(read_text(fields.get("checknumber"))),
        "DateTime": parse_basis_date(read_text(fields.get("datetime"))) is not None,
        "RegistrationNumber": bool(read_text(fields.get("registrationnumber"))),
        "Total": total is not None and total >= 0,
        "IsOffline": read_bool(fields.get("isoffline")) is not None,
    }
    missing = [name for name, is_present in present.items() if not is_present]
    return [f"{NO_RETURN_BASIS}: {', '.join(missing)}"] if missing else []


def _is_guid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
