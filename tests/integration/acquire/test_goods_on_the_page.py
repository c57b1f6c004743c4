"""Codes of goods on the settings page: how many lines lack one, a file to fill in, and the file taken over by a manager."""

import html
import re

from shared.storage.models import AuditEvent, GoodsCode, GoodsLine
from tests.support.desk import COMPANY, Browser, Desk

PAGE, FILE = "/acquire/settings", f"/acquire/settings/goods.csv?company={COMPANY}"
GTIN = "4870001000011"


def read(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def sell(desk: Desk, *goods: tuple[int | None, str, str | None]) -> None:
    receipt = desk.add_receipt()
    with desk.sessions.begin() as session:
        for good_id, title, gtin in goods:
            session.add(GoodsLine(receipt_id=receipt.id, company_id=COMPANY, good_id=good_id, title=title, gtin=gtin))


def upload(browser: Browser, content: bytes, company: int = COMPANY, **options: object) -> object:
    fields = {"form_token": browser.form_token(), "company": str(company)}
    return browser.post(
        "/acquire/settings/goods", data=fields, files={"file": ("codes.csv", content, "text/csv")}, **options
    )


def test_nothing_was_sold_yet(manager: Browser) -> None:
    assert "Товары ещё не продавались." in read(manager.page(PAGE))


def test_lines_without_a_code_are_counted_and_named(desk: Desk, manager: Browser) -> None:
    sell(desk, (11, "Шампунь", GTIN), (12, "Лак", None))
    sell(desk, (12, "Лак для волос", None), (None, "Пилка", None))
    desk.add_receipt()
    page = read(manager.page(PAGE))
    assert f"салон {COMPANY} С кодом 1 из 4 строк за 30 дней (25 %)." in page
    assert "Лак для волос № 12 2 Пилка номер неизвестен: впишите штрихкод в Altegio 1" in page


def test_the_file_holds_the_table_and_what_lacks_a_code(desk: Desk, manager: Browser) -> None:
    sell(desk, (11, "Шампунь", GTIN), (12, "Лак", None), (None, "Пилка", None))
    with desk.sessions.begin() as session:
        session.add(GoodsCode(company_id=COMPANY, good_id=9, title="Крем", gtin=None, ntin="0200000000017"))
    answer = manager.get(FILE)
    assert answer.headers["content-disposition"] == f'attachment; filename="goods-{COMPANY}.csv"'
    assert answer.text.lstrip("\ufeff").split() == ["good_id,title,gtin,ntin", "9,Крем,,0200000000017", "12,Лак,,"]


def test_a_file_is_taken_over_counted_and_in_the_trail(desk: Desk, manager: Browser) -> None:
    sell(desk, (12, "Лак", None))
    with desk.sessions.begin() as session:
        session.add(GoodsCode(company_id=COMPANY, good_id=9, title="Крем", gtin=GTIN, ntin=None))
    done = upload(manager, f"good_id;title;gtin;ntin\r\n12;Лак;{GTIN};\r\n9;Крем;;\r\n".encode("cp1251"))
    assert done.status_code == 303
    page = read(manager.page(done.headers["location"]))
    assert "Коды сохранены: записано 1, убрано 1." in page
    assert "С кодом 1 из 1 строк за 30 дней (100 %)." in page
    assert [(row.good_id, row.title, row.gtin) for row in desk.all(GoodsCode)] == [(12, "Лак", GTIN)]
    event = desk.all(AuditEvent)[-1]
    assert (event.action, event.subject, event.details) == (
        "goods_codes_changed",
        f"salon {COMPANY}",
        {"kept": 1, "removed": 1},
    )
    assert f"Изменены коды товаров Салон {COMPANY}" in read(manager.page("/acquire/audit"))


def test_a_wrong_file_changes_nothing_and_says_where(desk: Desk, manager: Browser) -> None:
    sell(desk, (12, "Лак", None))
    rows = f'good_id,title,gtin,ntin\n12,Лак,{GTIN},\n13,<b>,4870001000012,\nx,,,\n14,Крем,"4,87E+12",\n12,Лак,,\n'
    answer = upload(manager, rows.encode())
    assert answer.status_code == 422
    page = read(answer.text)
    for said in (
        "Ничего не изменено.",
        "Строка 3: «4870001000012» — не GTIN и не NTIN",
        "Строка 4: «x» — не номер товара",
        "Строка 5: «4,87E+12» — таблица сократила число",
        "Строка 6: товар 12 указан дважды",
    ):
        assert said in page
    assert desk.all(GoodsCode) == []
    nothing = upload(manager, b"\x00\x01")
    assert "В первой строке должны быть названия столбцов good_id, title, gtin, ntin" in read(nothing.text)
    assert upload(manager, b"").status_code == 422


def test_of_a_salon_that_is_known_only(desk: Desk, manager: Browser) -> None:
    sell(desk, (12, "Лак", None))
    assert upload(manager, f"good_id,gtin\n12,{GTIN}\n".encode(), company=5).status_code == 404
    assert manager.get("/acquire/settings/goods.csv?company=5").status_code == 404
    assert manager.get("/acquire/settings/goods.csv?company=x").status_code == 404
    assert desk.all(GoodsCode) == []


def test_without_the_token_of_the_session_or_too_large_nothing_is_read(desk: Desk, manager: Browser) -> None:
    sell(desk, (12, "Лак", None))
    file = {"file": ("codes.csv", f"good_id,gtin\n12,{GTIN}\n".encode(), "text/csv")}
    assert manager.post("/acquire/settings/goods", data={"company": str(COMPANY)}, files=file).status_code == 403
    assert upload(manager, b"x" * 600_000).status_code == 413
    broken = manager.post(
        "/acquire/settings/goods", content=b"--x\r\n\r\n", headers={"content-type": "multipart/form-data; boundary="}
    )
    assert broken.status_code == 403
    assert desk.all(GoodsCode) == []
