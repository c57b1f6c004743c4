"""An answer has to name its request before it is believed: what is another's is asked for, and never saved as ours."""

import copy
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.grids import few
from tests.support.payloads import visit
from tests.support.relay import CHECK, HISTORY, TICKET, Relay
from tests.support.statements import explain, note_statements

NUMBER, OTHER = "altegio_1002", "altegio_1001"


@pytest.fixture
def relay(bridge: Bridge, simulator: SimulatorControl) -> Iterator[Relay]:
    with Relay(simulator.url, simulator.secrets.webkassa_api_key).running() as relay:
        bridge.configure(webkassa_api_url=relay.url, retry_max_attempts=3)
        yield relay
        bridge.services.clients.close()


def assert_own_document(bridge: Bridge, simulator: SimulatorControl) -> None:
    (theirs,) = simulator.receipts(NUMBER)
    ours = bridge.receipt(2)
    assert (ours.state, ours.fiscal_number) == ("issued", theirs["check_number"])
    assert bridge.row(2).state == "processed"
    assert len({receipt.fiscal_number for receipt in bridge.receipts()}) == 2


def replace_in(data: dict[str, Any], pattern: str, text: str, *names: str) -> dict[str, Any]:
    return data | {name: re.sub(pattern, text, data[name]) for name in names}


# What of an answer to 1002 may be another's. Each takes the true `Data`, and that of 1001: the same salon, sum and day.
Mix = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


def without_names(data: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in ("TicketPrintUrl", "TicketUrl", "Cashbox")}


MIXES: dict[str, Mix] = {
    "all of another sale": lambda _, other: other,
    "a number that was given before, and no names": lambda _, other: without_names(other),
    "a number that was given before, with our names": lambda true, other: (
        true | {"CheckNumber": other["CheckNumber"], "TicketUrl": other["TicketUrl"]}
    ),
    "another register": lambda true, _: true | {"Cashbox": true["Cashbox"] | {"UniqueNumber": "SWK00099999"}},
    "another register in the link for printing": lambda true, _: replace_in(true, "SWK0+1", "SWK00099999", "TicketPrintUrl"),
    "another external number in the link": lambda true, _: replace_in(true, NUMBER, "altegio_77", "TicketPrintUrl"),
    "another sum in the link": lambda true, _: replace_in(true, "s=[0-9.]+", "s=77.00", "TicketUrl"),
    "another sum and no link": lambda true, _: without_names(true) | {"Total": 77},
    "the link of another document": lambda true, other: true | {"TicketUrl": other["TicketUrl"]},
    "a registration that is not the link's": lambda true, _: (
        true | {"Cashbox": true["Cashbox"] | {"RegistrationNumber": "999999999999"}}
    ),
    "a shift that is over": lambda true, _: true | {"ShiftNumber": 1},
    "yesterday": lambda true, _: true | {"DateTime": "01.11.2026 10:00:00"},
    "an hour ago, and no names": lambda true, _: without_names(true) | {"DateTime": _an_hour_before(true["DateTime"])},
}


def _an_hour_before(moment: str) -> str:
    spelling = "%d.%m.%Y %H:%M:%S"
    return (datetime.strptime(moment, spelling) - timedelta(hours=1)).strftime(spelling)  # noqa: DTZ007 -- words to words


@pytest.fixture
def other(bridge: Bridge, relay: Relay, register: Register) -> dict[str, Any]:
    """`Data` of the sale before, of the same total, in a shift that is not the first."""
    register.sell("in-the-first-shift")
    register.z_report()
    seen: list[dict[str, Any]] = []

    def remember(_: dict[str, Any], answer: Any) -> Any:
        seen.append(copy.deepcopy(answer["Data"]))
        return answer

    relay.change(CHECK, remember)
    bridge.deliver(visit(1001))
    assert bridge.row(1).state == "processed"
    return seen[0]


@pytest.mark.parametrize("name", MIXES)
def test_an_answer_of_another_is_asked_for(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, other: dict[str, Any], name: str
) -> None:
    relay.change(CHECK, lambda _, answer: {"Data": MIXES[name](answer["Data"], other)})
    bridge.deliver(visit(1002))
    assert (bridge.receipt(2).state, bridge.receipt(2).error_code) == ("unknown", "not_believed")
    bridge.settle()
    assert_own_document(bridge, simulator)
    assert (bridge.outcomes(), bridge.outcomes("lookup")) == (["issued", "unknown"], ["issued"])
    assert bridge.logs("check")[1].response["Data"]["CheckNumber"]


