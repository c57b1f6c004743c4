"""What a worker tries out for the set-up: addresses of alerts and Altegio's tokens, once, and without naming a secret."""

from collections.abc import Iterator

import pytest

from dev.harness.altegio import AltegioControl
from shared.storage.models import Trial
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY
from tests.support.post_box import PostBox
from worker.rounds.trials.trying import try_out


@pytest.fixture
def post_box() -> Iterator[PostBox]:
    box = PostBox()
    yield box
    box.close()


def attempt(bridge: Bridge, kind: str) -> Trial:
    with bridge.services.sessions.begin() as session:
        trial = Trial(kind=kind)
        session.add(trial)
    try_out(bridge.services, trial.id)
    with bridge.services.sessions() as session:
        return session.get_one(Trial, trial.id)


def test_a_message_goes_to_every_address(bridge: Bridge, post_box: PostBox) -> None:
    bridge.configure(alert_urls=f"{post_box.address},{post_box.address}")
    done = attempt(bridge, "alerts")
    assert (done.state, done.tried, done.passed) == ("passed", 2, 2)
    assert done.done_at is not None
    assert len(post_box.messages) == 2
    try_out(bridge.services, done.id)
    assert len(post_box.messages) == 2, "a message that comes twice tries nothing twice"


def test_an_address_that_takes_nothing(
    bridge: Bridge, post_box: PostBox, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    bridge.configure(alert_urls=f"nonsense://topsecret,{post_box.address}")
    done = attempt(bridge, "alerts")
    assert (done.state, done.tried, done.passed) == ("failed", 2, 1)
    assert "topsecret" not in caplog.text + "".join(capsys.readouterr()) + str(done.error_text)


@pytest.mark.parametrize("kind", ["alerts", "altegio"])
def test_nothing_is_set_up(bridge: Bridge, kind: str) -> None:
    bridge.configure(alert_urls="")
    assert attempt(bridge, kind).state == "absent"


class TestAltegio:
    def test_tokens_that_open_what_is_read(self, bridge: Bridge, altegio: AltegioControl) -> None:
        settings = {name.lower(): value for name, value in altegio.environment.items()}
        bridge.configure(**settings, altegio_company_id=str(COMPANY), public_url="https://receipts.example.kz")
        altegio.open(urls=["https://receipts.example.kz/api/webhook/secret"])
        done = attempt(bridge, "altegio")
        assert (done.state, done.tried, done.passed, done.error_text) == ("passed", 1, 1, None)

    def test_tokens_that_do_not(self, bridge: Bridge, altegio: AltegioControl) -> None:
        settings = {name.lower(): value for name, value in altegio.environment.items()}
        bridge.configure(**{**settings, "altegio_user_token": "x" * 40}, altegio_company_id=str(COMPANY))
        done = attempt(bridge, "altegio")
        assert (done.state, done.tried, done.passed) == ("failed", 1, 0)
        assert done.error_text
        assert "x" * 40 not in done.error_text

    def test_no_salon_is_known_yet(self, bridge: Bridge, altegio: AltegioControl) -> None:
        bridge.configure(**{name.lower(): value for name, value in altegio.environment.items()})
        done = attempt(bridge, "altegio")
        assert (done.state, done.tried) == ("failed", 0)
