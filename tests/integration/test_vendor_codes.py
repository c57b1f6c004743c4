"""Every answer Webkassa may give to a check: what becomes of the receipt, its delivery, the log, the cashbox."""

import time
from urllib.parse import urlsplit

import pytest

from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.rounds.watch.conditions import observe
from worker.webkassa.client import RENEWALS

SEQUENCE = "Запросы к одной кассе выполняются последовательно"


def assert_issued_once(bridge: Bridge, simulator: SimulatorControl) -> None:
    assert (bridge.receipt().state, bridge.row().state) == ("issued", "processed")
    ledger = simulator.receipts()
    assert [theirs["external_check_number"] for theirs in ledger] == ["altegio_1001"]
    assert ledger[0]["check_number"] == bridge.receipt().fiscal_number


def seconds_until_next(bridge: Bridge) -> float:
    return float(bridge.scalar("SELECT extract(epoch FROM next_attempt_at - now()) FROM receipts"))


@pytest.mark.parametrize("code", [2, 3])
def test_an_expired_session_is_renewed_once(bridge: Bridge, simulator: SimulatorControl, code: int) -> None:
    simulator.fault(operation="check", kind="code", code=code)
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
    assert simulator.state()["by_operation"]["authorize"] == 2
    assert bridge.outcomes() == ["issued"]
    assert bridge.receipt().attempts == 1


@pytest.mark.parametrize("end", ["expire_tokens", "revoke_tokens"])
def test_a_token_that_ended_is_replaced(bridge: Bridge, simulator: SimulatorControl, end: str) -> None:
    bridge.deliver(visit())
    getattr(simulator, end)()
    bridge.deliver(visit(1002))
    assert len(simulator.receipts()) == 2
    assert simulator.state()["by_operation"]["authorize"] == 2


@pytest.mark.parametrize("code", [2, 3])
def test_fresh_sessions_that_are_refused_too_pause_the_cashbox(
    bridge: Bridge, simulator: SimulatorControl, code: int
) -> None:
    simulator.fault(operation="check", kind="code", code=code, times=1 + RENEWALS)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state) == ("pending", "retrying")
    assert bridge.cashbox().paused_code == str(code)
    assert simulator.state()["by_operation"]["authorize"] == 1 + RENEWALS
    bridge.execute("UPDATE cashboxes SET paused_until = now()")
    bridge.settle()
    assert_issued_once(bridge, simulator)


def test_another_program_with_our_login_is_told_of_and_stops_nothing(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=2, times=RENEWALS)
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
    (told,) = [found for found in observe(bridge.services).found if found.kind == "login_shared"]
    assert told.key == bridge.cashbox().unique_number
    assert "сессия обрывается снова и снова" in told.text


def test_a_session_that_ends_while_a_receipt_is_looked_for_ends_no_receipt(
    bridge: Bridge, simulator: SimulatorControl
) -> None:
    simulator.fault(operation="check", kind="drop", when="after")
    for operation in ("shift_history", "ticket", "check_history"):
        simulator.fault(operation=operation, kind="code", code=2, times=1 + RENEWALS)
    bridge.deliver(visit())
    for _ in range(4):
        bridge.execute("UPDATE cashboxes SET paused_until = now()")
        bridge.pass_time()
        bridge.issue()
        assert bridge.row().state != "dead_lettered"
    assert_issued_once(bridge, simulator)
    assert len(simulator.journal("check")) == 1


