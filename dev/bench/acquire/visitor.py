"""Who asks for the pages: a manager's browser that also searches, turns pages and comes back."""

import html
import re
from collections.abc import Callable
from functools import cached_property
from urllib.parse import urlsplit

import requests

from dev.harness.desk import TIMEOUT, Desk, PageFailed

_RETURN = re.compile(r'href="(/acquire/receipts/[0-9]+/return)"')
_NEXT_VISITS = re.compile(r'rel="next" href="(/acquire\?[^"]*after=[^"]*)"')
_NEXT_RECEIPTS = re.compile(r'href="(/acquire/receipts\?[^"]*after=[^"]*)"')


class Visitor(Desk):
    """Also turns pages."""

    @staticmethod
    def _check(answer: requests.Response) -> str:
        """By its address: the form of a new account asks for a password as well."""
        if answer.status_code != requests.codes.ok or urlsplit(answer.url).path == "/acquire/login":
            raise PageFailed(f"{answer.request.method} {answer.url}: {answer.status_code}")
        return answer.text

    def search(self, typed: str) -> str:
        return self.post("/acquire", {"q": typed, "typing": "1"})

    def search_receipts(self, typed: str) -> str:
        return self.post("/acquire/receipts", {"q": typed})

    def search_wire(self, typed: str) -> str:
        return self.post("/acquire/wire", {"q": typed})

    @cached_property
    def found(self) -> str:
        """Where a search led to, as Back finds it again."""
        fields = {"q": "тимур", "typing": "1", "form_token": self._token}
        answer = self._http.post(f"{self._url}/acquire", data=fields, timeout=TIMEOUT, allow_redirects=False)
        return answer.headers["Location"]

    @cached_property
    def tenth_page(self) -> str:
        """Where turning the pages of what is done leads to; nearer where the day is shorter."""
        return self._turn("/acquire?state=done", _NEXT_VISITS)

    @cached_property
    def tenth_of_receipts(self) -> str:
        return self._turn("/acquire/receipts", _NEXT_RECEIPTS)

    def _turn(self, path: str, link: re.Pattern[str]) -> str:
        for _ in range(9):
            found = link.search(self.get(path))
            if found is None:
                break
            path = html.unescape(found.group(1))
        return path

    @cached_property
    def returns(self) -> list[str]:
        """Forms of the returns that are due."""
        return _RETURN.findall(self.get("/acquire/tasks"))


# How a page is asked for; the number counts the requests, so that not all are for the same row.
Visit = Callable[[Visitor, int], str]


def ask(path: str) -> Visit:
    """The same address each time."""
    return lambda visitor, _: visitor.get(path)


def ask_all(paths: dict[str, str]) -> dict[str, Visit]:
    """Name -> the address."""
    return {name: ask(path) for name, path in paths.items()}
