"""What a fictional salon has: people, services, goods, tills, choices. And the arithmetic of one sold line and its tax."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

TIYN = Decimal("0.01")
ZERO = Decimal(0)

Kind = Literal["cash", "card", "mobile"]
# Money between bank accounts has no receipt; at a terminal that is a register itself it has one already.
Use = Literal["cash", "card", "mobile", "none", "elsewhere"]
Turnover = Literal["standard", "medical", "periodicals"]


def to_tiyn(amount: Decimal) -> Decimal:
    return amount.quantize(TIYN, rounding=ROUND_HALF_UP)


def add_up(amounts: Iterable[Decimal]) -> Decimal:
    return to_tiyn(sum(amounts, ZERO))


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    phone: str
    email: str = ""


@dataclass(frozen=True)
class Specialist:
    id: int
    name: str
    specialization: str


@dataclass(frozen=True)
class Till:
    id: int
    title: str
    # How the receipt has to say it, if at all. Altegio itself tells cash from the rest only.
    kind: Use

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
    turnover: Turnover = "standard"


@dataclass(frozen=True)
class Line:
    """One sold line. `total` is what it costs, Altegio's `cost`; a certificate or bonuses may have `covered` some of it.

    `falls`: Altegio's `cost_to_pay` says so. Whether it does is not known.
    """

    id: int
    kind: Literal["service", "good"]
    ware: Ware
    quantity: int
    discount: Decimal
    total: Decimal
    covered: Decimal = ZERO
    falls: bool = True
    # Codes of the pieces, where the goods are marked.
    marks: tuple[str, ...] = ()

    @property
    def to_pay(self) -> Decimal:
        return self.total - self.covered

    @property
    def cost_to_pay(self) -> Decimal:
        return self.to_pay if self.falls else self.total

    @property
    def before_discount(self) -> Decimal:
        return to_tiyn(self.ware.price * self.quantity)


def discounted(ware: Ware, quantity: int, percent: Decimal) -> Decimal:
    return to_tiyn(ware.price * quantity * (100 - percent) / 100)


# The law's rates by the day they hold from: standard, licensed medical services and medicines, periodicals.
RATES: Mapping[Turnover, tuple[tuple[date, int], ...]] = {
    "standard": ((date(2026, 1, 1), 16), (date.min, 12)),
    "medical": ((date(2027, 1, 1), 10), (date(2026, 1, 1), 5)),
    "periodicals": ((date(2026, 1, 1), 10),),
}


def compute_tax(total: Decimal, regime: str, sold_on: date, turnover: Turnover = "standard") -> Decimal:
    """VAT contained in a price. `regime`: `none`, `auto` (the law's of the day), or a rate for all standard turnover."""
    if regime == "none":
        return to_tiyn(ZERO)
    is_told = regime.isdecimal() and turnover == "standard"
    rate = int(regime) if is_told else next(rate for since, rate in RATES[turnover] if sold_on >= since)
    return to_tiyn(total * rate / (100 + rate))


BANK, TERMINAL = Till(46004, "Расчётный счёт", "none"), Till(46005, "Терминал-касса", "elsewhere")


@dataclass(frozen=True)
class Tills:
    """`bank`: transfers between bank accounts; `terminal`: one that is a register itself."""

    cash: Till
    card: Till
    mobile: Till
    bank: Till = BANK
    terminal: Till = TERMINAL

    @property
    def all(self) -> tuple[Till, ...]:
        """Whose money needs a receipt of ours."""
        return (self.cash, self.card, self.mobile)

    @property
    def outside(self) -> tuple[Till, ...]:
        return (self.bank, self.terminal)


TILLS = Tills(
    Till(46001, "Касса зала", "cash"), Till(46002, "Терминал банка", "card"), Till(46003, "Оплата по QR", "mobile")
)


@dataclass(frozen=True)
class Choices:
    """What a salon has written down, in the words of `cashboxes add`. `tip_item`: Altegio's expense item of its tips."""

    deposits: Literal["by_hand", "at_top_up", "at_spending"] = "by_hand"
    part_payments: Literal["at_the_end", "each"] = "at_the_end"
    payment_kinds: str = "Kaspi=mobile"
    tips: str = "чаевые"
    tip_item: tuple[int, str] = (31, "Чаевые мастеру")
    vat_lines: str = ""


@dataclass(frozen=True)
class Salon:
    """`vat` as `compute_tax` takes it; `cost_to_pay`: whether it falls when something that is no money pays.

    `turnovers`: which of the law's it tells apart.
    """

    company_id: int
    vat: str = "none"
    tills: Tills = TILLS
    choices: Choices = field(default_factory=Choices)
    cost_to_pay: Literal["falls", "stays", "both"] = "both"
    turnovers: frozenset[Turnover] = frozenset()

    def goes_by_ids(self, kind: Literal["service", "good"]) -> bool:
        """Whether ids decide the rate: what does not tell its own is for a person."""
        return f"{kind}:" in self.choices.vat_lines

    def find_turnover(self, ware: Ware) -> Turnover:
        return ware.turnover if ware.turnover in self.turnovers else "standard"


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
# Where a salon tells turnovers apart, their rate is another one.
MEDICAL_SERVICES = (
    Ware(8811, "Ботулинотерапия, 1 зона", Decimal(22_000), turnover="medical"),
    Ware(8812, "Медицинский пилинг", Decimal("13500.50"), turnover="medical"),
)
PERIODICALS = (Ware(24008, "Журнал о моде", Decimal(1900), "MAG-1", turnover="periodicals"),)
MARKED_GOODS = (Ware(24009, "Духи 30 мл", Decimal(18_000), "PF-30"),)
CERTIFICATES = (
    Ware(24101, "Сертификат 20 000", Decimal(20_000), loyalty="certificate"),
    Ware(24102, "Абонемент на 5 стрижек", Decimal(19_500), loyalty="abonement"),
)

FIRST_NAMES = ("Асель", "Берик", "Виктория", "Данияр", "Әлия", "Марат", "Ольга", "Тимур", "Қарлығаш", "Юлия")
SURNAMES = ("Вымышленная", "Несуществующий", "Сказочная", "Придуманный", "Книжная", "Былинный")
