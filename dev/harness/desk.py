"""The payment page as a manager's browser sees it, over HTTP."""

import html
import re
import sys
from uuid import uuid4

import requests

from dev.harness.world import World

LOGIN, PASSWORD = "manager", "a password for the desk"
TIMEOUT = 30
_HIDDEN = re.compile(r'name="form_token" value="([^"]*)"')


class PageFailed(Exception):
    """An answer that is no page."""


def add_manager(world: World) -> None:
    """Who may see everything on the payment page."""
    command = (sys.executable, "-m", "api.acquire.users", "add", LOGIN, "--role", "manager", "--password-stdin")
    world.run(command, said=f"{PASSWORD}\n")


class Desk:
    """One kept connection, one session. Raises PageFailed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._token = self._read_token("/acquire/login")
        self.post("/acquire/login", {"login": LOGIN, "password": PASSWORD})
        self._token = self._read_token("/acquire")

    def get(self, path: str) -> str:
        return self._check(self._http.get(self._url + path, timeout=TIMEOUT))

    def post(self, path: str, fields: dict[str, str]) -> str:
        """And the page that the answer leads to."""
        data = {"form_token": self._token, **fields}
        return self._check(self._http.post(self._url + path, data=data, timeout=TIMEOUT))

    def pay(self, visit_id: int, method: str = "card") -> str:
        """`visit_id`: the row's."""
        return self.post(f"/acquire/visits/{visit_id}", {"method": method, "form_key": str(uuid4())})

    def _read_token(self, path: str) -> str:
        found = _HIDDEN.search(self._http.get(self._url + path, timeout=TIMEOUT).text)
        if found is None:
            raise PageFailed(f"no form on {path}")
        return html.unescape(found.group(1))

    @staticmethod
    def _check(answer: requests.Response) -> str:
        if answer.status_code != requests.codes.ok or 'id="password"' in answer.text:
            raise PageFailed(f"{answer.request.method} {answer.url}: {answer.status_code}")
        return answer.text
