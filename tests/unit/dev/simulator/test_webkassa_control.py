"""The journal, settings, clock, reset, the state file, and the process itself."""

import argparse
import http.client
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from dev.simulator.webkassa import RunningSimulator, Settings, start

ROOT = Path(__file__).parents[4]


def test_health_needs_no_login(client: Any) -> None:
    assert requests.get(f"{client.url}/_sim/health", timeout=10).json() == {"ok": True}


def test_journal_keeps_bodies_without_secrets(client: Any) -> None:
    client.sell("a", CustomerPhone="+77770000000")
    client.sell("a")
    client.sell("b", Payments=[])
    text = json.dumps([client.look("journal"), client.look("receipts"), client.look("state")])
    assert client.token not in text
    assert "sim-password" not in text
    entries = client.look("journal")
    assert [(entry["operation"], entry["outcome"]) for entry in entries] == [
        ("authorize", "data"), ("check", "data"), ("check", "error:14"), ("check", "error:9"),
    ]  # fmt: skip
    first = client.look("journal?operation=check")[0]
    assert (first["path"], first["cashbox"], first["overlapped"]) == ("/api/v4/check", "SWK00000001", False)
    assert first["body"]["ExternalCheckNumber"] == "a"
    assert first["body"]["Token"] == "***"
    assert first["seconds"] >= 0
    assert client.look("state")["by_operation"] == {"authorize": 1, "check": 3}


def test_ledger_rows_are_exact(client: Any, position: Callable[..., dict[str, Any]]) -> None:
    line = position(Price=0.1, Count=3, TaxType=100, TaxPercent=16, Tax=0.04)
    client.sell("a", Positions=[line], Payments=[{"Sum": 0.3, "PaymentType": 4}], RoundType=0)
    client.sell("b")
    [row] = client.look("receipts?cashbox=SWK00000001&external=a")
    assert (row["total"], row["tax"], row["payments"]) == ("0.30", "0.04", [{"type": 4, "sum": "0.30"}])
    assert (row["operation_type"], row["shift"], row["check_order_number"], row["offline"]) == (
        2,
        1,
        1,
        False,
    )
    assert (row["positions"][0]["price"], row["positions"][0]["sum"]) == ("0.10", "0.30")
    assert row["request"]["Positions"][0]["Price"] == 0.1
    assert datetime.fromisoformat(row["recorded_at"]).tzinfo is not None


def test_numbers_are_never_binary(client: Any, position: Callable[..., dict[str, Any]]) -> None:
    client.sell("a", Positions=[position(Price="@")], Payments=[{"Sum": 4000, "PaymentType": 0}])
    assert client.look("receipts") == []
    exact = "4000.000000000000000001"
    body = json.dumps(client.look("journal?operation=check")[0]["body"] | {"Token": client.token})
    headers = {"Content-Type": "application/json"}
    client.session.post(f"{client.url}/api/v4/check", data=body.replace('"@"', exact), headers=headers, timeout=10)
    shown = client.session.get(f"{client.url}/_sim/receipts", timeout=10).text
    assert f'"Price":{exact}' in shown
    assert '"total":"4000.00"' in shown


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"scpoe": "shift"}, "scpoe"),
        ({"scope": "galaxy"}, "scope"),
        ({"offline": "perhaps"}, "offline"),
        ({"vat_rates": [12.5]}, "vat_rates"),
        ({"latency_ms": -1}, "latency_ms"),
        ({"cashbox_problems": {"SWK00000001": 99}}, "cashbox_problems"),
        ({"cashbox_problems": {"SWK77777777": 7}}, "SWK77777777"),
    ],
)
def test_wrong_settings_change_nothing(client: Any, changes: dict[str, Any], name: str) -> None:
    before = client.look("state")["settings"]
    response = client.post("/_sim/settings", {"total_in_answer": True, **changes})
    assert response.status_code == 400
    assert name in response.json()["error"]
    assert client.look("state")["settings"] == before


def test_password_can_be_changed(client: Any) -> None:
    client.control("settings", {"password": "new"})
    credentials = {"Login": "cashier@example.test", "Password": "sim-password"}
    assert "Errors" in client.post("/api/v4/Authorize", credentials).json()
    assert "Data" in client.post("/api/v4/Authorize", credentials | {"Password": "new"}).json()


def test_latency_delays_vendor_calls(client: Any) -> None:
    client.control("settings", {"latency_ms": 50})
    client.login()
    assert client.look("journal")[0]["seconds"] >= 0.05


def test_clock_is_set_advanced_sped_up_and_reset(client: Any) -> None:
    def now() -> datetime:
        return datetime.fromisoformat(client.look("state")["now"])

    real = now()
    client.control("clock", {"set": "2030-01-01T00:00:00+05:00"})
    assert now().isoformat()[:16] == "2029-12-31T19:00"
    client.control("clock", {"advance_seconds": 3600})
    assert now().isoformat()[:16] == "2029-12-31T20:00"
    client.control("clock", {"rate": 100_000})
    earlier = now()
    assert (now() - earlier).total_seconds() > 10
    client.control("clock", {"reset": True})
    assert abs((now() - real).total_seconds()) < 60
    assert client.post("/_sim/clock", {"set": "tomorrow"}).status_code == 400


