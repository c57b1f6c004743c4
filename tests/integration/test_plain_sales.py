"""Sales that the database adds up: the books are what they are where every sale is read, whatever rows lie in the tables."""

import random
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.books.model import BookedSale, DayBooks
from shared.books.read import keep_books
from shared.books.read.days import Days
from shared.books.read.homes import map_homes
from shared.books.read.touched import find_touched
from shared.clock import ALMATY
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import AccountUse, PaymentKind, PaymentPurpose
from shared.storage.models import Cashbox, Checkout, PaymentRecord, Receipt, Shift, StaffUser, Visit, WebhookRecord
from tests.support.bridge import Bridge

# The second tells no payments.
TELLS, SILENT = 412077, 412078
FIRST = date(2026, 3, 2)
DAYS = 4
TYPES = {PaymentKind.CASH: 0, PaymentKind.CARD: 1, PaymentKind.MOBILE: 4}
Paid = dict[PaymentKind, Decimal]


class Writer:
    """Writes rows as the service does; sales are told apart by their numbers."""

    def __init__(self, session: Session, staff_id: int, number: int = 0) -> None:
        self.session, self.staff_id, self.number = session, staff_id, number

    def next(self) -> int:
        self.number += 1
        return self.number

    def issue(self, sale: dict[str, Any], paid: Paid, at: datetime, **values: Any) -> Receipt:
        request = {"Payments": [{"PaymentType": TYPES[kind], "Sum": str(sum_)} for kind, sum_ in paid.items()]}
        fields = {
            "cashbox_id": 1,
            "kind": "sale",
            "state": "issued",
            "fiscal_number": f"9{self.next()}",
            "external_check_number": f"check {self.next()}",
            "total": sum(paid.values(), ZERO),
            "tax": ZERO,
            "request": request,
            "issued_at": at,
            "shift_number": 1 + (at.astimezone(ALMATY).date() - FIRST).days,
        }
        return self._add(Receipt(**fields | sale | values))

    def pay(self, sale: dict[str, Any], kind: str | None, amount: Decimal, at: datetime, **values: Any) -> None:
        fields = {"operation_id": self.next(), "kind": kind, "amount": amount, "paid_at": at} | sale
        self._add(PaymentRecord(**fields | values))

    def check_out(self, sale: dict[str, Any], paid: Paid, at: datetime, voided_at: datetime | None = None) -> None:
        fields = {"staff_user_id": self.staff_id, "form_key": uuid4(), "total": sum(paid.values(), ZERO)}
        checkout = self._add(Checkout(**sale, **fields, created_at=at, voided_at=voided_at))
        for kind, amount in paid.items():
            self.pay(sale, kind, amount, at, operation_id=None, checkout_id=checkout.id)

    def come(self, sale: dict[str, Any], visit_id: int | None, at: datetime) -> None:
        values = {"company_id": sale["company_id"], "resource": "record", "resource_id": sale["record_id"]}
        body = {"data": {"attendance": 1}}
        told = WebhookRecord(**values, status="create", dedup_key=f"row {self.next()}", body=body, state="processed")
        self._add(told)
        fields = {"delivery_id": told.id, "visit_id": visit_id, "visit_at": at, "day": at.astimezone(ALMATY).date()}
        self._add(Visit(**sale, **fields, title="x", lines=[], total=Decimal(4000), is_open=False))

    def _add(self, row: Any) -> Any:
        self.session.add(row)
        self.session.flush()
        return row


def noon(day: int, hours: float = 0) -> datetime:
    return datetime.combine(FIRST + timedelta(days=day), time(12), tzinfo=ALMATY) + timedelta(hours=hours)


@pytest.fixture
def staff_id(bridge: Bridge) -> int:
    """Somebody at the desk, and the cashbox of everybody."""
    with bridge.services.sessions.begin() as session:
        user = StaffUser(login="dana", password_hash="x", role="manager")
        session.add_all((user, Cashbox(unique_number="SWK00000077")))
        session.flush()
        return int(user.id)


def keep(bridge: Bridge, first: int = 0, last: int = DAYS - 1) -> list[DayBooks]:
    with bridge.services.sessions() as session:
        days = (FIRST + timedelta(days=number) for number in (first, last))
        return keep_books(session, session.get_one(Cashbox, 1), *days)


def find_read(bridge: Bridge) -> set[BookedSale]:
    """Those that are not added up by the database."""
    with bridge.services.sessions() as session:
        days = Days(FIRST, FIRST + timedelta(days=DAYS - 1))
        return find_touched(session, session.get_one(Cashbox, 1), map_homes(session), days, []).subjects


def refuse_beside(bridge: Bridge) -> None:
    """A refused receipt beside each: it is in no book, and no sale with it is plain any more."""
    with bridge.services.sessions.begin() as session:
        receipts = session.scalars(select(Receipt).where(Receipt.kind == "sale")).all()
        for number, receipt in enumerate(receipts):
            names = {name: getattr(receipt, name) for name in ("company_id", "cashbox_id", "record_id", "document_id")}
            values = {"kind": "sale", "state": "rejected", "total": 1, "tax": 0, "request": {}}
            session.add(Receipt(**names, **values, external_check_number=f"refused {number}"))


