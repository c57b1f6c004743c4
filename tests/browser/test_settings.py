"""A manager fills in the codes of goods, on a phone and with a file."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.support.accessibility import find_grave_faults, find_grave_faults_in_the_dark
from tests.support.payloads import COMPANY, visit
from tests.support.shop import Shop

PHONE = {"width": 360, "height": 740}
RECORD, GOOD = 640_900_001, 640_900_002


@pytest.mark.thorough
def test_a_table_of_codes_is_taken_out_and_in(
    open_context: Callable[..., BrowserContext], shop: Shop, tmp_path: Path
) -> None:
    sold = {"id": 1, "good_id": GOOD, "title": "Шампунь для очень сухих волос 300 мл", "amount": -1, "cost": 1800}
    row = shop.service.post(visit(RECORD, goods_transactions=[sold], changed=None)).json()["record_id"]
    shop.await_state(row, "processed")
    page = open_context("director", viewport=PHONE, color_scheme="light", reduced_motion="reduce").new_page()
    page.goto("/acquire/settings")
    with page.expect_download() as started:
        page.click("text=Скачать таблицу")
    table = tmp_path / "goods.csv"
    started.value.save_as(table)
    assert started.value.suggested_filename == f"goods-{COMPANY}.csv"
    filled_in = table.read_text("utf-8-sig")
    line = next(line for line in filled_in.splitlines() if line.startswith(f"{GOOD},"))
    for code, shown in (("4870001000012", ".notice.bad"), ("4870001000011", ".change")):
        table.write_text(f"good_id,title,gtin,ntin\n{line.split(',')[0]},x,{code},\n", "utf-8")
        page.set_input_files("input[type=file]", table)
        page.click("text=Загрузить коды")
        expect(page.locator(shown)).to_be_in_viewport()
        assert find_grave_faults(page) == []
        assert find_grave_faults_in_the_dark(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.locator(".change")).to_contain_text("записано 1")
    expect(page.locator(".counted")).to_have_count(0)
    table.write_text(f"good_id,gtin\n{GOOD},\n", "utf-8")
    page.set_input_files("input[type=file]", table)
    page.click("text=Загрузить коды")
    expect(page.locator(".counted")).to_contain_text("Шампунь")