@few("name", list(MIXES), "all of another sale", "another register", "a shift that is over", "an hour ago, and no names")
def test_where_the_register_never_heard_of_ours_it_is_sent_again(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, other: dict[str, Any], name: str
) -> None:
    true = replace_in(other, OTHER, NUMBER, "TicketPrintUrl") | {"CheckNumber": "777000111"}
    true |= {"TicketUrl": other["TicketUrl"].replace(other["CheckNumber"], "777000111")}
    relay.change(CHECK, lambda *_: {"Data": MIXES[name](true, other)}, reaches=False)
    bridge.deliver(visit(1002))
    bridge.settle()
    assert_own_document(bridge, simulator)
    assert (bridge.outcomes(), bridge.outcomes("lookup")) == (["issued", "unknown", "issued"], ["rejected"])


@pytest.mark.parametrize("reaches", [True, False])
def test_a_duplicate_with_the_document_of_another(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, other: dict[str, Any], reaches: bool
) -> None:
    fault = {"Code": 14, "Text": f"Чек с внешним номером {NUMBER} уже присутствует в системе"}
    relay.change(CHECK, lambda *_: {"Data": other, "Errors": [fault]}, reaches=reaches)
    bridge.deliver(visit(1002))
    assert bridge.receipt(2).state == "unknown"
    bridge.settle()
    assert_own_document(bridge, simulator)


def test_a_duplicate_with_a_document_of_the_cabinets(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, register: Register, other: dict[str, Any]
) -> None:
    """No receipt of ours has its number, so nothing but its names tells that it is none of ours."""
    coffee = register.sell("coffee", 4000)
    relay.change(CHECK, lambda *_: {"Data": coffee, "Errors": [{"Code": 14, "Text": "Чек уже присутствует"}]})
    bridge.deliver(visit(1002))
    assert bridge.receipt(2).state == "unknown"
    bridge.settle()
    assert_own_document(bridge, simulator)


def test_numbers_do_not_move_where_answers_are_one_behind(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, other: dict[str, Any]
) -> None:
    """Each answer is that of the sale before."""
    last = [other]

    def shift(_: dict[str, Any], answer: Any) -> Any:
        last.append(answer["Data"])
        return {"Data": last[-2]}

    relay.change(CHECK, shift, times=4)
    bridge.deliver(visit(1002), visit(1003), visit(1004), visit(1005))
    bridge.settle()
    recorded = {row["external_check_number"]: row["check_number"] for row in simulator.receipts()}
    assert {r.external_check_number: r.fiscal_number for r in bridge.receipts()} == {
        number: check_number for number, check_number in recorded.items() if number.startswith("altegio")
    }


@pytest.mark.parametrize("names", [True, False])
def test_the_connection_that_brought_it_is_not_used_again(
    bridge: Bridge, relay: Relay, other: dict[str, Any], names: bool
) -> None:
    """Without names it is not believed when it is saved, and not before."""
    relay.change(CHECK, lambda *_: {"Data": other if names else without_names(other)})
    bridge.deliver(visit(1002))
    assert len(set(relay.callers)) == 1
    bridge.settle()
    assert relay.callers.count(relay.callers[0]) == relay.callers.index(relay.callers[-1])
    assert len(set(relay.callers)) == 2


def test_one_way_of_asking_may_show_another_and_the_other_way_ours(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, other: dict[str, Any]
) -> None:
    as_item = {"Number": other["CheckNumber"], "ExternalCheckNumber": OTHER}
    relay.change(CHECK, lambda *_: {"Data": other})
    relay.change(TICKET, lambda *_: {"Data": as_item})
    bridge.deliver(visit(1002))
    asked = len(simulator.journal("check_history"))
    bridge.pass_time()
    bridge.issue()
    # The register may be at work on the question whose answer was another's, so nothing else is asked at once.
    assert len(simulator.journal("check_history")) == asked
    bridge.pass_time()
    bridge.issue()
    assert_own_document(bridge, simulator)
    assert bridge.outcomes("lookup") == ["unknown", "issued"]
    assert len(simulator.journal("check_history")) == asked + 1


def test_where_lookups_show_the_same_a_person_is_told_why(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, other: dict[str, Any]
) -> None:
    as_item = {"Number": other["CheckNumber"], "RegistratedOn": other["DateTime"], "TicketPrintUrl": other["TicketPrintUrl"]}
    relay.change(CHECK, lambda *_: {"Data": other}, times=9)
    relay.change(TICKET, lambda *_: {"Data": as_item}, times=99)
    relay.change(HISTORY, lambda *_: {"Data": {"Items": [as_item | {"ExternalCheckNumber": NUMBER}]}}, times=99)
    bridge.deliver(visit(1002))
    bridge.settle()
    ours, row = bridge.receipt(2), bridge.row(2)
    assert (ours.state, ours.fiscal_number, ours.next_attempt_at) == ("unknown", None, None)
    assert (row.state, row.error_code) == ("dead_lettered", "not_believed")
    assert OTHER in row.reason
    assert len(simulator.receipts(NUMBER)) == 1
    assert len(simulator.journal("check")) == 3  # the first shift's, 1001, and 1002 once


