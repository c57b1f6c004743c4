"""What a customer and a printer get of a receipt: the sixteen items of the law, by a link and on three papers."""

import html
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.desk import Browser, Desk
from tests.support.documents import make_returns, order_return
from tests.support.payloads import goods, payment, visit
from worker.cashbox.print_layout import fetch_print_layout

# Whose the simulated register is.
TAXPAYER, NUMBER = 'ТОО "Салон-Пример"', "000000000000"
ADDRESS, OPERATOR, SITE = "г. Алматы, ул. Примерная, д. 1", "Симулятор ОФД", "ofd.example/consumer"
ADDRESS_KK, OPERATOR_KK = "Алматы қ., Үлгі көш., 1 үй", "ОФД симуляторы"
BARCODE = "4006381333931"
PUBLIC = "https://receipts.example.kz"


@pytest.fixture(scope="module")
def module_desk(stores: None, common_bridge: Bridge) -> Iterator[Desk]:
    with Desk.open(common_bridge.environment) as desk:
        yield desk


@pytest.fixture
def desk(module_desk: Desk, bridge: Bridge) -> Iterator[Desk]:
    """The page over what the bridge has stored."""
    module_desk.add_user("aigul")
    yield module_desk
    module_desk.close_browsers()


@pytest.fixture
def cashier(desk: Desk) -> Browser:
    return desk.sign_in("aigul")


