"""Names what staff are told about a receipt: what it is for, where it stands. Pure."""

from enum import StrEnum

from api.acquire.words.text import Text


class ReceiptSort(StrEnum):
    """Names what a receipt is for."""

    VISIT = "visit"
    GOODS = "goods"
    PREPAYMENT = "prepayment"
    TOP_UP = "top_up"
    CERTIFICATE = "certificate"
    RETURN = "return"


class Standing(StrEnum):
    """Names where a receipt stands."""

    ISSUED = "issued"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RETURN_DUE = "return_due"
    PARTLY_RETURNED = "partly_returned"
    RETURNED = "returned"
    CORRECTED = "corrected"


class Period(StrEnum):
    """Names the days that the list is narrowed to."""

    ALL = "all"
    TODAY = "today"
    YESTERDAY = "yesterday"
    WEEK = "week"
    MONTH = "month"


class StateFilter(StrEnum):
    """Names the standings that the list can be narrowed to."""

    ISSUED = "issued"
    WAITING = "waiting"
    REFUSED = "refused"
    RETURN_DUE = "return_due"
    RETURNED = "returned"


SORT_LABELS = {
    ReceiptSort.VISIT: Text("Visit"),
    ReceiptSort.GOODS: Text("Goods over the counter"),
    ReceiptSort.PREPAYMENT: Text("Prepayment"),
    ReceiptSort.TOP_UP: Text("Deposit topped up"),
    ReceiptSort.CERTIFICATE: Text("Certificate or membership"),
    ReceiptSort.RETURN: Text("Return"),
}
STANDING_LABELS = {
    Standing.ISSUED: Text("Issued"),
    Standing.WAITING: Text("Under way"),
    Standing.UNKNOWN: Text("Checked with Webkassa"),
    Standing.REFUSED: Text("Not issued: help is needed"),
    Standing.WITHDRAWN: Text("Cancelled before it was sent"),
    Standing.RETURN_DUE: Text("Return due"),
    Standing.PARTLY_RETURNED: Text("Returned in part"),
    Standing.RETURNED: Text("Returned"),
    Standing.CORRECTED: Text("Corrected by a new receipt"),
}
PERIOD_LABELS = {
    Period.ALL: Text("All days"),
    Period.TODAY: Text("Today"),
    Period.YESTERDAY: Text("Yesterday"),
    Period.WEEK: Text("7 days"),
    Period.MONTH: Text("30 days"),
}
STATE_LABELS = {
    StateFilter.ISSUED: Text("Issued"),
    StateFilter.WAITING: Text("Being issued"),
    StateFilter.REFUSED: Text("Not issued"),
    StateFilter.RETURN_DUE: Text("Return due"),
    StateFilter.RETURNED: Text("Returned"),
}
