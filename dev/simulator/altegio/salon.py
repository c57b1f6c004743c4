"""What a fictional salon has: people, services, goods, tills. And the arithmetic of one sold line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

TIYN = Decimal("0.01")
ZERO = Decimal(0)


def to_tiyn(amount: Decimal) -> Decimal:
    return amount.quantize(TIYN, rounding=ROUND_HALF_UP)


def add_up(amounts: Iterable[Decimal]) -> Decimal:
    return to_tiyn(sum(amounts, ZERO))


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    phone: str


@dataclass(frozen=True)
class Specialist:
    id: int
    name: str
    specialization: str


@dataclass(frozen=True)
class Till:
    id: int
    title: str
    is_cash: bool


@dataclass(frozen=True)
class Ware:
    """A service or a product of the price list."""

    id: int
    title: str
    price: Decimal
    article: str = ""


@dataclass(frozen=True)
class Line:
    """One sold line. `total` is what the client owes for it; Altegio calls it `cost`."""

    id: int
    kind: Literal["service", "good"]
    ware: Ware
    quantity: int
    discount: Decimal
    total: Decimal

    @property
    def before_discount(self) -> Decimal:
        return to_tiyn(self.ware.price * self.quantity)


def discounted(ware: Ware, quantity: int, percent: Decimal) -> Decimal:
    return to_tiyn(ware.price * quantity * (100 - percent) / 100)


CASH_TILL = Till(46001, "Касса зала", is_cash=True)
CARD_TILL = Till(46002, "Терминал банка", is_cash=False)
QR_TILL = Till(46003, "Оплата по QR", is_cash=False)
TILLS = (CASH_TILL, CARD_TILL, QR_TILL)

SPECIALISTS = (
    Specialist(35011, "Гульнара В.", "Парикмахер-колорист"),
    Specialist(35012, "Ерлан Б.", "Барбер"),
    Specialist(35013, "Инна П.", "Мастер маникюра"),
    Specialist(35014, "Сауле Қ.", "Косметолог"),
)

SERVICES = (
    Ware(8801, "Стрижка мужская", Decimal(4500)),
    Ware(8802, "Стрижка женская", Decimal(8000)),
    Ware(8803, "Окрашивание корней", Decimal(14500)),
    Ware(8804, "Маникюр с покрытием", Decimal(7200)),
    Ware(8805, "Бет күтімі", Decimal(16000)),
    Ware(8806, "Укладка вечерняя", Decimal(9900)),
    Ware(8807, 'Уход "Блеск & шёлк", 30 мин', Decimal(6300)),
    Ware(8808, "Коррекция бровей", Decimal(3500)),
)
SERVICE_WITH_TIYN = Ware(8809, "Экспресс-уход, 1 зона", Decimal("2450.50"))
FREE_SERVICE = Ware(8810, "Консультация колориста", ZERO)

GOODS = (
    Ware(24001, "Шампунь для сухих волос 300 мл", Decimal(5400), "SH-300"),
    Ware(24002, "Масло для кончиков 50 мл", Decimal(7150), "OIL-50"),
    Ware(24003, "Крем для рук 75 мл", Decimal("2990.90"), "HC-75"),
    Ware(24004, "Пилка 180/240", Decimal(900), "FILE-1"),
)

FIRST_NAMES = ("Асель", "Берик", "Виктория", "Данияр", "Әлия", "Марат", "Ольга", "Тимур", "Қарлығаш", "Юлия")
SURNAMES = ("Вымышленная", "Несуществующий", "Сказочная", "Придуманный", "Книжная", "Былинный")
