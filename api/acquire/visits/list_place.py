"""Remembers where in the list somebody is, day, filter and search, from page to page by the address."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Request

from api.acquire.access.guards import StaffDep
from api.acquire.visits.search import MAX_TYPED
from api.acquire.visits.search_key import seal_words, unseal_words
from api.acquire.visits.states import OLD_FILTERS, Filter
from shared.clock import almaty_date, utc_now

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Says what the list shows. `day` is None for today, also past midnight; `key` stands for `words` in addresses."""

    day: date | None = None
    chosen: Filter = Filter.ALL
    words: str = ""
    key: str = ""

    @property
    def shown_day(self) -> date:
        return self.day or almaty_date(utc_now())

    @property
    def query(self) -> str:
        """Returns `?day=…&state=…&q=…` without what goes without saying; empty for today's list."""
        return self.link()

    def link(self, **changes: object) -> str:
        """Returns the query of this place with some of it changed; None takes it out."""
        asked: dict[str, object] = {
            "day": self.day,
            "state": None if self.chosen is Filter.ALL else self.chosen,
            "q": self.key or None,
            **changes,
        }
        kept = {name: str(value) for name, value in asked.items() if value is not None}
        return f"?{urlencode(kept)}" if kept else ""


def find_place(request: Request, staff: StaffDep) -> ListPlace:
    """Returns the place that the address names; what nobody made is as good as not said."""
    asked = request.query_params
    key = asked.get("q", "")
    words = unseal_words(request.app.state.settings, staff, key)
    return ListPlace(_read_day(asked.get("day")), _read_filter(asked.get("state")), words, key if words else "")


def move_to(request: Request, staff: StaffDep, form: Mapping[str, str]) -> ListPlace:
    """Returns the place that a search form leads to."""
    words = " ".join(form.get("q", "")[:MAX_TYPED].split())
    key = seal_words(request.app.state.settings, staff, words) if words else ""
    return ListPlace(_read_day(form.get("day")), _read_filter(form.get("state")), words, key)


def _read_day(typed: str | None) -> date | None:
    try:
        day = date.fromisoformat(typed or "")
    except ValueError:
        return None
    day = min(max(day, _EARLIEST), _LATEST)
    return None if day == almaty_date(utc_now()) else day


def _read_filter(typed: str | None) -> Filter:
    if typed in OLD_FILTERS:
        return OLD_FILTERS[typed]
    return Filter(typed) if typed in set(Filter) else Filter.ALL


ListPlaceDep = Annotated[ListPlace, Depends(find_place)]
