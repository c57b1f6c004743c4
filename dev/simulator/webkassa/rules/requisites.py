"""Rules of a check request that need no arithmetic: names, lengths, codes, the basis of a return. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from dev.simulator.webkassa.rules.fields import Fields, list_true, lowered, read_bool, read_decimal, read_int, read_text

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
MAX_LENGTHS = {"ExternalCheckNumber": 50, "ExternalOrderNumber": 200, "CustomerEmail": 50, "CustomerPhone": 20}


def find_faults(fields: Fields, *, protocol: int) -> list[str]:
    """Complaints about the top level of a request whose field names are already lower case."""

    def is_strange(name: str, known: frozenset[int]) -> bool:
        return fields.get(name) is not None and read_int(fields[name]) not in known

    operation_type = read_int(fields.get("operationtype"))
    email, xin, link = (read_text(fields.get(name)) for name in ("customeremail", "customerxin", "externallinkid"))
    complaints = list_true(
        *(
            (len(read_text(fields.get(title.lower()))) > limit, f"Длина поля {title} не должна превышать {limit} символов")
            for title, limit in MAX_LENGTHS.items()
        ),
        (operation_type not in OPERATION_TYPES, "Недопустимый тип операции"),
        (is_strange("roundtype", ROUND_TYPES), "Недопустимый тип округления"),
        (is_strange("paperkind", PAPER_KINDS), "Недопустимый вид бумаги"),
        (bool(email) and not EMAIL.fullmatch(email), "Недопустимый адрес электронной почты"),
        (bool(xin) and not re.fullmatch(r"[0-9]{12}", xin), "ИИН/БИН покупателя должен состоять из 12 цифр"),
        (bool(link) and not _is_guid(link), "ExternalLinkId должен быть в формате GUID"),
    )
    if operation_type in RETURNS and protocol >= RETURN_BASIS_SINCE:
        complaints += _find_basis_faults(fields.get("returnbasisdetails"))
    return complaints


def find_position_faults(fields: Fields, *, protocol: int) -> list[str]:
    name, marks = read_text(fields.get("positionname")), fields.get("marklist")
    # Older protocols ignore the field, as they ignore every name they do not know.
    needs_type = protocol >= POSITION_TYPE_SINCE and read_int(fields.get("positiontype")) not in POSITION_TYPES
    is_miscounted = isinstance(marks, list) and bool(marks) and len(marks) != read_decimal(fields.get("count"))
    return list_true(
        (not name, "Необходимо указать наименование"),
        (len(name) > 255, "Наименование не должно превышать 255 символов"),
        (len(read_text(fields.get("positioncode"))) > 50, "Код не должен превышать 50 символов"),
        (read_int(fields.get("unitcode")) is None, "Необходимо указать единицу измерения"),
        (needs_type, "Необходимо указать признак товара, работы или услуги (PositionType)"),
        (bool(marks and fields.get("mark")), "Допускается только одно из полей Mark и MarkList"),
        (is_miscounted, "Число кодов маркировки не совпадает с количеством"),
    )


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
