"""What the checks of a deployment say, and end with."""

import sys

import pytest

from dev.deploy.check import Check, run


@pytest.mark.parametrize(
    ("command", "passes", "said"),
    [
        pytest.param([sys.executable, "-c", "print('fine')"], True, "ok ", id="right"),
        pytest.param([sys.executable, "-c", "print('line 7'); raise SystemExit(3)"], False, "line 7", id="wrong"),
        pytest.param(None, True, "NOT CHECKED", id="no-program"),
    ],
)
def test_a_check_fails_only_for_what_is_wrong(
    command: list[str] | None, passes: bool, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(Check("the check", command)) is passes
    shown = capsys.readouterr().out
    assert said in shown
    assert "the check" in shown