def test_a_wrong_password_is_not_tried_again_and_again(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(webkassa_password="wrong")
    bridge.deliver(visit(), visit(1002))
    assert simulator.state()["by_operation"] == {"authorize": 1}
    assert simulator.receipts() == []


def test_an_overdue_shift_is_closed_and_the_receipt_sent_once_more(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(visit(1))
    simulator.clock(advance_seconds=25 * 3600)
    bridge.deliver(visit(2))
    ledger = simulator.receipts()
    assert [(theirs["external_check_number"], theirs["shift"]) for theirs in ledger] == [
        ("altegio_1", 1),
        ("altegio_2", 2),
    ]
    assert [(log.operation, log.outcome) for log in bridge.logs()] == [
        ("check", "issued"),
        ("check", "rejected"),
        ("z_report", "issued"),
        ("check", "issued"),
    ]
    assert bridge.receipt(2).attempts == 2
    assert bridge.receipt(2).budget_used == 0


def test_an_overdue_shift_with_an_unknown_outcome_is_not_closed(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.deliver(visit(1))
    simulator.fault(operation="check", kind="drop", when="after")
    bridge.deliver(visit(2))
    simulator.clock(advance_seconds=25 * 3600)
    # The lost one cannot be looked up just now: its question is put off, so the next receipt has its turn.
    bridge.execute("UPDATE receipts SET next_attempt_at = now() + interval '1 hour' WHERE id = 2")
    bridge.execute("UPDATE cashboxes SET rest_until = NULL")
    bridge.deliver(visit(3))
    assert simulator.journal("z_report") == []
    assert (bridge.receipt(3).state, bridge.receipt(3).budget_used) == ("pending", 0)
    bridge.settle()
    ledger = simulator.receipts()
    assert [(theirs["external_check_number"], theirs["shift"]) for theirs in ledger] == [
        ("altegio_1", 1),
        ("altegio_2", 1),
        ("altegio_3", 2),
    ]


@pytest.mark.parametrize("code", [12, 13])
def test_no_open_shift_is_tried_again(bridge: Bridge, simulator: SimulatorControl, code: int) -> None:
    # A wait may be drawn as short as nothing: of an hour it hardly is.
    bridge.configure(retry_base_seconds=3600, retry_cap_seconds=3600)
    simulator.fault(operation="check", kind="code", code=code)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state) == ("pending", "retrying")
    assert bridge.receipt().error_code == str(code)
    assert bridge.receipt().budget_used == 1
    bridge.settle()
    assert_issued_once(bridge, simulator)
    assert bridge.outcomes() == ["rejected", "issued"]


def test_a_duplicate_that_brings_its_receipt_is_success(
    bridge: Bridge, simulator: SimulatorControl, register: Register
) -> None:
    known = register.sell("altegio_1001", 4000)
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
    assert bridge.receipt().fiscal_number == known["CheckNumber"]
    assert bridge.outcomes() == ["duplicate"]


def test_a_duplicate_of_another_total_is_shown_to_a_person(
    bridge: Bridge, simulator: SimulatorControl, register: Register
) -> None:
    register.sell("altegio_1001", 3500)
    bridge.deliver(visit())
    assert bridge.receipt().state == "issued"
    assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "difference")
    assert len(simulator.receipts()) == 1


def test_a_duplicate_without_its_receipt_is_looked_up(
    bridge: Bridge, simulator: SimulatorControl, register: Register
) -> None:
    simulator.settings(duplicate_with_data=False)
    register.sell("altegio_1001", 4000)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state) == ("unknown", "retrying")
    bridge.settle()
    assert_issued_once(bridge, simulator)
    assert bridge.outcomes() == ["duplicate"]
    assert bridge.outcomes("lookup") == ["issued"]


def test_a_duplicate_nobody_has_is_never_sent_again(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=14)
    bridge.deliver(visit())
    bridge.execute("UPDATE receipts SET budget_starts_at = now() - interval '11 minutes'")
    bridge.settle()
    assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "14")
    assert "no shift has it" in bridge.row().reason
    assert bridge.receipt().state == "unknown"
    assert len(simulator.journal("check")) == 1


def test_autonomous_for_too_long_pauses_the_cashbox(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.settings(offline=True)
    simulator.clock(advance_seconds=73 * 3600)
    bridge.deliver(visit(), visit(1002))
    assert len(simulator.journal("check")) == 1
    assert bridge.scalar("SELECT paused_until > now() + interval '30 seconds' FROM cashboxes")
    assert "18" in bridge.cashbox().paused_reason
    assert bridge.cashbox().paused_code == "18"
    assert [(r.state, r.budget_used) for r in bridge.receipts()] == [("pending", 0), ("pending", 0)]
    simulator.settings(offline=False)
    bridge.pass_time()
    bridge.issue()
    assert simulator.receipts() == []
    bridge.execute("UPDATE cashboxes SET paused_until = now()")
    bridge.settle()
    assert [r.state for r in bridge.receipts()] == ["issued", "issued"]


def test_an_offline_receipt_is_a_receipt(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.settings(offline=True)
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
    assert bridge.receipt().offline_mode is True


@pytest.mark.parametrize("kind", ["http_505", "code"])
def test_a_spare_host_serves_where_the_domain_does_not(bridge: Bridge, simulator: SimulatorControl, kind: str) -> None:
    spare = urlsplit(simulator.url).netloc
    simulator.fault(operation="check", kind=kind, code=505, alternatives=f"127.0.0.1:9, {spare}")
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)
    assert bridge.outcomes() == ["issued"]


@pytest.mark.parametrize("kind", ["http_505", "code"])
def test_without_a_spare_host_it_is_tried_later(bridge: Bridge, simulator: SimulatorControl, kind: str) -> None:
    simulator.fault(operation="check", kind=kind, code=505)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state) == ("pending", "retrying")
    bridge.settle()
    assert_issued_once(bridge, simulator)
    assert bridge.outcomes() == ["unavailable", "issued"]
    assert bridge.logs("lookup") == []


def test_a_limit_is_waited_out_and_burns_nothing(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="429", retry_after=40)
    began_at = time.monotonic()
    bridge.deliver(visit())
    receipt = bridge.receipt()
    assert (receipt.state, receipt.budget_used, receipt.attempts) == ("pending", 0, 1)
    # The 40 s begin with the answer, which came after `began_at`; up to a second is added.
    assert 40 - (time.monotonic() - began_at) <= seconds_until_next(bridge) <= 41
    assert bridge.row().state == "retrying"
    bridge.settle()
    assert_issued_once(bridge, simulator)
    assert bridge.outcomes() == ["unavailable", "issued"]


