"""What managers see of a salon's choices: what holds, what follows from it, how each account is taken and what is unsure."""

import html
import re

import pytest

from api.acquire.salon.choices import LABELS
from shared.salon.choices import CHECKS, CHOICES
from shared.storage.models import Cashbox, PaymentRecord
from tests.support.desk import COMPANY, Browser, Desk

OTHER = COMPANY + 1


def read(page: str) -> str:
    """What is written on it; a space that does not break is a space."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def pay_into(desk: Desk, account_id: int, title: str, kind: str | None = None, company: int = COMPANY) -> None:
    with desk.sessions.begin() as session:
        number = 1000 + session.query(PaymentRecord).count()
        session.add(
            PaymentRecord(
                company_id=company, operation_id=number, kind=kind, amount=100, account_id=account_id, account_title=title
            )
        )


def test_every_choice_has_words_on_the_page() -> None:
    assert set(LABELS) == set(CHOICES)
    for name, choice in LABELS.items():
        for word in choice.words:
            CHECKS[name](word)


def test_the_safe_defaults_are_explained(manager: Browser) -> None:
    page = read(manager.page("/acquire/settings"))
    for said in (
        "Депозиты клиентов Вручную: о каждом решает управляющий",
        "Частичная оплата Один чек, когда оплачено всё",
        "Чаевые чаевые, шайлық, tips",
        "Как учитываются счета Altegio Kaspi: Kaspi / QR",
        "Проданный сертификат или абонемент в чеке услуга",
    ):
        assert said in page
    assert "второй удвоит оборот" in page


def test_what_a_salon_chose_otherwise(desk: Desk, manager: Browser) -> None:
    with desk.sessions.begin() as session:
        session.add(
            Cashbox(unique_number="SWK7", company_id=COMPANY, vat="16", deposits="at_top_up", payment_kinds="12=none")
        )
        session.add(Cashbox(unique_number="SWK8", company_id=OTHER))
    page = read(manager.page("/acquire/settings"))
    assert (
        "НДС 16 % Как учитываются счета Altegio № 12: банковский перевод, без чека Депозиты клиентов Чек при пополнении"
        in page
    )
    assert page.count("Для этого салона выбрано иначе:") == 1


def test_vat_rates_with_the_years_they_hold_from(desk: Desk, manager: Browser) -> None:
    with desk.sessions.begin() as session:
        lines = "ботокс=medical, service:8101=none, good:7=periodicals, goods=12, x=standard"
        session.add(Cashbox(unique_number="SWK7", company_id=COMPANY, vat="auto", vat_lines=lines))
    page = read(manager.page("/acquire/settings"))
    for said in (
        "По закону и дню оказания услуги (2026: 16 %)",
        "ботокс: медицинские услуги и лекарства (2026: 5 %, 2027: 10 %)",
        "услуга № 8101: без НДС",
        "товар № 7: периодика (2026: 10 %)",
        "все товары: 12 %",
        "x: обычная (2026: 16 %)",
    ):
        assert said in page


def test_every_account_seen_how_it_is_taken_and_what_is_unsure(desk: Desk, manager: Browser) -> None:
    with desk.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK7", company_id=COMPANY, enabled=False, payment_kinds="11=cash"))
        session.add(Cashbox(unique_number="SWK8", company_id=COMPANY, payment_kinds="11=elsewhere, счет=none"))
    pay_into(desk, 11, "Kaspi терминал", "card")
    pay_into(desk, 12, "Касса зала", "cash")
    pay_into(desk, 12, "Касса", "cash")
    pay_into(desk, 13, "Сейф")
    pay_into(desk, 14, "Расчётный счёт", "card")
    pay_into(desk, 11, "Kaspi Gold", "card", OTHER)
    page = read(manager.page("/acquire/settings"))
    first, second = (page.partition(f"салон {company}")[2].partition("Кассы")[0] for company in (COMPANY, OTHER))
    first = first.partition(f"салон {OTHER}")[0]
    for said in (
        "Kaspi терминал № 11 чек пробивает сам терминал выбрано здесь",
        "Касса № 12 Наличные по данным Altegio",
        "Сейф № 13 неизвестно",
        "Расчётный счёт № 14 банковский перевод, без чека выбрано здесь",
    ):
        assert said in first
    assert "Касса зала" not in first
    assert "Kaspi Gold № 11 Kaspi / QR выбрано здесь" in second


@pytest.mark.parametrize(("language", "said"), [("kk", "Клиенттердің депозиттері"), ("en", "Clients' deposits")])
def test_in_every_language(manager: Browser, language: str, said: str) -> None:
    manager.submit("/acquire/language", {"language": language})
    assert said in read(manager.page("/acquire/settings"))