def read(page: str) -> str:
    """What stands on it, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).replace("\u00a0", " ").split())


def link_of(bridge: Bridge, receipt_id: int = 1) -> str:
    return f"/r/{bridge.scalar('SELECT token FROM receipt_papers WHERE receipt_id = :id', id=receipt_id)}"


def list_printed(page: str) -> list[str]:
    """The lines of the register; a long one is broken anywhere."""
    return [html.unescape(line) for line in re.findall(r'class="line[^"]*">([^<]*)<', page)]


def sell_goods(bridge: Bridge, *, vat: str = "16") -> None:
    bridge.configure(webkassa_vat=vat)
    sold: dict[str, Any] = {"record_id": 0, "document_id": 5001, "sold_item_type": "goods_transaction"}
    bridge.deliver(payment(1, 900, **sold), goods(1, 900, title="Шампунь", barcode=BARCODE))


def list_sixteen(simulator: SimulatorControl, bridge: Bridge, *, total: str, in_kazakh: bool = False) -> list[str]:
    """In the order of p. 56, each as its words; the QR code and the mark are looked for apart."""
    receipt = bridge.receipt()
    return [
        TAXPAYER,
        NUMBER,
        ADDRESS_KK if in_kazakh else ADDRESS,
        str(bridge.cashbox().unique_number),
        str(receipt.registration_number),
        str(receipt.check_order_number),
        "Шампунь",
        BARCODE,
        total,
        OPERATOR_KK if in_kazakh else OPERATOR,
        SITE,
        str(receipt.fiscal_number),
        "16",
    ]


class TestTheCustomersPage:
    @pytest.mark.parametrize("language", ["ru", "kk", "en"])
    def test_has_all_that_the_law_wants(
        self, bridge: Bridge, desk: Desk, simulator: SimulatorControl, language: str
    ) -> None:
        sell_goods(bridge)
        page = desk.browser().page(f"{link_of(bridge)}?lang={language}")
        said = read(page).replace("900,00", "900")
        wanted = list_sixteen(simulator, bridge, total="900 ₸", in_kazakh=language == "kk")
        assert [item for item in wanted if item not in said] == []
        assert "<svg" in page
        assert f'<html lang="{language}">' in page
        assert bridge.receipt().receipt_url is not None
        assert html.escape(str(bridge.receipt().receipt_url)) in page

    def test_is_for_whoever_has_the_link_and_for_no_one_else(self, bridge: Bridge, desk: Desk) -> None:
        bridge.deliver(payment(1, 4000), visit())
        answer = desk.browser().get(link_of(bridge))
        assert answer.status_code == 200
        assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert answer.headers["cache-control"] == "private, max-age=300"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "set-cookie" not in answer.headers
        assert len(link_of(bridge)) == len("/r/") + 22

    def test_says_nothing_of_the_customer_or_the_salon(self, bridge: Bridge, desk: Desk) -> None:
        bridge.deliver(payment(1, 4000), visit(client={"name": "Вячослав", "phone": "+77770220606"}))
        page = desk.browser().page(link_of(bridge))
        assert not [word for word in ("Вячослав", "77770220606", "307626", "1001", "altegio") if word in page.lower()]

    def test_is_not_sent_again_while_it_is_the_same(self, bridge: Bridge, desk: Desk) -> None:
        bridge.deliver(payment(1, 4000), visit())
        browser, link = desk.browser(), link_of(bridge)
        mark = browser.get(link).headers["etag"]
        assert browser.get(link, headers={"If-None-Match": mark}).status_code == 304

    @pytest.mark.parametrize("token", ["A" * 22, "A" * 21, "-", "%27%20OR%201%3D1", "A" * 5000])
    def test_of_a_wrong_link_says_nothing(self, bridge: Bridge, desk: Desk, token: str) -> None:
        bridge.deliver(payment(1, 4000), visit())
        answer = desk.browser().get(f"/r/{token}")
        assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
        assert TAXPAYER not in html.unescape(answer.text)

    def test_says_that_the_register_was_autonomous(self, bridge: Bridge, desk: Desk, simulator: SimulatorControl) -> None:
        simulator.settings(offline=True)
        bridge.deliver(payment(1, 4000), visit())
        assert "Автономный" in read(desk.browser().page(link_of(bridge)))

    def test_says_that_the_sale_was_returned(self, bridge: Bridge, desk: Desk) -> None:
        bridge.deliver(payment(1, 4000), visit())
        order_return(bridge)
        make_returns(bridge)
        bridge.issue()
        assert "возвращ" in read(desk.browser().page(link_of(bridge))).lower()
        assert "Чек возврата" in read(desk.browser().page(link_of(bridge, 2)))

    def test_of_a_payer_of_no_vat_says_so(self, bridge: Bridge, desk: Desk) -> None:
        sell_goods(bridge, vat="none")
        assert "без НДС" in read(desk.browser().page(link_of(bridge)))


class TestPrinting:
    def test_the_registers_own_lines_come_with_the_receipt(
        self, bridge: Bridge, cashier: Browser, simulator: SimulatorControl
    ) -> None:
        sell_goods(bridge)
        page = cashier.page("/acquire/receipts/1/print?paper=80")
        said, wanted = "".join(list_printed(page)), list_sixteen(simulator, bridge, total="900.00")
        assert [item for item in wanted if item not in said] == []
        assert 'class="qr"' in page
        assert "data-await" not in page

    @pytest.mark.parametrize(
        ("paper", "language", "word", "width"), [("58", "kk", "БАРЛЫҒЫ", 32), ("a4", "ru", "ИТОГО", 80)]
    )
    def test_other_papers_and_languages_are_fetched(
        self, bridge: Bridge, cashier: Browser, simulator: SimulatorControl, paper: str, language: str, word: str, width: int
    ) -> None:
        sell_goods(bridge)
        address = f"/acquire/receipts/1/print?paper={paper}&language={language}"
        assert "data-await" in cashier.page(address)
        assert cashier.get(address.replace("print?", "print/state?")).json() == {"moving": True}
        fetch_print_layout(bridge.services, 2)
        assert cashier.get(address.replace("print?", "print/state?")).json() == {"moving": False}
        page = cashier.page(address)
        lines = list_printed(page)
        assert "data-await" not in page
        assert max(map(len, lines)) <= width
        assert any(line.startswith(word) for line in lines)
        said, wanted = "".join(lines), list_sixteen(simulator, bridge, total="900.00")
        assert [item for item in wanted if item not in said] == []

    def test_is_ordered_once_while_it_is_on_its_way(self, bridge: Bridge, cashier: Browser) -> None:
        bridge.deliver(payment(1, 4000), visit())
        for _ in range(3):
            cashier.page("/acquire/receipts/1/print?paper=58")
        assert len([one for one in bridge.messages("receipts") if "fetch_layout" in str(one)]) == 1

    def test_what_is_refused_does_not_stop_the_printer_nor_the_register(
        self, bridge: Bridge, cashier: Browser, simulator: SimulatorControl
    ) -> None:
        bridge.deliver(payment(1, 4000), visit())
        simulator.fault(operation="print_format", kind="code", code=3)
        cashier.page("/acquire/receipts/1/print?paper=58")
        fetch_print_layout(bridge.services, 2)
        assert "4000.00" in read(cashier.page("/acquire/receipts/1/print?paper=58"))
        assert bridge.cashbox().paused_until is None
        bridge.execute("UPDATE print_layouts SET failed_at = failed_at - interval '1 minute' WHERE id = 2")
        cashier.page("/acquire/receipts/1/print?paper=58")
        fetch_print_layout(bridge.services, 2)
        assert "data-await" not in cashier.page("/acquire/receipts/1/print?paper=58")

    def test_a_receipt_whose_lines_nobody_told_is_shown_as_a_copy(self, bridge: Bridge, cashier: Browser) -> None:
        bridge.deliver(payment(1, 4000), visit())
        bridge.execute("DELETE FROM print_layouts")
        page = read(cashier.page("/acquire/receipts/1/print"))
        assert "Копия" in page
        fetch_print_layout(bridge.services, bridge.scalar("SELECT max(id) FROM print_layouts"))
        assert "Копия" not in read(cashier.page("/acquire/receipts/1/print"))

    def test_lines_of_another_document_are_not_printed(self, bridge: Bridge, cashier: Browser) -> None:
        """As an answer to another request would bring them: they name neither its number nor its link."""
        bridge.deliver(payment(1, 4000), visit())
        cashier.page("/acquire/receipts/1/print?paper=58")
        bridge.execute(
            "UPDATE receipts SET fiscal_number = '555000555', receipt_url = 'http://ofd.example/consumer?i=555000555'"
        )
        fetch_print_layout(bridge.services, 2)
        assert (
            bridge.scalar("SELECT error_text FROM print_layouts WHERE id = 2") == "the lines are those of another document"
        )
        assert "data-await" in cashier.page("/acquire/receipts/1/print?paper=58")

    def test_is_for_staff(self, bridge: Bridge, desk: Desk) -> None:
        bridge.deliver(payment(1, 4000), visit())
        assert desk.browser().get("/acquire/receipts/1/print").status_code == 303


class TestStaffGiveIt:
    def test_whatsapp_is_offered_where_the_salon_chose_it(self, bridge: Bridge) -> None:
        told = {"client": {"name": "Вячослав", "phone": "+77770220606"}}
        with Desk.open(bridge.environment, receipt_to_client="webkassa,whatsapp-link", public_url=PUBLIC) as desk:
            desk.add_user("aigul")
            bridge.deliver(payment(1, 4000), visit(**told))
            page = desk.sign_in("aigul").page("/acquire/success/1")
        (link,) = re.findall(r'href="(https://wa\.me/[^"]+)"', page)
        assert link.startswith("https://wa.me/77770220606?text=")
        assert link.endswith(quote(f"{PUBLIC}{link_of(bridge)}"))

    def test_is_not_offered_elsewhere(self, bridge: Bridge, cashier: Browser) -> None:
        bridge.deliver(payment(1, 4000), visit(client={"name": "Вячослав", "phone": "+77770220606"}))
        page = cashier.page("/acquire/success/1")
        assert "wa.me" not in page
        assert f'href="{link_of(bridge)}"' in page
