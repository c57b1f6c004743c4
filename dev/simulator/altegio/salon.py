"""What a fictional salon has: people, services, goods, tills. And the arithmetic of one sold line and its tax."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

TIYN = Decimal("0.01")
ZERO = Decimal(0)

Kind = Literal["cash", "card", "mobile"]


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
    # How the receipt has to say it. Altegio itself tells cash from the rest only.
    kind: Kind

    @property
    def is_cash(self) -> bool:
        return self.kind == "cash"


@dataclass(frozen=True)
class Ware:
    """A service or a product of the price list."""

    id: int
    title: str
    price: Decimal
    article: str = ""
    barcode: str = ""
    # Certificates and memberships are sold as goods too.
    loyalty: Literal["", "certificate", "abonement"] = ""


@dataclass(frozen=True)
class Line:
    """One sold line. `total` is what it costs, Altegio's `cost`; a certificate or bonuses may have `covered` some of it."""

    id: int
    kind: Literal["service", "good"]
    ware: Ware
    quantity: int
    discount: Decimal
    total: Decimal
    covered: Decimal = ZERO

    @property
    def to_pay(self) -> Decimal:
        return self.total - self.covered

    @property
    def before_discount(self) -> Decimal:
        return to_tiyn(self.ware.price * self.quantity)


def discounted(ware: Ware, quantity: int, percent: Decimal) -> Decimal:
    return to_tiyn(ware.price * quantity * (100 - percent) / 100)


VAT_16_SINCE = date(2026, 1, 1)


def compute_tax(total: Decimal, regime: str, sold_on: date) -> Decimal:
    """VAT contained in a price. `regime`: `none`, `auto` (12 % before 2026, 16 % from then on) or a rate."""
    if regime == "none":
        return to_tiyn(ZERO)
    rate = int(regime) if regime.isdecimal() else 16 if sold_on >= VAT_16_SINCE else 12
    return to_tiyn(total * rate / (100 + rate))


@dataclass(frozen=True)
class Tills:
    cash: Till
    card: Till
    mobile: Till

    @property
    def all(self) -> tuple[Till, Till, Till]:
        return (self.cash, self.card, self.mobile)


TILLS = Tills(
    Till(46001, "Касса зала", "cash"), Till(46002, "Терминал банка", "card"), Till(46003, "Оплата по QR", "mobile")
)


@dataclass(frozen=True)
class Salon:
    """`vat` as `compute_tax` takes it."""

    company_id: int
    vat: str = "none"
    tills: Tills = TILLS


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
BARCODED_GOODS = (
    Ware(24005, "Лак для волос 250 мл", Decimal(4300), "HS-250", barcode="4870001000011"),
    Ware(24006, 'Бальзам "Алтын дән" 200 мл', Decimal("3650.50"), "BL-200", barcode="4870001000028"),
    Ware(24007, "Расчёска карбоновая", Decimal(2200), "CB-1", barcode="4870001000035"),
)
CERTIFICATES = (
    Ware(24101, "Сертификат 20 000", Decimal(20_000), loyalty="certificate"),
    Ware(24102, "Абонемент на 5 стрижек", Decimal(19_500), loyalty="abonement"),
)

FIRST_NAMES = ("Асель", "Берик", "Виктория", "Данияр", "Әлия", "Марат", "Ольга", "Тимур", "Қарлығаш", "Юлия")
SURNAMES = ("Вымышленная", "Несуществующий", "Сказочная", "Придуманный", "Книжная", "Былинный")
