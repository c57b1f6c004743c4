"""How an account is taken: the salon's own word on its id, then on its title."""

import pytest

from shared.fiscal.accounts import find_use, parse_accounts


def test_words_and_ids_are_read() -> None:
    assert parse_accounts("Kaspi=mobile, Halyk = CARD,id:46003=none, 46004=elsewhere, сейф=cash,") == {
        "Kaspi": "mobile",
        "Halyk": "card",
        "id:46003": "none",
        "id:46004": "elsewhere",
        "сейф": "cash",
    }


@pytest.mark.parametrize(
    "text", ["Kaspi", "=mobile", "Kaspi=", "Kaspi=barter", "Kaspi=mobile=card", "id:=card", "id:x=card"]
)
def test_what_cannot_be_read_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="such as Kaspi=mobile"):
        parse_accounts(text)


ACCOUNTS = parse_accounts("Kaspi=mobile, Расчётный счёт=none, id:46003=elsewhere, halyk pos=card")


@pytest.mark.parametrize(
    ("account_id", "title", "use"),
    [
        pytest.param(1, "ТОО Kaspi, терминал", "mobile", id="a-word-of-its-title"),
        pytest.param(1, "KASPI", "mobile", id="any-case"),
        pytest.param(1, "Kaspibank", None, id="only-as-a-word"),
        pytest.param(1, "Расчётный счёт в банке", "none", id="two-words"),
        pytest.param(1, "Расчетный счет", "none", id="with-or-without-the-dots-of-ё"),
        pytest.param(46003, "Kaspi", "elsewhere", id="the-id-before-the-title"),
        pytest.param(None, "Halyk POS", "card", id="without-an-id"),
        pytest.param(46005, None, None, id="without-a-title"),
        pytest.param(46005, "Основная касса", None, id="nothing-was-said"),
    ],
)
def test_the_salons_word_on_an_account(account_id: int | None, title: str | None, use: str | None) -> None:
    assert find_use(ACCOUNTS, account_id, title) == use