def test_the_sequence_complaint_burns_nothing(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=9, text=SEQUENCE, times=15)
    bridge.deliver(visit())
    for _ in range(14):
        bridge.pass_time()
        bridge.issue()
    receipt = bridge.receipt()
    assert (receipt.state, receipt.budget_used, receipt.attempts) == ("pending", 0, 15)
    bridge.settle()
    assert_issued_once(bridge, simulator)
    assert bridge.outcomes() == ["unavailable"] * 15 + ["issued"]


@pytest.mark.parametrize("code", [8, 9, 17, 20, 1007, 2001])
def test_what_is_refused_for_good_needs_a_person(bridge: Bridge, simulator: SimulatorControl, code: int) -> None:
    simulator.fault(operation="check", kind="code", code=code, text="так нельзя")
    bridge.deliver(visit())
    row = bridge.row()
    assert (row.state, row.error_code) == ("dead_lettered", str(code))
    assert "так нельзя" in row.reason
    assert bridge.receipt().state == "rejected"
    assert bridge.outcomes() == ["rejected"]
    assert (bridge.logs()[0].error_code, bridge.logs()[0].error_text) == (str(code), "так нельзя")
    assert len(simulator.journal("check")) == 1


def test_validation_names_what_webkassa_says(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.settings(vat_rates=[])
    bridge.configure(webkassa_vat="16")
    bridge.deliver(visit())
    assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "9")
    assert bridge.row().reason


def test_unknown_error_is_asked_for_and_sent_again(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=-1)
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state) == ("unknown", "retrying")
    bridge.settle()
    assert_issued_once(bridge, simulator)
    assert bridge.outcomes() == ["unknown", "issued"]
    assert bridge.outcomes("lookup") == ["rejected"]


def test_unknown_error_for_hours_gives_nothing_up(bridge: Bridge, simulator: SimulatorControl) -> None:
    """Ten counted attempts would be used up in minutes, and the register may be well a minute later."""
    bridge.configure(retry_max_attempts=3)
    simulator.fault(operation="check", kind="code", code=-1, times=12)
    bridge.deliver(visit())
    for _ in range(11):
        bridge.pass_time()
        bridge.issue()
    assert (bridge.receipt().budget_used, bridge.row().state) == (0, "retrying")
    bridge.settle()
    assert_issued_once(bridge, simulator)
    assert bridge.cashbox().failures == 0


def test_a_code_nobody_documented_is_asked_for_once_and_given_up(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=7777, text="нечто новое")
    bridge.deliver(visit())
    assert bridge.receipt().state == "unknown"
    bridge.settle()
    assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "7777")
    assert "нечто новое" in bridge.row().reason
    assert bridge.receipt().state == "rejected"
    assert len(bridge.logs("lookup")) == 1
    assert len(simulator.journal("check")) == 1


def test_a_wrong_address_pauses_the_cashbox_and_gives_nothing_up(bridge: Bridge, simulator: SimulatorControl) -> None:
    bridge.configure(webkassa_api_url=f"{simulator.url}/elsewhere")
    bridge.deliver(visit())
    assert (bridge.receipt().state, bridge.row().state, bridge.cashbox().paused_code) == ("pending", "retrying", "404")
    assert "WEBKASSA_API_URL" in (bridge.cashbox().paused_reason or "")
    bridge.configure(webkassa_api_url=simulator.url)
    bridge.execute("UPDATE cashboxes SET paused_until = now()")
    bridge.settle()
    assert_issued_once(bridge, simulator)


@pytest.mark.parametrize("style", ["absent", "null", "empty"])
@pytest.mark.parametrize("total", [False, True])
def test_every_form_of_success(bridge: Bridge, simulator: SimulatorControl, style: str, total: bool) -> None:
    simulator.settings(errors_style=style, total_in_answer=total, protocol=204)
    bridge.deliver(visit())
    assert_issued_once(bridge, simulator)


def test_secrets_are_in_no_log_row(bridge: Bridge, simulator: SimulatorControl) -> None:
    simulator.fault(operation="check", kind="code", code=2)
    simulator.fault(operation="check", kind="drop", when="after")
    bridge.deliver(visit())
    bridge.settle()
    token = bridge.services.clients.open_default()._token.get()
    settings = bridge.services.settings
    secrets = [token, settings.webkassa_password.get_secret_value(), settings.webkassa_api_token.get_secret_value()]
    for table in ("fiscalization_logs", "receipts", "webhook_records"):
        dump = bridge.scalar(f"SELECT string_agg(t::text, ' ') FROM {table} t")
        assert dump
        assert not [secret for secret in [*secrets, settings.webkassa_login] if secret in dump]
