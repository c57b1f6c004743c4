"""Pages of the desk: the list of a day, what is searched for, a visit, its payment."""

import itertools

from dev.bench.acquire.visitor import Visit, ask, ask_all
from dev.bench.material.past import FIRST_PAST_RECORD, Past

_STATES = ("awaiting", "under_way", "tasks", "done", "deleted")


def list_desk(past: Past) -> dict[str, Visit]:
    """Name -> how it is asked for."""
    ids = ",".join(str(1 + number) for number in range(min(30, past.visits)))
    receipts = max(1, past.visits // 2)
    unpaid = map(past.find_awaiting, itertools.count())
    return {
        "visits of today": ask("/acquire"),
        "the tenth page of today": lambda visitor, _: visitor.get(visitor.tenth_page),
        "another day": lambda visitor, number: visitor.get(f"/acquire?day={past.choose_day(number)}"),
        **ask_all({f"filter: {state}": f"/acquire?state={state}" for state in _STATES}),
        "another day's tasks": lambda visitor, number: visitor.get(f"/acquire?state=tasks&day={past.choose_day(number)}"),
        **_list_searches(past),
        "a visit": lambda visitor, number: visitor.get(f"/acquire/visits/{1 + number * 37 % past.visits}"),
        "a visit, beside what was found": lambda visitor, number: visitor.get(
            f"/acquire/visits/{1 + number * 37 % past.visits}{visitor.found.removeprefix('/acquire')}"
        ),
        "states of 30 visits": ask(f"/acquire/states?ids={ids}"),
        "progress of a visit": lambda visitor, number: visitor.get(
            f"/acquire/visits/{1 + number * 37 % past.visits}/progress"
        ),
        "state of a visit": lambda visitor, number: visitor.get(f"/acquire/visits/{1 + number * 37 % past.visits}/state"),
        "taking a payment, and its progress": lambda visitor, _: visitor.pay(next(unpaid)),
        "a receipt after the payment": lambda visitor, number: visitor.get(f"/acquire/success/{1 + number * 37 % receipts}"),
        "a sale without a visit": ask("/acquire/sale"),
    }


def _list_searches(past: Past) -> dict[str, Visit]:
    """Sums go by days in the tables, however many these are: 3000 and 8000 are today's, and 250 more is none of them."""
    return {
        "search: tail of a phone": lambda visitor, number: visitor.search(f"{number * 7919 % 10_000:04d}"),
        "search: a whole phone": lambda visitor, number: visitor.search(f"8701{number * 7919 % 10_000_000:07d}"),
        "search: name": lambda visitor, number: visitor.search(f"ертөстік {number}"),
        "search: two words, one in many visits": lambda visitor, number: visitor.search(f"стриж тиму {number}"),
        "search: a specialist": lambda visitor, _: visitor.search("гүлнар"),
        "search: a service of every visit": lambda visitor, _: visitor.search("стрижка"),
        "search: two letters": lambda visitor, _: visitor.search("ай"),
        "search: a sum of today": lambda visitor, number: visitor.search(str(3000 + number % 2 * 5000)),
        "search: a sum of other days": lambda visitor, number: visitor.search(str(3250 + number % 9 * 250)),
        "search: a sum of no visit": lambda visitor, number: visitor.search(str(777_001 + number)),
        "search: a name and a sum": lambda visitor, _: visitor.search("тимур 3500"),
        "search: nothing": lambda visitor, number: visitor.search(f"нетникого{number}"),
        "search: number of a visit": lambda visitor, number: visitor.search(
            str(FIRST_PAST_RECORD + number * 37 % past.visits)
        ),
        "search: fiscal number": lambda visitor, number: visitor.search(
            f"33{FIRST_PAST_RECORD + number * 370 % past.visits}"
        ),
        "back to what was found": lambda visitor, _: visitor.get(visitor.found),
        "the second page of what was found": lambda visitor, _: visitor.get(f"{visitor.found}&after=30"),
    }
