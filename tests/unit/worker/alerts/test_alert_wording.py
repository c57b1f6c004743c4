import re

import pytest

from shared.config import Settings
from worker.alerts import kinds
from worker.alerts.sending import name_address
from worker.alerts.wording import DETAILS, KINDS, LANGUAGES, MAX_LINES, Group, compose, describe

# The kinds other modules send.
SENT_ELSEWHERE = {
    "shift_old",
    "shift_not_closed",
    "offline",
    "books_difference",
    "hook_lost",
    "altegio_rights",
}


def test_every_kind_has_words_in_every_language() -> None:
    known = {value for name, value in vars(kinds).items() if name.isupper() and isinstance(value, str)}
    assert set(KINDS) == known | SENT_ELSEWHERE
    for words in [part for pair in KINDS.values() for part in pair] + list(DETAILS.values()):
        assert len(words) == len(LANGUAGES)
        assert all(words)
        # The same blanks to fill in.
        assert len({tuple(sorted(re.findall(r"{\w+}", text))) for text in words}) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_message_names_the_trouble_the_facts_and_what_to_do(language: str) -> None:
    group = Group(kinds.CASHBOX_PAUSED, [describe(kinds.CASHBOX_PAUSED, language, cashbox="SWK00000001", remedy="?")])
    title, body = compose([group], [], language)
    assert title.startswith("altegio-webkassa: ")
    assert "SWK00000001" in body
    assert "celery -A worker cashboxes check" in body
    assert compose([], [group], language)[0] != title


def test_a_long_list_is_cut_and_counted() -> None:
    body = compose([Group("shift_old", [f"SWK{n}" for n in range(MAX_LINES + 7)])], [], "en")[1]
    assert "and 7 more" in body


def test_an_unknown_kind_is_called_by_its_name() -> None:
    assert "new_kind" in compose([Group("new_kind", ["facts {x}"])], [], "ru")[1]


def test_addresses_may_hold_commas_and_are_named_without_their_secrets() -> None:
    settings = Settings(_env_file=None, alert_urls="mailto://u:secret@x.kz?to=a@x.kz,b@x.kz, tgram://token/1 ,")
    assert len(settings.alert_addresses) == 2
    assert settings.alert_addresses[0].endswith("b@x.kz")
    assert [name_address(n, address) for n, address in enumerate(settings.alert_addresses, 1)] == ["1 (mailto)", "2 (tgram)"]
