"""Money goes back: whole, by line, by a manager only; and what Altegio took back waits for a decision."""

import re

from playwright.sync_api import Page, expect

from tests.browser.test_paying import TAKE, await_receipt, open_visit
from tests.support.payloads import visit
from tests.support.shop import Shop

SALE, RETURN = 2, 3
RETURNED = re.compile(r"/acquire/receipts/\d+$")


def pay(page: Page, record_id: int, method: str = "card") -> None:
    open_visit(page, record_id)
    page.click(f"label[for=m-{method}]")
    page.click(TAKE)
    await_receipt(page)


def operations(shop: Shop, record_id: int) -> list[tuple[int, str]]:
    return [(receipt["operation_type"], receipt["total"]) for receipt in shop.receipts(record_id)]


def test_a_whole_sale(manager: Page, shop: Shop) -> None:
    record_id = shop.book(("Стрижка", 4000), ("Укладка", 3500))
    pay(manager, record_id)
    manager.click("text=Оформить возврат")
    expect(manager.locator("[data-return-total] b")).to_have_text("7 500 ₸")
    manager.click("label[for=r-changed_mind]")
    manager.click("button.danger")
    manager.wait_for_url(RETURNED)
    expect(manager.locator("h1")).to_contain_text("Чек возврата")
    manager.click("text=Верните 7 500 ₸ на терминале карты")
    expect(manager.locator(".ticks")).to_contain_text("Сделано: director")
    assert operations(shop, record_id) == [(SALE, "7500.00"), (RETURN, "7500.00")]


def test_one_line_of_two(manager: Page, shop: Shop) -> None:
    record_id = shop.book(("Стрижка", 4000), ("Укладка", 3500))
    pay(manager, record_id, "mobile")
    manager.click("text=Оформить возврат")
    manager.locator("[data-step='-1']").first.click()
    expect(manager.locator("[data-return-total] b")).to_have_text("3 500 ₸")
    manager.fill("#reason", "Услуга не оказана")
    manager.click("button.danger")
    manager.wait_for_url(RETURNED)
    assert operations(shop, record_id) == [(SALE, "7500.00"), (RETURN, "3500.00")]
    sale, returned = shop.receipts(record_id)
    assert returned["payments"] == [{"type": 4, "sum": "3500.00"}]
    assert returned["external_check_number"] == f"{sale['external_check_number']}_r1"
    assert returned["request"]["ReturnBasisDetails"]["CheckNumber"] == sale["check_number"]
    assert returned["request"]["Positions"][0]["TaxPercent"] == 16


def test_more_than_was_sold_is_refused_clearly(manager: Page, shop: Shop) -> None:
    record_id = shop.book()
    pay(manager, record_id)
    manager.click("text=Оформить возврат")
    expect(manager.locator("[data-step='1']")).to_be_disabled()
    manager.fill("#count_0", "9")
    expect(manager.locator("[data-too-many]")).to_contain_text("не больше 1")
    expect(manager.locator("[data-return-total] b")).to_have_text("4 000 ₸")
    manager.fill("#reason", "Клиент передумал")
    manager.click("button.danger")
    expect(manager.locator("#fault-count_0")).to_contain_text("не больше 1")
    assert operations(shop, record_id) == [(SALE, "4000.00")]


def test_a_cashier_asks_and_needs_a_managers_pin(page: Page, shop: Shop) -> None:
    record_id = shop.book()
    pay(page, record_id)
    page.click("text=Оформить возврат")
    page.click("label[for=r-wrong_sum]")
    page.click("button.danger")
    expect(page.locator("#fault-pin")).to_contain_text("подтверждение управляющего")
    expect(page.locator("#r-wrong_sum")).to_be_checked()
    assert operations(shop, record_id) == [(SALE, "4000.00")]


def test_a_wrong_way_of_payment(manager: Page, shop: Shop) -> None:
    """Found among all receipts by the client's name on a Russian keyboard; four presses from there to both receipts."""
    record_id = shop.book(("Маникюр", 7200), name="Гүлнәр Өтегенова")
    pay(manager, record_id)
    manager.goto("/acquire/receipts")
    manager.fill("#q", "гулнар отегенова")
    manager.keyboard.press("Enter")
    manager.click(f".receipt-row:has-text('{record_id}')")
    manager.click("text=Неверный способ оплаты")
    manager.click("label[for=w-cash]")
    manager.fill("#cash_received", "10000")
    manager.click("button.primary")
    expect(manager.locator(".will")).to_contain_text("сдача 2 800 ₸")
    manager.click("button.primary.big")
    manager.wait_for_url(RETURNED)
    expect(manager.locator(".story")).to_contain_text("в первом чеке был неверный способ оплаты")
    assert operations(shop, record_id) == [(SALE, "7200.00"), (RETURN, "7200.00"), (SALE, "7200.00")]
    assert [one["payments"][0]["type"] for one in shop.receipts(record_id)] == [1, 1, 0]


def test_a_visit_deleted_after_its_receipt_waits_for_a_decision(manager: Page, shop: Shop) -> None:
    record_id = shop.book()
    pay(manager, record_id)
    reply = shop.service.post(visit(record_id, changed=None, status="delete", paid=0))
    shop.await_state(reply.json()["record_id"], "processed")
    manager.goto("/acquire/tasks")
    task = manager.locator(f".task.due:has-text('{record_id}')")
    expect(task).to_contain_text("удалили в Altegio")
    task.locator("text=Оформить возврат").click()
    manager.fill("#reason", "Визит удалён")
    manager.click("button.danger")
    manager.wait_for_url(RETURNED)
    assert operations(shop, record_id) == [(SALE, "4000.00"), (RETURN, "4000.00")]
    manager.goto("/acquire/tasks")
    expect(task).to_have_count(0)