def one_of(chance: random.Random, *choices: Any) -> Any:
    return chance.choice(choices)


def split(chance: random.Random, total: Decimal) -> Paid:
    first, second = chance.sample(list(PaymentKind), 2)
    part = Decimal(chance.randrange(1, int(total * 100))) / 100
    return chance.choice([{first: total}, {first: total}, {first: part, second: total - part}])


def add_sale(writer: Writer, chance: random.Random, record_id: int) -> None:
    """One of any kind: in order, or with something about it that is not."""
    company_id = one_of(chance, TELLS, TELLS, SILENT)
    is_visit = chance.random() < 0.8
    names = {"record_id": record_id} if is_visit else {"document_id": record_id}
    sale = {"company_id": company_id, **names}
    at = noon(chance.randrange(-1, DAYS + 1), chance.uniform(-12, 12))
    paid = split(chance, Decimal(chance.randrange(100, 900_000)) / 100)
    if is_visit:
        writer.come(sale, one_of(chance, None, record_id * 10, record_id * 10, record_id // 4), at)
    add_receipts(writer, chance, sale, paid, at)
    if company_id == TELLS or chance.random() < 0.1:
        add_payments(writer, chance, sale, paid, at)


def add_receipts(writer: Writer, chance: random.Random, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
    match chance.randrange(12):
        case 0:
            return
        case 1:
            writer.issue(sale, paid, at, state="pending", fiscal_number=None, issued_at=None, shift_number=None)
        case 2:
            basis = writer.issue(sale, paid, at, returned=True)
            back = at + timedelta(days=chance.randrange(2))
            writer.issue(sale, paid, back, kind="return", basis_receipt_id=basis.id)
        case 3:
            writer.issue(sale, paid, at, offline_mode=True)
        case 4 if "record_id" in sale:
            writer.issue(sale, paid, at, operation_id=writer.next())
        case 5:
            writer.issue(sale, paid, at, shift_number=None)
        case 6:
            writer.issue(sale, paid, at, registration_number="600900800700", offline_mode=False)
        case 7:
            writer.issue(sale, paid, at, return_due_reason="the record was deleted")
        case _:
            writer.issue(sale, paid, at)


def add_payments(writer: Writer, chance: random.Random, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
    later = at + timedelta(hours=chance.uniform(0, 30))
    kind, amount = next(iter(paid.items()))
    told: dict[int, Callable[[], None]] = {
        0: lambda: None,
        1: lambda: writer.check_out(sale, paid, at),
        2: lambda: writer.check_out(sale, paid, later),
        3: lambda: writer.check_out(sale, paid, at, voided_at=later),
        4: lambda: writer.pay(sale, kind, amount + 1, at),
        5: lambda: writer.pay(sale, None, sum(paid.values(), ZERO), at),
        6: lambda: writer.pay(sale, kind, amount, at, state="revoked", changed_at=later),
        7: lambda: writer.pay(sale, kind, amount, at, purpose=chance.choice(list(PaymentPurpose))),
        8: lambda: writer.pay(sale, chance.choice(list(AccountUse)), amount, at),
        9: lambda: writer.pay(sale, kind, amount, at, visit_id=sale.get("record_id", 1) // 4),
        10: lambda: writer.pay(sale, kind, amount, at, document_id=chance.randrange(1, 60)),
        11: lambda: writer.pay({"company_id": sale["company_id"]}, kind, amount, at, visit_id=sale.get("record_id", 1) // 4),
    }
    deed = chance.randrange(24)
    if deed in told:
        told[deed]()
    if deed > 3 and chance.random() < 0.9:
        for one, part in paid.items():
            writer.pay(sale, one, part, later if chance.random() < 0.1 else at)


def add_shifts(writer: Writer, chance: random.Random) -> None:
    for day in range(-1, DAYS + 1):
        sums = [{"PaymentType": 0, "Sum": 1000}]
        report = {"Sell": {"Count": 1, "PaymentsByTypesApiModel": sums}, "ReturnSell": {"Count": 0}}
        registration = one_of(chance, "", "600900800700")
        values = {"cashbox_id": 1, "number": day + 1, "registration_number": registration, "opened_at": noon(day, -5)}
        writer._add(Shift(**values, report=one_of(chance, None, report)))


@pytest.mark.parametrize("seed", range(8))
def test_the_books_are_those_of_every_sale_read(bridge: Bridge, staff_id: int, seed: int) -> None:
    chance = random.Random(seed)
    with bridge.services.sessions.begin() as session:
        writer = Writer(session, staff_id, 1000)
        for record_id in range(1, 61):
            add_sale(writer, chance, record_id)
        add_shifts(writer, chance)
    read = find_read(bridge)
    books, months = [keep(bridge, day, day)[0] for day in range(DAYS)], keep(bridge)

    refuse_beside(bridge)
    assert len(find_read(bridge)) > len(read)
    assert [keep(bridge, day, day)[0] for day in range(DAYS)] == books
    assert keep(bridge) == months


class TestWhatIsAddedUp:
    """Of the usual sales none is read; with one word too many each is."""

    @pytest.fixture(autouse=True)
    def start(self, bridge: Bridge, staff_id: int) -> None:
        self.bridge, self.staff_id = bridge, staff_id

    def sell(self, add: Callable[[Writer, dict[str, Any], Paid, datetime], Any], **names: int) -> set[BookedSale]:
        sale = {"company_id": TELLS, **(names or {"record_id": 7})}
        with self.bridge.services.sessions.begin() as session:
            writer = Writer(session, self.staff_id)
            add(writer, sale, {PaymentKind.CARD: Decimal("3999.95"), PaymentKind.CASH: Decimal("0.05")}, noon(1))
        return find_read(self.bridge)

    def check_total(self, *, told: str = "0", ours: str = "0", untold: str = "0") -> None:
        [_, books, *_] = keep(self.bridge)
        assert [flow.total for flow in (books.told, books.ours, books.untold)] == [
            Decimal(one) for one in (told, ours, untold)
        ]
        assert (books.issued.total, books.receipts, books.missing_reports) == (Decimal(4000), 1, {2})
        assert books.difference_count == 0

    @pytest.mark.parametrize("names", [{"record_id": 7}, {"document_id": 7}])
    def test_paid_by_altegios_word(self, names: dict[str, int]) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            for kind, amount in paid.items():
                writer.pay(sale, kind, amount, at - timedelta(hours=11))

        assert self.sell(add, **names) == set()
        self.check_total(told="4000")

    @pytest.mark.parametrize("names", [{"record_id": 7}, {"document_id": -7}])
    def test_taken_at_the_desk(self, names: dict[str, int]) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            writer.check_out(sale, paid, at)

        assert self.sell(add, **names) == set()
        self.check_total(ours="4000")

    def test_assumed(self) -> None:
        assert self.sell(Writer.issue) == set()
        self.check_total(ours="4000", untold="4000")

    def test_of_a_salon_that_tells_a_receipt_without_a_payment_is_read(self) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            writer.pay({"company_id": TELLS, "record_id": 8}, "card", Decimal(1), noon(-60))

        assert self.sell(add) == {BookedSale(TELLS, 7, None)}

    @pytest.mark.parametrize("hours", [-13, 12])
    def test_paid_on_another_day_it_is_read(self, hours: int) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            for kind, amount in paid.items():
                writer.pay(sale, kind, amount, at + timedelta(hours=hours))

        assert self.sell(add) == {BookedSale(TELLS, 7, None)}

    @pytest.mark.parametrize(
        "told",
        [
            {"purpose": "refund"},
            {"purpose": "deposit"},
            {"state": "revoked"},
            {"state": "revoked", "changed_at": noon(2)},
            {"visit_id": 70},
        ],
        ids=str,
    )
    def test_money_of_another_sort_is_read(self, told: dict[str, Any]) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            for kind, amount in paid.items():
                writer.pay(sale, kind, amount, at, **told)

        assert self.sell(add, document_id=7) == {BookedSale(TELLS, None, 7)}

    def test_money_that_went_back_as_a_negative_sum_is_read(self) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            for kind, amount in paid.items():
                writer.pay(sale, kind, 2 * amount, at)
                writer.pay(sale, kind, -amount, at)

        assert self.sell(add) == {BookedSale(TELLS, 7, None)}

    def test_at_the_desk_and_by_altegio_together_it_is_read(self) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            (first, part), (second, rest) = paid.items()
            writer.check_out(sale, {first: part}, at)
            writer.pay(sale, second, rest, at)

        assert self.sell(add) == {BookedSale(TELLS, 7, None)}

    def test_paid_in_other_ways_it_is_read(self) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            for kind, amount in zip(paid, reversed(paid.values()), strict=True):
                writer.pay(sale, kind, amount, at)

        assert self.sell(add) == {BookedSale(TELLS, 7, None)}

    def test_money_that_is_on_no_receipt_of_ours_is_no_question(self) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            for kind, amount in paid.items():
                writer.pay(sale, kind, amount, at)
            writer.pay(sale, "deposit", Decimal(500), at)
            writer.pay(sale, "card", Decimal(300), at, purpose="tip")

        assert self.sell(add) == set()
        self.check_total(told="4000")

    def test_a_word_of_long_ago_is_a_word_too_many(self) -> None:
        def add(writer: Writer, sale: dict[str, Any], paid: Paid, at: datetime) -> None:
            writer.issue(sale, paid, at)
            for kind, amount in paid.items():
                writer.pay(sale, kind, amount, at)
            writer.pay(sale, "card", Decimal(1), noon(-60))

        assert self.sell(add) == {BookedSale(TELLS, 7, None)}
