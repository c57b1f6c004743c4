"""Pages of receipts: the list, narrowed and searched, one receipt, what can be done with it."""

from dev.bench.acquire.rooms import FIRST_DOCUMENT
from dev.bench.acquire.visitor import Visit, ask, ask_all
from dev.bench.material.past import FIRST_PAST_RECORD, Past

_NARROWED = (
    *(f"period={period}" for period in ("today", "yesterday", "week", "month")),
    *(f"sort={sort}" for sort in ("visit", "goods", "prepayment", "top_up", "certificate", "return")),
    *(f"way={way}" for way in ("cash", "card", "mobile")),
    *(f"state={state}" for state in ("issued", "waiting", "refused", "return_due", "returned")),
    "cashier=1",
    "cashier=2",
    "period=today&way=cash&sort=goods",
    "period=yesterday&state=refused",
    "way=cash&sort=certificate&state=returned",
)


def list_receipt_pages(past: Past) -> dict[str, Visit]:
    """Name -> how it is asked for."""
    receipts = max(1, past.visits // 2)
    return {
        "all receipts": ask("/acquire/receipts"),
        "the tenth page of receipts": lambda visitor, _: visitor.get(visitor.tenth_of_receipts),
        "receipts of another day": lambda visitor, number: visitor.get(f"/acquire/receipts?day={past.choose_day(number)}"),
        **ask_all({f"receipts: {query}": f"/acquire/receipts?{query}" for query in _NARROWED}),
        "receipts of a sum": lambda visitor, number: visitor.search_receipts(str(3000 + number % 40 * 250)),
        "receipts of a sum that none has": lambda visitor, number: visitor.search_receipts(str(777_001 + number)),
        "receipts of a name": lambda visitor, number: visitor.search_receipts(f"сандугаш {number}"),
        "receipts of a name of many": lambda visitor, _: visitor.search_receipts("тимур"),
        "receipts of a name of nobody": lambda visitor, number: visitor.search_receipts(f"нетникого{number}"),
        "receipts by the tail of a phone": lambda visitor, number: visitor.search_receipts(f"{number * 7919 % 10_000:04d}"),
        "receipts by a fiscal number": lambda visitor, number: visitor.search_receipts(
            f"33{FIRST_PAST_RECORD + number * 370}"
        ),
        "receipts by a number of Altegio's": lambda visitor, number: visitor.search_receipts(
            str(FIRST_PAST_RECORD + number)
        ),
        "receipts by a document": lambda visitor, number: visitor.search_receipts(str(FIRST_DOCUMENT + 1 + number)),
        "receipts by our number": lambda visitor, number: visitor.search_receipts(f"altegio_{FIRST_PAST_RECORD + number}"),
        "one receipt": lambda visitor, number: visitor.get(f"/acquire/receipts/{1 + number * 37 % receipts}"),
        "a receipt on paper": lambda visitor, number: visitor.get(f"/acquire/receipts/{1 + number * 37 % receipts}/print"),
        "form of a return": lambda visitor, number: visitor.get(visitor.returns[number % len(visitor.returns)]),
        "form of another way of payment": lambda visitor, number: visitor.get(
            visitor.returns[number % len(visitor.returns)].replace("/return", "/method")
        ),
        "a return": lambda visitor, number: visitor.get(f"/acquire/returns/{1 + number % max(1, past.visits // 1000)}"),
        "a customer's receipt": lambda visitor, number: visitor.get(f"/r/{1 + number * 37 % receipts:022d}"),
    }
