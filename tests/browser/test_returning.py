"""Money goes back: whole, by line, by a manager only; and what Altegio took back waits for a decision."""

import re

from playwright.sync_api import Page, expect

from tests.browser.test_paying import SUCCESS, TAKE, await_receipt, open_visit
from tests.support.payloads import visit
from tests.support.shop import Shop

SALE, RETURN = 2, 3


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
    manager.fill("#reason", "Клиент передумал")
    manager.click("button.danger")
    manager.wait_for_url(SUCCESS)
    expect(manager.locator("h1")).to_have_text("Чек возврата пробит")
    assert operations(shop, record_id) == [(SALE, "7500.00"), (RETURN, "7500.00")]


def test_one_line_of_two(manager: Page, shop: Shop) -> None:
    record_id = shop.book(("Стрижка", 4000), ("Укладка", 3500))
    pay(manager, record_id, "mobile")
    manager.click("text=Оформить возврат")
    manager.fill("#count_0", "0")
    expect(manager.locator("[data-return-total] b")).to_have_text("3 500 ₸")
    manager.fill("#reason", "Услуга не оказана")
    manager.click("button.danger")
    manager.wait_for_url(SUCCESS)
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
    manager.fill("#count_0", "2")
    manager.fill("#reason", "Клиент передумал")
    manager.click("button.danger")
    expect(manager.locator("#fault-count_0")).to_contain_text("не больше 1")
    assert operations(shop, record_id) == [(SALE, "4000.00")]


def test_a_cashier_makes_no_returns(page: Page, shop: Shop) -> None:
    record_id = shop.book()
    pay(page, record_id)
    expect(page.locator("text=Оформить возврат")).to_have_count(0)
    answer = page.goto(re.sub("/success/", "/receipts/", page.url) + "/return")
    assert answer is not None
    assert answer.status == 403
    expect(page.locator("h1")).to_contain_text("управляющ")


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
    manager.wait_for_url(SUCCESS)
    assert operations(shop, record_id) == [(SALE, "4000.00"), (RETURN, "4000.00")]
    manager.goto("/acquire/tasks")
    expect(task).to_have_count(0)
