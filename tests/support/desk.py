"""The payment page as a browser and a database see it."""

import html
import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import uuid4

import httpx2
from anyio.from_thread import BlockingPortal
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy import select, text

from api.acquire.access.auth import Staff
from api.acquire.access.salons import EVERYWHERE
from api.main import create_app
from dev.demo.waiting import WaitTimeout, wait_until
from shared.clock import almaty_date
from shared.queue import RECORDS
from shared.storage.models import Cashbox, Receipt, StaffSalon, StaffUser, Visit, WebhookRecord
from tests.support.bridge import read_settings
from tests.support.databases import EMPTY_ALL
from tests.support.in_process import InProcess

PASSWORD = "right horse battery"
# After a failure the publisher drops what it is given for some seconds.
PUBLISHER_TRIES, NO_ROW = 3, 0
COMPANY = 412077
# Who acts in tests without a page: the first row of staff.
CASHIER = Staff(1, "aigerim", "aigerim", "cashier", "", 0, EVERYWHERE, has_second_factor=False, address=None)
_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


# What a check of a password costs stands in its hash. The price of real ones is paid in the tests about passwords.
_cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@lru_cache
def hash_once(password: str) -> str:
    return _cheap.hash(password)


class Browser(httpx2.Client):
    """Follows no redirect by itself; `submit` fills in what a page's form hides."""

    def __init__(self, app: Any, portal: BlockingPortal, base_url: str) -> None:
        super().__init__(transport=InProcess(app, portal), base_url=base_url, headers={"user-agent": "testclient"})

    def page(self, path: str, status: int = 200) -> str:
        answer = self.get(path)
        assert answer.status_code == status, f"{path}: {answer.status_code} {answer.headers.get('location')}"
        return answer.text

    # The cookies that the form token last read belongs to, and the token.
    _token: tuple[object, str] = (None, "")

    def form_token(self) -> str:
        """Of the page this browser would have before it: read again when its cookies are others, or it has to sign in."""
        if self._token[0] != self._list_cookies():
            answer = self.get("/acquire/login")
            page = answer.text if answer.status_code == 200 else self.page("/acquire/account")
            self._token = (self._list_cookies(), read_hidden(page)["form_token"])
        return self._token[1]

    def request(self, *arguments: Any, **options: Any) -> Any:
        answer = super().request(*arguments, **options)
        if answer.headers.get("location", "").startswith("/acquire/login"):
            self._token = (None, "")
        return answer

    def _list_cookies(self) -> list[tuple[str, str | None]]:
        return [(cookie.name, cookie.value) for cookie in self.cookies.jar]

    def submit(self, path: str, fields: Mapping[str, str] | None = None, **options: Any) -> Any:
        """Posts a form of ours with the right token."""
        return self.post(path, data={"form_token": self.form_token(), **(fields or {})}, **options)

    def search(self, words: str, **fields: str) -> str:
        """Types the words into the search field; the page that is shown then."""
        answer = self.submit("/acquire", {"q": words, "typing": "1", **fields})
        assert answer.status_code == 303, answer.text
        return self.page(answer.headers["location"])

    def pay(self, visit_id: int, **fields: str) -> Any:
        """Opens the visit and presses the button once; `form_key=` repeats an earlier press."""
        hidden = {"form_key": str(uuid4()), **fields}
        return self.submit(f"/acquire/visits/{visit_id}", {"method": "card", **hidden})


def read_hidden(page: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in _FIELD.findall(page)}


