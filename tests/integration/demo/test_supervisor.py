"""The supervisor with small commands: what dies comes back, what never stays up is given up on."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.demo.children import base_environment
from dev.demo.supervisor import Command, Console, Supervisor
from dev.demo.waiting import WaitTimeout


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(stream: io.StringIO) -> Iterator[Supervisor]:
    supervisor = Supervisor(Console(stream))
    yield supervisor
    supervisor.stop_all()


def python(code: str, folder: Path) -> Command:
    return Command((sys.executable, "-c", code), base_environment(), folder)


def test_output_is_shown_with_the_name_in_front(supervisor: Supervisor, stream: io.StringIO, tmp_path: Path) -> None:
    code = supervisor.run_once("hello", python("print('\\x1b[32mгрин\\x1b[0m')", tmp_path), 10)
    assert code == 0
    assert stream.getvalue() == "hello     | грин\n"


def test_an_exit_code_is_handed_on(supervisor: Supervisor, tmp_path: Path) -> None:
    assert supervisor.run_once("bad", python("raise SystemExit(3)", tmp_path), 10) == 3


def test_a_process_that_never_stays_up_is_found_hopeless(
    supervisor: Supervisor, stream: io.StringIO, tmp_path: Path
) -> None:
    unit = supervisor.add("poor", python("print('last words'); raise SystemExit(3)", tmp_path))

    assert supervisor.wait_for(supervisor.find_hopeless, 20, "it to be given up") is unit
    assert "ended (exit code 3); starting it again in 0.5 s" in stream.getvalue()
    assert "starting it again in 2 s" in stream.getvalue()
    assert "last words" in unit.body.tail()


def test_a_wait_has_an_end_and_names_what_was_awaited(supervisor: Supervisor) -> None:
    with pytest.raises(WaitTimeout, match="a miracle"):
        supervisor.wait_for(lambda: False, 0.2, "a miracle")


def test_a_process_that_closed_its_output_is_ended_all_the_same(supervisor: Supervisor, tmp_path: Path) -> None:
    mute = python("import os, time; os.close(1); os.close(2); time.sleep(600)", tmp_path)
    supervisor.add("mute", mute)
    supervisor.wait_for(lambda: not mute._reader.is_alive(), 10, "its output to end")

    supervisor.stop_all()

    assert mute.exit_code is not None