def test_reset_forgets_everything(client: Any) -> None:
    client.sell("a")
    client.control("settings", {"scope": "shift", "offline": True})
    client.control("clock", {"set": "2030-01-01T00:00:00+00:00"})
    client.control("faults", {"operation": "any", "kind": "drop"})
    client.control("reset")
    state = client.look("state")
    assert (state["receipts"], state["overlaps"], state["by_operation"]) == (0, 0, {})
    assert (state["settings"]["scope"], state["settings"]["offline"]) == ("cashbox", False)
    assert state["now"] < "2030"
    assert client.look("faults") == client.look("journal") == []
    assert client.call("/api/v4/Cashboxes")["Errors"][0]["Code"] == 3


def test_connections_are_kept_alive(running: RunningSimulator) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.connect()
    socket = connection.sock
    # A refused path, a vendor's refusal, the control API: none of them ends the connection.
    for path, status in (("/api/ShiftClose", 404), ("/api/v4/check", 200), ("/_sim/tokens/revoke", 200)):
        connection.request("POST", path, b"{}")
        response = connection.getresponse()
        response.read()
        assert (response.status, response.headers["Connection"]) == (status, "keep-alive")
        assert connection.sock is socket
    connection.close()


def test_unknown_control_path_is_404(client: Any) -> None:
    assert client.post("/_sim/nothing", {}).status_code == 404


def test_end_closes_idle_connections(make_client: Any) -> None:
    simulator = start()
    client = make_client(simulator.url)
    client.login()
    simulator.close()
    with pytest.raises(requests.ConnectionError):
        client.post("/_sim/settings", {})


def test_ledger_survives_a_restart(make_client: Any, tmp_path: Path) -> None:
    settings = Settings(state_file=tmp_path / "state" / "ledger.jsonl")
    with start(settings) as first:
        client = make_client(first.url)
        client.sell("a")
        client.call("/api/v4/ZReport")
        client.control("settings", {"offline": True})
        client.sell("b")
        client.call("/api/v4/MoneyOperation", OperationType=0, Sum=5, ExternalCheckNumber="m")
        before, state = client.look("receipts"), client.look("state")["cashboxes"]
    with (tmp_path / "state" / "ledger.jsonl").open("ab") as file:
        file.write(b'{"event":"check","at":"20')
    with start(settings) as second:
        client = make_client(second.url)
        assert (client.look("receipts"), client.look("state")["cashboxes"]) == (before, state)
        assert client.sell("a")["Errors"][0]["Code"] == 14
        assert client.call("/api/v4/MoneyOperation", OperationType=0, Sum=5, ExternalCheckNumber="m")["Errors"]
        fresh = client.sell("c")["Data"]
        assert (fresh["ShiftNumber"], fresh["CheckOrderNumber"]) == (2, 2)
        assert fresh["CheckNumber"] not in {row["check_number"] for row in before}
    with start(settings) as third:
        client = make_client(third.url)
        assert len(client.look("receipts")) == 3
        client.control("reset")
    assert (tmp_path / "state" / "ledger.jsonl").read_bytes() == b""


def test_every_setting_is_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    def read(*options: str) -> Settings:
        return Settings.from_arguments(argparse.ArgumentParser(), ["--port", "0", *options])

    chosen = read("--vat-rates", "", "--offline", "--no-duplicate-with-data", "--cashbox", "A", "--cashbox", "B")
    assert (chosen.vat_rates, chosen.offline, chosen.duplicate_with_data) == (frozenset(), True, False)
    assert chosen.cashboxes == ("A", "B")
    with pytest.raises(SystemExit):
        read("--protocol", "205")
    assert "protocol" in capsys.readouterr().err


def test_process_announces_itself_and_ends_quietly(make_client: Any) -> None:
    command = [sys.executable, "-m", "dev.simulator.webkassa", "--port", "0", "--cashbox", "SWK00000009"]
    with subprocess.Popen(
        [*command, "--scope", "shift", "--protocol", "204", "--vat-rates", "16"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        prefix = "webkassa simulator on "
        assert line.startswith(prefix + "http://127.0.0.1:")
        client = make_client(line.removeprefix(prefix).strip())
        settings = client.look("state")["settings"]
        assert (settings["scope"], settings["protocol"], settings["vat_rates"]) == ("shift", 204, [16])
        client.login()
        client.control("faults", {"operation": "any", "kind": "timeout", "seconds": 60})
        with pytest.raises(requests.ReadTimeout):
            client.post("/api/v4/Cashboxes", {}, timeout=0.1)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=5)
        assert (process.returncode, out, err) == (0, "", "")