class Desk:
    """The application, its database, and rows to look at."""

    def __init__(self, client: TestClient, environment: Mapping[str, str]) -> None:
        self.client = client
        self.app = client.app
        self.environment = dict(environment)
        self._browsers: list[Browser] = []
        self._records = iter(range(740500100, 10**9))

    @classmethod
    @contextmanager
    def open(cls, environment: Mapping[str, str], **changes: Any) -> Iterator["Desk"]:
        with TestClient(create_app(read_settings(environment, **changes))) as client:
            desk = cls(client, environment)
            yield desk
            desk.close_browsers()

    @property
    def portal(self) -> BlockingPortal:
        """Into the loop that the application runs in."""
        portal = self.client.portal
        assert portal is not None, "the application has ended"
        return portal

    @property
    def sessions(self) -> Any:
        return self.app.state.sessions  # type: ignore[attr-defined]

    def wipe(self) -> None:
        with self.sessions.begin() as session:
            session.connection().exec_driver_sql(EMPTY_ALL)
        self._await_publisher()
        self.app.state.redis.flushdb()  # type: ignore[attr-defined]
        self.app.state.frames.forget()  # type: ignore[attr-defined]
        self.app.state.settings = self.app.state.live_settings.refresh()  # type: ignore[attr-defined]

    def _await_publisher(self) -> None:
        """What a test before had sent to the broker is there: it is sent by a thread, in its order, and this behind it."""
        redis, publisher = self.app.state.redis, self.app.state.publisher  # type: ignore[attr-defined]
        for _ in range(PUBLISHER_TRIES):
            publisher.publish([(NO_ROW, "wipe")])
            with suppress(WaitTimeout):
                wait_until(lambda: _is_of_no_row(redis.lindex(RECORDS, 0)), timeout=5, what="the publisher", poll=0.002)
                return
        raise AssertionError("the publisher sends nothing")

    def browser(self, base_url: str = "http://127.0.0.1") -> Browser:
        """A new one, with no cookies."""
        browser = Browser(self.app, self.portal, base_url)
        self._browsers.append(browser)
        return browser

    def close_browsers(self) -> None:
        for browser in self._browsers:
            browser.close()
        self._browsers.clear()

    def add_user(
        self, login: str, role: str = "cashier", password: str = PASSWORD, *, salons: Sequence[int] | None = None
    ) -> int:
        """Of all salons, unless some are named."""
        with self.sessions.begin() as session:
            user = StaffUser(login=login, role=role, password_hash=hash_once(password), all_salons=salons is None)
            session.add(user)
            session.flush()
            session.add_all(StaffSalon(staff_user_id=user.id, company_id=one) for one in salons or ())
            return int(user.id)

    def sign_in(self, login: str, password: str = PASSWORD) -> Browser:
        browser = self.browser()
        answer = browser.submit("/acquire/login", {"login": login, "password": password})
        assert answer.status_code == 303, answer.text
        return browser

    # --- rows, as the worker would write them

    def add_visit(
        self,
        total: str | None = "4000",
        *,
        state: str = "awaiting_payment",
        name: str | None = "Айгүл Сейтқалиева",
        phone: str | None = "77015550142",
        at: datetime | None = None,
        is_open: bool | None = None,
        is_deleted: bool = False,
        reason: str | None = None,
        code: str | None = None,
        title: str = "Стрижка",
        record_id: int | None = None,
        company_id: int = COMPANY,
        **told: Any,
    ) -> Visit:
        """`told`: `attendance`, `specialist`, as columns of the visit."""
        record_id = record_id or next(self._records)
        at = at or datetime.now(UTC)
        lines = [{"name": title, "is_service": True, "count": 1, "price": 1, "discount": 0, "total": 1}]
        with self.sessions.begin() as session:
            row = WebhookRecord(
                company_id=company_id,
                resource="record",
                resource_id=record_id,
                status="update",
                dedup_key=str(uuid4()),
                body={},
                state=state,
                reason=reason,
                error_code=code,
            )
            session.add(row)
            session.flush()
            visit = Visit(
                company_id=company_id,
                record_id=record_id,
                delivery_id=row.id,
                visit_at=at,
                day=almaty_date(at),
                client_name=name,
                client_phone=phone,
                title=title,
                lines=lines,
                total=None if total is None else Decimal(total),
                problem=None if total is not None else "services.0 has no cost",
                is_open=state == "awaiting_payment" if is_open is None else is_open,
                is_deleted=is_deleted,
                **told,
            )
            session.add(visit)
        return visit

    def add_receipt(
        self,
        visit: Visit | None = None,
        *,
        state: str = "issued",
        kind: str = "sale",
        positions: list[dict[str, Any]] | None = None,
        basis: Receipt | None = None,
        **values: Any,
    ) -> Receipt:
        positions = positions or [position("Стрижка", 1, visit.total if visit is not None else Decimal(4000))]
        if kind == "return":
            positions = [{"PositionCode": str(index), **p} for index, p in enumerate(positions)]
        total = sum(Decimal(str(p["Price"])) * Decimal(str(p["Count"])) - Decimal(str(p["Discount"])) for p in positions)
        request = {
            "Positions": positions,
            "Payments": [{"Sum": total, "PaymentType": 1}],
            "Change": 0,
            "CashboxUniqueNumber": "SWK00000001",
            "ExternalOrderNumber": "x",
        }
        issued = {
            "fiscal_number": f"33000{next(self._records)}",
            "registration_number": "600900800700",
            "shift_number": 3,
            "offline_mode": False,
            "issued_at": datetime.now(UTC),
            "issued_at_text": "14.04.2026 15:02:41",
            "receipt_url": "http://ofd.test/consumer?i=33&f=60&s=4000.00&t=20260414T150241",
        }
        with self.sessions.begin() as session:
            receipt = Receipt(
                company_id=values.pop("company_id", getattr(visit, "company_id", COMPANY)),
                cashbox_id=values.pop("cashbox_id", None) or self._find_cashbox(session),
                kind=kind,
                record_id=visit.record_id if visit is not None else None,
                document_id=values.pop("document_id", None if visit is not None else next(self._records)),
                external_check_number=values.pop("external_check_number", f"altegio_{next(self._records)}"),
                basis_receipt_id=basis.id if basis else None,
                total=total,
                request=request,
                state=state,
                **{"tax": 0, **(issued if state == "issued" else {}), **values},
            )
            session.add(receipt)
        return receipt

    def _find_cashbox(self, session: Any) -> int:
        cashbox = session.scalars(select(Cashbox)).first()
        if cashbox is None:
            cashbox = Cashbox(unique_number="SWK00000001")
            session.add(cashbox)
            session.flush()
        return int(cashbox.id)

    # --- what is in the tables

    def all(self, model: Any) -> list[Any]:
        with self.sessions() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def get(self, model: Any, number: int) -> Any:
        with self.sessions() as session:
            return session.get_one(model, number)

    def execute(self, statement: str, **values: Any) -> None:
        with self.sessions.begin() as session:
            session.execute(text(statement), values)

    def published(self, queue: str, count: int, seconds: float = 5.0) -> list[tuple[str, list[int]]]:
        """Task names and arguments of the first `count` messages, waiting for them; all when there are more."""
        pause = threading.Event()
        for _ in range(int(seconds / 0.02)):
            if self.app.state.redis.llen(queue) >= count:  # type: ignore[attr-defined]
                break
            pause.wait(0.02)
        messages = [json.loads(raw) for raw in self.app.state.redis.lrange(queue, 0, -1)]  # type: ignore[attr-defined]
        return [(message["headers"]["task"], _arguments(message)) for message in reversed(messages)]


def _is_of_no_row(raw: bytes | None) -> bool:
    return raw is not None and _arguments(json.loads(raw)) == [NO_ROW]


def _arguments(message: Mapping[str, Any]) -> list[int]:
    return list(json.loads(message["headers"]["argsrepr"].replace("'", '"')))


def position(name: str, count: Any, price: Any, discount: Any = 0, code: str | None = None) -> dict[str, Any]:
    line = {
        "PositionName": name,
        "Count": count,
        "Price": price,
        "Discount": discount,
        "Markup": 0,
        "TaxType": 0,
        "TaxPercent": None,
        "Tax": 0,
    }
    return line if code is None else {**line, "PositionCode": code}


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)
