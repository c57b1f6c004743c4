"""Cleans Webkassa's answers before anybody reads them: known names, flags that are flags, times that can be. Pure.

Answers were seen in camelCase, with `"false"` for a flag, and with 01.01.0001 for a time that there is not.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from shared.cleaning import read_json
from shared.clock import parse_moment, utc_now

# A document, a shift or a report further away than this is none of ours: its time is a mistake, or a word for "none".
_WINDOW = timedelta(days=730)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_YES = frozenset({"true", "1", "yes", "да"})

_FLAGS = frozenset({"OfflineMode", "CashboxOfflineMode", "IsOffline", "VATPayer", "TaxPayerVAT"})
_MOMENTS = frozenset({"DateTime", "RegistratedOn", "OpenDate", "CloseDate", "StartOn", "ReportOn", "CloseOn"})
# What is read of an answer anywhere, and what staff see of one, in the spelling of API v4.
_NAMES = """
Data Errors Code Text Token Title Detail Message
CheckNumber CheckOrderNumber ShiftNumber TicketUrl TicketPrintUrl TicketPrintFormat Total Organization EmployeeName
Cashbox UniqueNumber RegistrationNumber IdentityNumber CashboxUniqueNumber CashboxRegistrationNumber
Number OrderNumber DocumentNumber OperationType ExternalCheckNumber ExternalOrderNumber
Payments Sum PaymentType PaymentTypeName Positions
Shifts Items Rows Skip Take List CurrentStatus Name
CashboxStatus License LicenseStatus LicenseExpirationDate Ofd TaxationType VATInfo VATRates
CashboxSN CashboxIN CashboxRN TaxPayerName TaxPayerIN ReportNumber DocumentCount ControlSum
PutMoneySum TakeMoneySum SumInCashbox Sell Buy ReturnSell ReturnBuy StartNonNullable EndNonNullable
Address AddressKz Host NameKz Lines Order Value Style
PaymentsByTypesApiModel Type Discount Markup Taken Change Count TotalCount VAT
"""
_SPELLING = {name.lower(): name for name in (*_FLAGS, *_MOMENTS, *_NAMES.split())}


def clean_answer(content: bytes) -> Any:
    """Returns the body of an answer, cleaned; None where it is no JSON."""
    try:
        return _spell(read_json(content))
    except ValueError:
        return None


def _spell(value: Any) -> Any:
    if isinstance(value, list):
        return [_spell(item) for item in value]
    if not isinstance(value, dict):
        return value
    spelled: dict[str, Any] = {}
    for key, item in value.items():
        name = _find_name(key)
        # Told twice in two spellings: what says something.
        if spelled.get(name) is None:
            read = _READERS.get(name)
            spelled[name] = read(item) if read else _spell(item) if isinstance(item, dict | list) else item
    return spelled


@lru_cache(maxsize=1024)
def _find_name(key: str) -> str:
    return _SPELLING.get(key.lower(), key)


def _read_flag(value: Any) -> bool | None:
    return value.strip().lower() in _YES if isinstance(value, str) else value if value is None else bool(value)


def _read_time(value: Any) -> Any:
    """As it came, since a return has to repeat it; None for one that cannot be of our days."""
    if not isinstance(value, str):
        return None
    if parse_moment(value) is not None:
        return value if find_time(value) is not None else None
    year = _YEAR.search(value)
    return value if year is not None and abs(int(year[0]) - utc_now().year) <= _WINDOW.days // 365 else None


def find_time(value: Any) -> datetime | None:
    """Reads a time of our days; None for any other."""
    moment = parse_moment(value)
    return moment if moment is not None and abs(moment - utc_now()) <= _WINDOW else None


_READERS: dict[str, Callable[[Any], Any]] = {**dict.fromkeys(_FLAGS, _read_flag), **dict.fromkeys(_MOMENTS, _read_time)}
