"""Answers that are right but odd, and refusals in other words: what is told is read, kept and shown, whatever its form."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from shared.clock import utc_now
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from tests.support.relay import AUTHORIZE, CHECK, TICKET, X_REPORT, Relay
from worker.entry.cli.receipt_queries import find_delivery
from worker.rounds.nightly_z_report import close_due
from worker.rounds.watch.conditions import observe

HALF_EMOJI = "\\ud83d"


@pytest.fixture
def relay(bridge: Bridge, simulator: SimulatorControl) -> Iterator[Relay]:
    with Relay(simulator.url, simulator.secrets.webkassa_api_key).running() as relay:
        bridge.configure(webkassa_api_url=relay.url)
        yield relay
        bridge.services.clients.close()


def assert_issued_once(bridge: Bridge, simulator: SimulatorControl) -> None:
    (theirs,) = simulator.receipts("altegio_1001")
    assert (bridge.receipt().state, bridge.receipt().fiscal_number) == ("issued", theirs["check_number"])
    assert bridge.row().state == "processed"


def with_data(**changes: Any) -> Callable[[dict[str, Any], Any], Any]:
    return lambda _, answer: {"Data": answer["Data"] | changes}


def respell(value: Any, spell: Callable[[str], str]) -> Any:
    if isinstance(value, list):
        return [respell(item, spell) for item in value]
    return {spell(key): respell(item, spell) for key, item in value.items()} if isinstance(value, dict) else value


SPELLINGS = [lambda name: name[0].lower() + name[1:], str.lower, str.upper]


@pytest.mark.parametrize("spell", SPELLINGS, ids=["camel", "lower", "upper"])
def test_names_in_any_spelling(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, register: Register, spell: Callable[[str], str]
) -> None:
    """A login, a sale, a question about a lost one, an error, a Z-report."""
    relay.change_all(lambda _, answer: respell(answer, spell))
    register.sell("altegio_1003", 4000)
    bridge.deliver(visit(1001))
    simulator.fault(operation="check", kind="drop", when="after")
    bridge.deliver(visit(1002), visit(1003))
    bridge.settle()
    assert bridge.outcomes() == ["issued", "unknown", "duplicate"]
    assert bridge.outcomes("lookup") == ["issued"]
    bridge.execute("UPDATE shifts SET opened_at = now() - interval '22 hours'")
    assert close_due(bridge.services, 1)
    (shift,) = bridge.shifts()
    assert (shift.closed_by, shift.report["DocumentCount"], shift.strangers) == ("schedule", 3, None)


@pytest.mark.parametrize(
    ("told", "is_offline"), [("false", False), ("False", False), ("0", False), (0, False), ("true", True), (1, True)]
)
def test_a_flag_in_any_spelling(bridge: Bridge, relay: Relay, told: Any, is_offline: bool) -> None:
    relay.change(CHECK, with_data(OfflineMode=told))
    bridge.deliver(visit())
    assert bridge.receipt().offline_mode is is_offline


@pytest.mark.parametrize("moment", ["01.01.0001 00:00:00", "31.12.9999 23:59:59", "20.11.2019 10:00:00", "", None, 0])
def test_a_time_that_is_none_is_the_links_or_ours(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, moment: Any
) -> None:
    relay.change(CHECK, with_data(DateTime=moment))
    relay.change(CHECK, with_data(DateTime=moment, TicketUrl=None))
    bridge.deliver(visit(1001), visit(1002))
    first, second = bridge.receipts()
    recorded = simulator.receipts("altegio_1001")[0]["recorded_at"]
    assert first.issued_at.timestamp() == pytest.approx(
        float(bridge.scalar(f"SELECT extract(epoch FROM timestamptz '{recorded}')")), abs=1
    )
    assert first.issued_at_text
    assert abs(second.issued_at - utc_now()) < timedelta(minutes=1)
    assert second.issued_at_text is None
    assert bridge.outcomes() == ["issued", "issued"]


def test_the_sum_in_the_link_wins(bridge: Bridge, simulator: SimulatorControl, relay: Relay) -> None:
    relay.change(CHECK, with_data(Total=0))
    relay.change(CHECK, with_data(Total="77"))
    relay.change(CHECK, with_data(Total=0, TicketUrl=None))
    bridge.deliver(visit(1001), visit(1002), visit(1003))
    assert {row.state for row in bridge.rows()} == {"processed"}
    assert bridge.outcomes() == ["issued"] * 3


def test_texts_that_no_column_can_hold(bridge: Bridge, simulator: SimulatorControl, relay: Relay) -> None:
    def spoil(_: dict[str, Any], answer: Any) -> bytes:
        data = answer["Data"]
        text = json.dumps({"Data": data | {"EmployeeName": "NUL", "Address": "x" * 100_000}, "NUL": "half"})
        return text.replace("NUL", f"a\\u0000{HALF_EMOJI}b").encode() + b" "

    relay.change(CHECK, spoil)
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
    kept = bridge.logs()[0].response
    assert (kept["EmployeeName"], len(kept["Address"])) == ("ab", 20_000)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param(rf'"Маникюр {HALF_EMOJI} гель"', "Маникюр  гель", id="half-an-emoji"),
        pytest.param(r'"Маникюр\u0000 гель"', "Маникюр гель", id="nul"),
        pytest.param('"Маникюр\x00 гель"', "Маникюр гель", id="nul-as-a-byte"),
        pytest.param('"Маникюр \xff гель"', "Маникюр", id="no-utf-8"),
        pytest.param('"Маникюр' + " гель" * 100_000 + '"', "Маникюр гель", id="without-end"),
        pytest.param('"Маникюр 😀 гель"', "Маникюр 😀 гель", id="an-emoji"),
    ],
)
def test_a_refusal_in_words_that_no_column_can_hold(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, text: str, shown: str
) -> None:
    body = b'{"Errors": [{"Code": 9, "Text": ' + text.encode("utf-8").replace(b"\xc3\xbf", b"\xff") + b"}]}"
    relay.change(CHECK, lambda *_: body, reaches=False)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state, bridge.row().error_code) == ("rejected", "dead_lettered", "9")
    assert shown in bridge.row().reason
    assert bridge.outcomes() == ["rejected"]


PROBLEM = {
    "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1",
    "title": "One or more validation errors occurred.",
    "status": 400,
    "errors": {"Positions[0].Tax": ["Налог подсчитан неверно"]},
}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        pytest.param(PROBLEM, 400, "Positions[0].Tax: Налог подсчитан неверно", id="problem-details"),
        pytest.param({"title": "Bad Request", "detail": "Тело не читается"}, 400, "Тело не читается", id="without-fields"),
        pytest.param({"message": "Тело не читается"}, 422, "Тело не читается", id="a-message"),
        pytest.param({"Errors": ["Касса занята учётом"]}, 200, "Касса занята учётом", id="texts"),
        pytest.param({"Errors": ["Касса занята учётом", {"Text": "и всё"}]}, 400, "и всё", id="texts-and-objects"),
        pytest.param({"Errors": "Касса занята учётом"}, 200, "Касса занята учётом", id="one-text"),
    ],
)
def test_a_refusal_without_a_code_is_asked_about_and_told_in_its_own_words(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, body: Any, status: int, words: str
) -> None:
    relay.change(CHECK, lambda *_: body, status=status, reaches=False)
    bridge.deliver(visit())
    bridge.settle()
    assert (bridge.receipt().state, bridge.row().state) == ("rejected", "dead_lettered")
    assert words in bridge.row().reason
    assert words.partition(": ")[2] in json.dumps(bridge.logs()[0].response, ensure_ascii=False)
    assert bridge.outcomes("lookup") == ["rejected"]


def test_a_failing_servers_words_without_a_code_give_nothing_up(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay
) -> None:
    relay.change(CHECK, lambda *_: {"title": "An error occurred", "status": 500}, status=500, reaches=False)
    bridge.deliver(visit())
    assert "An error occurred" in bridge.receipt().error_text
    bridge.settle()
    assert_issued_once(bridge, simulator)


@pytest.mark.parametrize("code", [-1, 2, 9, 11, 7777])
def test_a_document_beside_a_warning_is_issued(bridge: Bridge, simulator: SimulatorControl, relay: Relay, code: int) -> None:
    warning = {"Code": code, "Text": "Лицензия заканчивается"}
    relay.change(CHECK, lambda _, answer: answer | {"Errors": [warning]})
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
    assert bridge.outcomes() == ["issued"]
    assert bridge.receipt().warning == f"{code}: Лицензия заканчивается"
    assert bridge.logs()[0].error_text == f"{code}: Лицензия заканчивается"
    with bridge.services.sessions() as session:
        shown = find_delivery(session, 1)
    assert shown["receipt"]["warning"] == f"{code}: Лицензия заканчивается"
    assert shown["calls"][0]["text"] == f"{code}: Лицензия заканчивается"


def test_a_document_beside_a_plain_text_is_issued(bridge: Bridge, simulator: SimulatorControl, relay: Relay) -> None:
    relay.change(CHECK, lambda _, answer: answer | {"Errors": ["Лицензия заканчивается"]})
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
    assert "Лицензия заканчивается" in bridge.receipt().warning


class TestBusy:
    @pytest.mark.parametrize(
        "text",
        [
            "Позиция «Маникюр и педикюр одновременно»: Налог подсчитан неверно",
            "Позиция 'Маникюр и педикюр одновременно': Налог подсчитан неверно",
            "Позиция Маникюр и педикюр одновременно: Налог подсчитан неверно",
        ],
    )
    def test_the_name_of_a_position_makes_no_register_busy(
        self, bridge: Bridge, simulator: SimulatorControl, text: str
    ) -> None:
        simulator.fault(operation="check", kind="code", code=9, text=text)
        bridge.deliver(visit(services=[{"title": "Маникюр и педикюр одновременно", "cost": 4000}]))
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "9")
        assert len(simulator.journal("check")) == 1

    def test_a_register_that_stays_busy_becomes_visible(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        def find_busy() -> list[str]:
            return [found.key for found in observe(bridge.services).found if found.kind == "cashbox_busy"]

        text = "Запросы к одной кассе выполняются последовательно"
        simulator.fault(operation="check", kind="code", code=9, text=text, times=2)
        bridge.deliver(visit())
        assert find_busy() == []
        bridge.execute("UPDATE fiscalization_logs SET created_at = now() - interval '6 minutes'")
        bridge.pass_time()
        bridge.issue()
        assert find_busy() == ["SWK00000001"]
        bridge.settle()
        assert_issued_once(bridge, simulator)
        assert find_busy() == []


class TestEvidence:
    PAGE = '<html>Вход. x-api-key: {key}, {{"Token": "{token}"}} 0f1e2d3c4b5a69788796a5b4c3d2e1f0 ' + "я" * 4000

    def test_what_was_not_understood_is_kept_without_secrets(self, bridge: Bridge, relay: Relay) -> None:
        key = bridge.services.settings.webkassa_api_token.get_secret_value()

        def show_page(request: dict[str, Any], _: Any) -> bytes:
            return self.PAGE.format(key=key, token=request["Token"]).encode()

        relay.change(CHECK, show_page, reaches=False)
        bridge.deliver(visit())
        kept = bridge.logs()[0].response
        assert kept["HttpStatus"] == 200
        assert kept["Text"].startswith("<html>Вход. x-api-key: ***")
        assert 1000 < len(kept["Text"].encode()) <= 2100
        token = bridge.services.clients.open_default()._token.get()
        assert not [secret for secret in (key, token, "0f1e2d3c4b5a69788796a5b4c3d2e1f0") if secret in kept["Text"]]

    def test_a_secret_that_a_refusal_repeats_is_masked(self, bridge: Bridge, relay: Relay) -> None:
        key = bridge.services.settings.webkassa_api_token.get_secret_value()
        relay.change(CHECK, lambda *_: {"Errors": [{"Code": 9, "Text": f"ключ {key} не тот"}]}, reaches=False)
        bridge.deliver(visit())
        assert bridge.row().reason == "code 9: ключ *** не тот"
        assert key not in json.dumps(bridge.logs()[0].response, ensure_ascii=False)

    def test_that_of_a_login_is_kept_with_the_receipt_that_needed_it(self, bridge: Bridge, relay: Relay) -> None:
        relay.change(AUTHORIZE, lambda *_: b"<html>maintenance</html>", reaches=False)
        bridge.deliver(visit())
        assert bridge.logs()[0].response == {"HttpStatus": 200, "Text": "<html>maintenance</html>"}

    def test_it_is_shown(self, bridge: Bridge, relay: Relay) -> None:
        relay.change(CHECK, lambda *_: b"<html>gone for lunch</html>", reaches=False)
        bridge.deliver(visit())
        bridge.settle()
        with bridge.services.sessions() as session:
            lost, asked, sent = find_delivery(session, 1)["calls"]
        assert "gone for lunch" in lost["answer"]
        assert (asked["answer"], sent["answer"]) == (None, None)


class TestBareFacts:
    """A database that takes no words at all: what counts is saved all the same."""

    @pytest.fixture(autouse=True)
    def _wordless(self, bridge: Bridge) -> Iterator[None]:
        refuse = "RAISE EXCEPTION USING ERRCODE = '22021', MESSAGE = 'invalid byte sequence'"
        bridge.execute(
            f"""
            CREATE FUNCTION refuse_words() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.response::text LIKE '%%unholdable%%' THEN {refuse}; END IF; RETURN NEW; END $$;
            CREATE TRIGGER refuse_words BEFORE UPDATE ON fiscalization_logs FOR EACH ROW EXECUTE FUNCTION refuse_words()
            """
        )
        yield
        bridge.execute("DROP FUNCTION refuse_words CASCADE")

    def test_of_a_success(self, bridge: Bridge, simulator: SimulatorControl, relay: Relay) -> None:
        relay.change(CHECK, with_data(EmployeeName="unholdable"))
        bridge.deliver(visit(1001), visit(1002))
        assert_issued_once(bridge, simulator)
        assert (bridge.receipt(1).receipt_url, bridge.receipt(1).shift_number) == (None, 1)
        assert bridge.receipt(2).receipt_url
        assert bridge.outcomes() == ["issued", "issued"]

    def test_of_a_refusal(self, bridge: Bridge, relay: Relay) -> None:
        relay.change(CHECK, lambda *_: {"Errors": [{"Code": 9, "Text": "unholdable"}]}, reaches=False)
        bridge.deliver(visit())
        assert (bridge.receipt().state, bridge.row().state, bridge.row().error_code) == ("rejected", "dead_lettered", "9")
        assert "could not be saved" in bridge.row().reason

    def test_of_a_question_and_of_a_report(self, bridge: Bridge, simulator: SimulatorControl, relay: Relay) -> None:
        simulator.fault(operation="check", kind="drop", when="after")
        relay.change("/api/v4/Cashbox/ShiftHistory", lambda *_: {"Errors": [{"Code": -1, "Text": "unholdable"}]})
        relay.change("/api/v4/ZReport", lambda _, answer: {"Data": answer["Data"] | {"CashierName": "unholdable"}})
        bridge.deliver(visit())
        bridge.settle()
        assert_issued_once(bridge, simulator)
        assert bridge.outcomes("lookup") == ["unknown", "issued"]
        bridge.execute("UPDATE shifts SET opened_at = now() - interval '22 hours'")
        assert close_due(bridge.services, 1)
        assert bridge.outcomes("z_report") == ["issued"]

    def test_of_a_duplicate(self, bridge: Bridge, simulator: SimulatorControl, relay: Relay, register: Register) -> None:
        register.sell("altegio_1001", 4000)
        relay.change(CHECK, lambda _, answer: answer | {"Note": "unholdable"})
        bridge.deliver(visit())
        assert_issued_once(bridge, simulator)


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00", "01.01.0001 00:00:00", "9999-12-31T23:59:59"])
def test_a_shift_that_ends_in_the_year_one_is_open(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, end: str
) -> None:
    """The answer to the Z-report is lost, the register did not close, and the X-report says so in this way."""
    bridge.deliver(visit())
    bridge.execute("UPDATE shifts SET opened_at = now() - interval '22 hours'")
    simulator.fault(operation="z_report", kind="drop", when="before")
    relay.change(X_REPORT, lambda _, answer: {"Data": answer["Data"] | {"CloseOn": end}})
    assert not close_due(bridge.services, 1)
    assert bridge.shifts()[0].closed_at is None


def test_a_lookup_in_odd_words_is_read(bridge: Bridge, simulator: SimulatorControl, relay: Relay) -> None:
    simulator.fault(operation="check", kind="drop", when="after")
    relay.change(TICKET, with_data(IsOffline="false", Total=0, RegistratedOn="01.01.0001 00:00:00", ShiftNumber="1"))
    bridge.deliver(visit())
    bridge.settle()
    assert_issued_once(bridge, simulator)
    assert (bridge.receipt().offline_mode, bridge.receipt().shift_number) == (False, 1)


def test_a_login_in_odd_words_is_one(bridge: Bridge, simulator: SimulatorControl, relay: Relay) -> None:
    relay.change(AUTHORIZE, lambda _, answer: {"data": {"TOKEN": answer["Data"]["Token"]}, "errors": []})
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
