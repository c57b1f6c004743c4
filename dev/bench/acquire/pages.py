"""The pages to measure: how each is asked for, signed in, over HTTP."""

import html
import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from functools import cached_property, partial

from dev.bench.material.past import DAYS, FIRST_PAST_RECORD, find_awaiting
from dev.harness.desk import Desk
from shared.clock import almaty_date, utc_now

_RETURN = re.compile(r'href="(/acquire/receipts/[0-9]+/return)"')
_NEXT = re.compile(r'rel="next" href="(/acquire\?[^"]*after=[^"]*)"')


class Visitor(Desk):
    """Also turns pages."""

    def search(self, typed: str) -> str:
        return self.post("/acquire", {"q": typed, "typing": "1"})

    def search_receipts(self, typed: str) -> str:
        return self.post("/acquire/receipts", {"q": typed})

    @cached_property
    def tenth_page(self) -> str:
        """Where turning the pages of what is done leads to; nearer where the day is shorter."""
        path = "/acquire?state=done"
        for _ in range(9):
            found = _NEXT.search(self.get(path))
            if found is None:
                break
            path = html.unescape(found.group(1))
        return path

    @cached_property
    def returns(self) -> list[str]:
        """Forms of the returns that are due."""
        return _RETURN.findall(self.get("/acquire/tasks"))


Visit = Callable[[Visitor, int], str]


def make_pages(visits: int) -> dict[str, Visit]:
    """Name -> how it is asked for; the number counts the requests, so that not all are for the same row."""
    ids = ",".join(str(1 + number) for number in range(min(30, visits)))
    states = ("awaiting", "under_way", "tasks", "done", "deleted")
    receipts = max(1, visits // 2)
    unpaid = map(partial(find_awaiting, visits), itertools.count())
    return {
        "visits of today": lambda visitor, _: visitor.get("/acquire"),
        "the tenth page of today": lambda visitor, _: visitor.get(visitor.tenth_page),
        "another day": lambda visitor, number: visitor.get(f"/acquire?day={_choose_day(number)}"),
        "search: tail of a phone": lambda visitor, number: visitor.search(f"{number * 7919 % 10_000:04d}"),
        "search: name": lambda visitor, number: visitor.search(f"ертөстік {number}"),
        "search: two words, one in many visits": lambda visitor, number: visitor.search(f"стриж тиму {number}"),
        "search: a service of every visit": lambda visitor, _: visitor.search("стрижка"),
        "search: two letters": lambda visitor, _: visitor.search("ай"),
        "search: a sum of many visits": lambda visitor, number: visitor.search(str(3000 + number % 40 * 250)),
        "search: nothing": lambda visitor, number: visitor.search(f"нетникого{number}"),
        "search: number of a visit": lambda visitor, number: visitor.search(str(FIRST_PAST_RECORD + number * 37 % visits)),
        **{f"filter: {state}": _filter(state) for state in states},
        "taking a payment, and its progress": lambda visitor, _: visitor.pay(next(unpaid)),
        "a visit": lambda visitor, number: visitor.get(f"/acquire/visits/{1 + number * 37 % visits}"),
        "states of 30 visits": lambda visitor, _: visitor.get(f"/acquire/states?ids={ids}"),
        "progress of a visit": lambda visitor, number: visitor.get(f"/acquire/visits/{1 + number * 37 % visits}/progress"),
        "a receipt": lambda visitor, number: visitor.get(f"/acquire/success/{1 + number * 37 % receipts}"),
        "all receipts": lambda visitor, _: visitor.get("/acquire/receipts"),
        "receipts of a sum": lambda visitor, number: visitor.search_receipts(str(3000 + number % 40 * 250)),
        "receipts of a name": lambda visitor, number: visitor.search_receipts(f"сандугаш {number}"),
        "receipts by the tail of a phone": lambda visitor, number: visitor.search_receipts(f"{number * 7919 % 10_000:04d}"),
        **{f"receipts: {query}": _narrow(query) for query in ("sort=goods", "way=mobile", "state=refused", "cashier=1")},
        "one receipt": lambda visitor, number: visitor.get(f"/acquire/receipts/{1 + number * 37 % receipts}"),
        "form of a return": lambda visitor, number: visitor.get(visitor.returns[number % len(visitor.returns)]),
        "tasks": lambda visitor, _: visitor.get("/acquire/tasks"),
        "shift": lambda visitor, _: visitor.get("/acquire/shift"),
        "day": lambda visitor, _: visitor.get("/acquire/day"),
        "another day's figures": lambda visitor, number: visitor.get(f"/acquire/day?day={_choose_day(number)}"),
        "who did what": lambda visitor, _: visitor.get("/acquire/audit"),
        "settings": lambda visitor, _: visitor.get("/acquire/settings"),
    }


def _filter(state: str) -> Visit:
    return lambda visitor, _: visitor.get(f"/acquire?state={state}")


def _narrow(query: str) -> Visit:
    return lambda visitor, _: visitor.get(f"/acquire/receipts?{query}")


def _choose_day(number: int) -> str:
    return str(almaty_date(utc_now()) - timedelta(days=1 + number % (DAYS - 1)))
