"""One simulator for the whole session, reset for every test, and a client that speaks to it."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from dev.simulator.webkassa import RunningSimulator, Settings, start

CASHBOX = "SWK00000001"
SPARE_CASHBOX = "SWK00000002"


class Client:
    """Real sockets; the token is fetched once and sent in every body, as the vendor wants it."""

    def __init__(self, url: str, api_key: str = "sim-api-key") -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["x-api-key"] = api_key
        self.token: str | None = None

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self.session.post(self.url + path, json=body, timeout=options.pop("timeout", 10), **options)

    def login(self) -> str:
        answer = self.post("/api/v4/Authorize", {"Login": "cashier@example.test", "Password": "sim-password"}).json()
        self.token = answer["Data"]["Token"]
        return str(self.token)

    def call(self, path: str, timeout: float = 10, cashbox: str = CASHBOX, **fields: Any) -> Any:
        body = {"Token": self.token or self.login(), "CashboxUniqueNumber": cashbox, **fields}
        response = self.post(path, body, timeout=timeout)
        assert response.status_code == 200
        return response.json()

    def sell(self, number: str | None = "sale-1", timeout: float = 10, **changes: Any) -> Any:
        return self.call("/api/v4/check", timeout=timeout, **build_sale(number, **changes))

    def control(self, path: str, body: Any = None) -> Any:
        response = self.post(f"/_sim/{path}", body or {})
        assert response.status_code == 200, response.text
        return response.json()

    def lift_faults(self) -> None:
        self.session.delete(f"{self.url}/_sim/faults", timeout=10).raise_for_status()

    def look(self, path: str) -> Any:
        return self.session.get(f"{self.url}/_sim/{path}", timeout=10).json()


def build_sale(number: str | None = "sale-1", **changes: Any) -> dict[str, Any]:
    """4 000 tenge in cash for one service, without VAT."""
    return {
        "OperationType": 2,
        "ExternalCheckNumber": number,
        "Positions": [build_position()],
        "Payments": [{"Sum": 4000, "PaymentType": 0}],
        "Change": 0,
        **changes,
    }


def build_position(**changes: Any) -> dict[str, Any]:
    return {
        "PositionName": "Стрижка",
        "Count": 1,
        "Price": 4000,
        "TaxType": 0,
        "TaxPercent": None,
        "Tax": 0,
        "UnitCode": 5114,
        **changes,
    }


@pytest.fixture(scope="session")
def running() -> Iterator[RunningSimulator]:
    with start(Settings(cashboxes=(CASHBOX, SPARE_CASHBOX))) as simulator:
        yield simulator


@pytest.fixture
def client(running: RunningSimulator) -> Iterator[Client]:
    client = Client(running.url)
    client.control("reset")
    yield client
    client.session.close()


@pytest.fixture
def make_client() -> Iterator[Callable[..., Client]]:
    with contextlib.ExitStack() as stack:

        def make(url: str, **options: Any) -> Client:
            client = Client(url, **options)
            stack.callback(client.session.close)
            return client

        yield make


@pytest.fixture
def sale() -> Callable[..., dict[str, Any]]:
    return build_sale


@pytest.fixture
def position() -> Callable[..., dict[str, Any]]:
    return build_position


@pytest.fixture
def get_code() -> Callable[[Any], int | None]:
    """The code of a pure error: an answer that carries Data as well is not one."""

    def read(answer: Any) -> int | None:
        assert set(answer) in ({"Data"}, {"Errors"}), answer
        return int(answer["Errors"][0]["Code"]) if "Errors" in answer else None

    return read