def test_answers_that_are_never_ours_end_with_a_person(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, other: dict[str, Any]
) -> None:
    relay.change(CHECK, lambda *_: {"Data": other}, times=9, reaches=False)
    bridge.deliver(visit(1002))
    bridge.settle()
    assert (bridge.receipt(2).state, bridge.row(2).state) == ("unknown", "dead_lettered")
    assert "gave up after 3 attempts" in bridge.row(2).reason
    assert bridge.outcomes("lookup") == ["rejected"] * 3
    assert simulator.receipts(NUMBER) == []


def test_a_lookup_by_our_number_with_another_sum_is_a_difference(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, register: Register
) -> None:
    register.sell("altegio_1001", 3500)
    relay.change(CHECK, lambda *_: b"<html>gone</html>", reaches=False)
    bridge.deliver(visit())
    bridge.settle()
    assert bridge.receipt().state == "issued"
    assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "difference")


def test_a_list_of_another_shift_does_not_say_that_a_receipt_is_missing(
    bridge: Bridge, simulator: SimulatorControl, relay: Relay, register: Register
) -> None:
    strange = {"Number": "5", "ShiftNumber": 77, "ExternalCheckNumber": "x"}
    simulator.settings(ticket_lookup_missing=True)
    relay.change(CHECK, lambda *_: b"<html>gone</html>")
    relay.change(HISTORY, lambda *_: {"Data": {"Items": [strange], "Total": 1}}, times=3)
    bridge.deliver(visit())
    bridge.pass_time()
    bridge.issue()
    assert bridge.receipt().state == "unknown"
    bridge.settle()
    assert [row["external_check_number"] for row in simulator.receipts()] == ["altegio_1001"]
    assert len(simulator.journal("check")) == 1


def test_a_report_of_another_register_closes_nothing(bridge: Bridge, simulator: SimulatorControl, relay: Relay) -> None:
    bridge.deliver(visit())
    relay.change("/api/v4/ZReport", lambda _, answer: {"Data": answer["Data"] | {"CashboxSN": "SWK00099999"}}, reaches=True)
    simulator.clock(advance_seconds=25 * 3600)
    bridge.deliver(visit(1002))
    bridge.settle()
    (first, second) = bridge.shifts()
    assert first.report["CashboxSN"] == "SWK00000001"
    assert second.closed_at is None
    assert bridge.receipt(2).state == "issued"


@pytest.mark.parametrize("seconds", [-30, 30])
def test_a_clock_that_is_a_little_off_is_believed(bridge: Bridge, simulator: SimulatorControl, seconds: int) -> None:
    simulator.clock(advance_seconds=seconds)
    bridge.deliver(visit(1001), visit(1002))
    assert bridge.outcomes() == ["issued", "issued"]


def test_a_register_that_was_registered_anew_counts_from_one(bridge: Bridge, relay: Relay, other: dict[str, Any]) -> None:
    anew = {"RegistrationNumber": "770000000077"}

    def register_anew(_: dict[str, Any], answer: Any) -> Any:
        data = answer["Data"]
        url = re.sub("f=[0-9]+", "f=770000000077", data["TicketUrl"])
        return {"Data": data | {"ShiftNumber": 1, "Cashbox": data["Cashbox"] | anew, "TicketUrl": url}}

    relay.change(CHECK, register_anew)
    bridge.deliver(visit(1002))
    assert bridge.outcomes() == ["issued", "issued"]
    assert bridge.receipt(2).registration_number == "770000000077"


def test_where_a_cashbox_stood_costs_a_look_into_an_index(bridge: Bridge) -> None:
    with note_statements(bridge.services) as seen:
        bridge.deliver(visit(1001), visit(1002))
    statement, values = next(one for one in seen if "last_registration" in one[0])
    # Of two rows either index is as good as the other, once the table was analysed.
    assert re.search(r"ix_receipts_(cashbox_id_)?issued_at", explain(bridge.services, statement, values))
    assert len([one for one in seen if "last_registration" in one[0]]) <= 4


def test_an_answer_that_leaves_the_registration_out_is_of_the_one_before(
    bridge: Bridge, relay: Relay, other: dict[str, Any]
) -> None:
    relay.change(CHECK, lambda _, answer: {"Data": without_names(answer["Data"])})
    bridge.deliver(visit(1002))
    assert bridge.receipt(2).registration_number == other["Cashbox"]["RegistrationNumber"]
