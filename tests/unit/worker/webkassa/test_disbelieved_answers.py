"""What an answer tells of is judged while its connection is still ours: doubt ends the connection, whatever was asked."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakeredis import FakeStrictRedis

from shared.config import Settings
from tests.unit.material import make_credentials
from tests.unit.scripted_server import ScriptedServer, Serve, Visitor
from worker.webkassa.client import WebkassaClient
from worker.webkassa.errors import AlreadyIssued, NotBelieved, WebkassaError, WebkassaUnavailable
from worker.webkassa.schemas import FiscalReceipt

OURS, OTHER = "SWK00067890", "SWK00000002"
SALE = {"CashboxUniqueNumber": OURS, "ExternalCheckNumber": "altegio_1", "Positions": []}
DOCUMENT = {"CheckNumber": "3300000000451"}
LISTED = {"Number": "3300000000451", "ExternalCheckNumber": "altegio_1"}
CODE_14 = [{"Code": 14, "Text": "Дублирование внешнего номера чека"}]

Ask = Callable[[WebkassaClient], Any]


def doubt(document: FiscalReceipt) -> str:
    return f"{document.fiscal_number} is another sale's"


def believe(_: FiscalReceipt) -> None:
    return None


@pytest.fixture
def make_client() -> Iterator[Callable[[ScriptedServer], WebkassaClient]]:
    made: list[WebkassaClient] = []

    def make(server: ScriptedServer) -> WebkassaClient:
        settings = Settings(
            _env_file=None,
            webkassa_api_url=server.url,
            webkassa_api_token="api-key",
            webkassa_login="cashier",
            webkassa_password="pa55",
        )
        made.append(WebkassaClient(settings, FakeStrictRedis(), make_credentials(settings)))
        return made[-1]

    yield make
    for client in made:
        client.close()


def ask_and_go_on(serve: Serve, make_client: Any, answer: dict[str, Any], ask: Ask) -> tuple[WebkassaError | None, int]:
    """What the call raised, and over how many connections it and the sale behind it went."""

    def script(visitor: Visitor) -> None:
        told = iter([{"Data": {"Token": "token"}}, answer] if visitor.number == 1 else [])
        while True:
            visitor.read_request()
            visitor.answer(next(told, {"Data": DOCUMENT}))

    server = serve(script)
    client = make_client(server)
    raised = None
    try:
        ask(client)
    except WebkassaError as error:
        raised = error
    client.check(SALE)
    return raised, server.connections


DOUBTED: dict[str, tuple[dict[str, Any], Ask]] = {
    "a sale": ({"Data": DOCUMENT}, lambda client: client.check(SALE, doubt, believe)),
    "a sale issued before": ({"Data": DOCUMENT, "Errors": CODE_14}, lambda client: client.check(SALE, believe, doubt)),
    "a lookup": ({"Data": LISTED}, lambda client: client.find_ticket(OURS, "altegio_1", 1, doubt)),
    "a list": ({"Data": {"Items": [LISTED]}}, lambda client: client.find_in_history(OURS, "altegio_1", 1, doubt)),
    "a list of another register": (
        {"Data": {"Items": [LISTED | {"CashboxUniqueNumber": OTHER}]}},
        lambda client: client.list_documents(OURS, 1),
    ),
    "a list of another shift": (
        {"Data": {"Items": [LISTED | {"ShiftNumber": 2}]}},
        lambda client: client.list_documents(OURS, 1),
    ),
    "a report of another register": ({"Data": {"CashboxSN": OTHER}}, lambda client: client.x_report(OURS)),
    "a document for a report": ({"Data": DOCUMENT}, lambda client: client.close_shift(OURS)),
}


@pytest.mark.parametrize("what", DOUBTED)
def test_doubt_ends_the_connection(serve: Serve, make_client: Any, what: str) -> None:
    answer, ask = DOUBTED[what]
    raised, connections = ask_and_go_on(serve, make_client, answer, ask)
    assert isinstance(raised, NotBelieved)
    # The call whose answer this was not may be at work still.
    assert raised.may_still_run
    assert connections == 2


@pytest.mark.parametrize(
    "ask", [lambda client: client.find_ticket(OURS, "altegio_1", 1), lambda client: client.list_documents(OURS, 1)]
)
def test_so_does_an_answer_to_no_such_question(serve: Serve, make_client: Any, ask: Ask) -> None:
    raised, connections = ask_and_go_on(serve, make_client, {"Data": {"Token": "another"}}, ask)
    assert isinstance(raised, WebkassaUnavailable)
    assert connections == 2


BELIEVED: dict[str, tuple[dict[str, Any], Ask]] = {
    "a sale": ({"Data": DOCUMENT}, lambda client: client.check(SALE, believe, doubt)),
    "a sale issued before": ({"Data": DOCUMENT, "Errors": CODE_14}, lambda client: client.check(SALE, doubt, believe)),
    "a list": ({"Data": {"Items": [LISTED]}}, lambda client: client.find_in_history(OURS, "altegio_1", 1, believe)),
    "a report": ({"Data": {"CashboxSN": OURS}}, lambda client: client.x_report(OURS)),
}


@pytest.mark.parametrize("what", BELIEVED)
def test_what_is_believed_keeps_it(serve: Serve, make_client: Any, what: str) -> None:
    answer, ask = BELIEVED[what]
    raised, connections = ask_and_go_on(serve, make_client, answer, ask)
    assert raised is None or isinstance(raised, AlreadyIssued)
    assert connections == 1


def test_nobody_else_gets_the_connection_while_an_answer_is_judged(serve: Serve, make_client: Any) -> None:
    def script(visitor: Visitor) -> None:
        while True:
            request = visitor.read_request()
            visitor.answer({"Data": {"Token": "token"} if b'"Password"' in request else DOCUMENT})

    server = serve(script)
    client = make_client(server)

    def sell_another(_: FiscalReceipt) -> None:
        client.check(SALE)

    client.check(SALE, sell_another)
    assert server.connections == 2
