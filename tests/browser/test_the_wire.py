"""The wire in a browser: a refused receipt is replayed after a look at what would happen, shown as it goes."""

from playwright.sync_api import Page, expect

from tests.support.shop import Shop


def test_a_replay_is_foretold_started_and_followed_without_a_reload(manager: Page, shop: Shop) -> None:
    # The second time without the client's phone.
    shop.simulator.fault(operation="check", kind="code", code=9, text="Неверная сумма позиции", times=2)
    told = {"name": "Айгүл Сейтқалиева", "phone": "+77015550142", "paid": 1}
    reply = shop.service.post(shop.describe(record := 640_900_041, ("Окрашивание", 16000), **told))
    delivery = reply.json()["record_id"]
    shop.await_state(delivery, "dead_lettered")
    manager.goto(f"/acquire/wire/{delivery}")
    expect(manager.locator("main")).to_contain_text("Неверная сумма позиции")
    manager.click("text=Сообщение целиком")
    expect(manager.locator(".wire-body").first).to_be_visible()
    manager.click("text=Повторить: что произойдёт?")
    expect(manager.locator(".wire-items")).to_contain_text(f"altegio_{record} на 16\u00a0000\u00a0₸", timeout=30_000)
    manager.click("button:has-text('Повторить, сообщений: 1')")
    expect(manager.locator("#run [role=status]")).to_contain_text("Все повторены", timeout=30_000)
    shop.await_state(delivery, "processed")
    manager.goto(f"/acquire/wire/{delivery}")
    expect(manager.locator(".wire-steps")).to_contain_text("Фискальный номер")
    assert manager.evaluate("document.documentElement.scrollWidth <= innerWidth")
