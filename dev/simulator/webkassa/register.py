"""The state of one organisation's cash registers and everything that changes it."""

import threading
import time
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dev.simulator.webkassa.access import Sessions
from dev.simulator.webkassa.clock import Clock
from dev.simulator.webkassa.errors import Refusal
from dev.simulator.webkassa.ledger import SELL_RETURN, Cashbox, Receipt, Shift, StateFile
from dev.simulator.webkassa.rules import returns, vat
from dev.simulator.webkassa.rules.arithmetic import CASH, Sums, find_faults
from dev.simulator.webkassa.rules.fields import Fields, lowered, mask_secrets, read_decimal, read_int, read_text
from dev.simulator.webkassa.rules.requisites import to_local, to_utc
from dev.simulator.webkassa.settings import Settings

SHIFT_LIMIT = timedelta(hours=24)
OFFLINE_LIMIT = timedelta(hours=72)
DEPOSIT, WITHDRAWAL = 0, 1
# A blocked or inactive cashbox cannot trade; reading its history stays possible.
PROBLEMS_OF_ACCESS = frozenset({5, 6})


class Register:
    """Callers hold `lock` around every use: an operation is one step, as in a database transaction."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.lock = threading.Lock()
        self.sessions = Sessions()
        self.offline_since: datetime | None = None
        self.state_file = StateFile(settings.state_file)
        # Counts on from the time of the start, so that a fiscal number is not repeated by the next process.
        self._last_number = int(time.time()) * 1000
        self._forget()
        for event in self.state_file.load():
            self._replay(event)

    def reset(self, settings: Settings) -> None:
        self.settings = settings
        self.sessions.revoke_all()
        self.state_file.clear()
        self._forget()

    def follow(self, settings: Settings) -> None:
        """Notes when the link to the fiscal data operator went away: 72 hours are counted from there."""
        self.settings = settings
        if not settings.offline:
            self.offline_since = None
        elif self.offline_since is None:
            self.offline_since = self.clock.now()

    def get_cashbox(self, fields: Fields, *, fiscal: bool) -> Cashbox:
        cashbox = self.cashboxes.get(read_text(fields.get("cashboxuniquenumber")))
        if cashbox is None:
            raise Refusal(6)
        problem = self.settings.cashbox_problems.get(cashbox.number)
        if problem is not None and (fiscal or problem in PROBLEMS_OF_ACCESS):
            raise Refusal(problem)
        return cashbox

    def issue(self, cashbox: Cashbox, body: Fields, fields: Fields) -> Receipt:
        """Records a receipt that all the `refuse_` methods have let through."""
        self._last_number += 1
        number = str(self._last_number)
        # The register's own numbers begin with another digit, and stay as unique as the operator's.
        check_number = f"9{number[1:]}" if self.settings.offline else number
        now = self.clock.now()
        offline, kept = self.settings.offline, mask_secrets(body)
        receipt = self._record(cashbox, kept, fields, now, check_number, offline=offline)
        self._remember("check", cashbox, now, check_number=check_number, offline=offline, body=kept)
        return receipt

    def refuse_invalid(self, fields: Fields) -> None:
        lawful = vat.list_rates_of_return(fields, self.by_check_number)
        if lawful is None:
            lawful = vat.list_rates(to_local(self.clock.now()).date(), self.settings.vat_days)
        faults = find_faults(fields, vat_rates=self.settings.vat_rates & lawful, protocol=self.settings.protocol)
        if not faults and self.settings.verify_returns:
            faults = returns.find_faults(fields, self.by_check_number, self.returned)
        if faults:
            raise Refusal(9, "; ".join(faults))

    def refuse_late(self, cashbox: Cashbox) -> None:
        """What time forbids: a shift over 24 hours, autonomous work over 72."""
        now = self.clock.now()
        shift = cashbox.find_open_shift()
        if shift and now - shift.opened_at > SHIFT_LIMIT:
            raise Refusal(11)
        if self.offline_since and now - self.offline_since > OFFLINE_LIMIT:
            raise Refusal(18)

    def find_duplicate(self, cashbox: Cashbox, external_number: str) -> Receipt | None:
        if self.settings.scope == "shift":
            return cashbox.by_shift_external.get((cashbox.get_current_shift_number(), external_number))
        return cashbox.by_external.get(external_number)

    def move_cash(self, cashbox: Cashbox, fields: Fields) -> tuple[Shift, datetime]:
        external_number = read_text(fields.get("externalchecknumber"))
        if external_number and self._is_known_move(cashbox, external_number):
            raise Refusal(14, f"Операция с внешним номером {external_number} уже присутствует в системе")
        amount = _read_move(fields)
        self.refuse_late(cashbox)
        if cashbox.drawer + min(amount, Decimal(0)) < 0:
            raise Refusal(8)
        now = self.clock.now()
        self._remember("money", cashbox, now, amount=str(amount), external=external_number)
        shift = cashbox.open_shift(now)
        cashbox.move_cash(shift, amount, external_number)
        return shift, now

    def close_shift(self, cashbox: Cashbox) -> Shift:
        shift = cashbox.find_open_shift()
        if shift is None:
            raise Refusal(12 if cashbox.shifts else 13)
        shift.closed_at = self.clock.now()
        self._remember("z_report", cashbox, shift.closed_at)
        return shift

    def register_anew(self, number: str) -> Cashbox:
        """The old receipts stay in the ledger; what the cashbox answers knows nothing of them any more."""
        renewed = Cashbox(number, self.cashboxes[number].renewals + 1)
        self.cashboxes[number] = renewed
        self._remember("registered", renewed, self.clock.now())
        return renewed

    def refuse_return(self, cashbox: Cashbox, fields: Fields) -> None:
        if not self.settings.returns_need_cash or read_int(fields.get("operationtype")) != SELL_RETURN:
            return
        sums = Sums(fields)
        if cashbox.drawer < sum(amount for kind, amount in sums.payments if kind == CASH) - sums.change:
            raise Refusal(8)

    def is_visible(self, receipt: Receipt) -> bool:
        """Lookups may lag behind the ledger."""
        delay = timedelta(seconds=self.settings.visibility_delay_seconds)
        return self.clock.now() - receipt.recorded_at >= delay

    def _record(
        self, cashbox: Cashbox, body: Fields, fields: Fields, at: datetime, check_number: str, *, offline: bool
    ) -> Receipt:
        shift = cashbox.open_shift(at)
        receipt = Receipt(
            cashbox=cashbox,
            external_number=read_text(fields.get("externalchecknumber")),
            operation_type=read_int(fields.get("operationtype")) or 0,
            sums=Sums(fields),
            shift=shift,
            order_number=len(shift.receipts) + 1,
            document_number=cashbox.document_count + 1,
            check_number=check_number,
            offline=offline,
            recorded_at=at,
            body=body,
            fields=fields,
        )
        cashbox.add_receipt(receipt)
        self.receipts.append(receipt)
        self.by_check_number[check_number] = receipt
        returns.count_return(receipt, self.returned)
        return receipt

    def _remember(self, event: str, cashbox: Cashbox, at: datetime, **told: Any) -> None:
        self.state_file.append({"event": event, "at": at.isoformat(), "cashbox": cashbox.number, **told})

    def _is_known_move(self, cashbox: Cashbox, external_number: str) -> bool:
        if self.settings.scope == "shift":
            return (cashbox.get_current_shift_number(), external_number) in cashbox.money_numbers
        return any(number == external_number for _, number in cashbox.money_numbers)

    def _forget(self) -> None:
        self.cashboxes = {number: Cashbox(number) for number in self.settings.cashboxes}
        self.receipts: list[Receipt] = []
        self.by_check_number: dict[str, Receipt] = {}
        self.returned: dict[str, Decimal] = {}
        self.offline_since = None
        self.follow(self.settings)

    def _replay(self, event: Fields) -> None:
        """Cashboxes of an earlier start stay in the file but out of sight."""
        cashbox = self.cashboxes.get(event["cashbox"])
        if cashbox is None:
            return
        at = to_utc(datetime.fromisoformat(event["at"]))
        if event["event"] == "check":
            body = event["body"]
            self._record(cashbox, body, lowered(body), at, event["check_number"], offline=event["offline"])
            # An offline number differs in its first digit only, so it moves the counter as well.
            self._last_number = max(self._last_number, int(f"1{event['check_number'][1:]}"))
        elif event["event"] == "money":
            cashbox.move_cash(cashbox.open_shift(at), Decimal(event["amount"]), event["external"])
        elif event["event"] == "registered":
            self.cashboxes[cashbox.number] = Cashbox(cashbox.number, cashbox.renewals + 1)
        elif shift := cashbox.find_open_shift():
            shift.closed_at = at


def _read_move(fields: Fields) -> Decimal:
    kind = read_int(fields.get("operationtype"))
    amount = read_decimal(fields.get("sum"))
    if kind not in {DEPOSIT, WITHDRAWAL}:
        raise Refusal(9, "Недопустимый тип операции")
    if amount is None or not 0 < amount < 1_000_000_000:
        raise Refusal(9, "Недопустимая сумма")
    if len(read_text(fields.get("externalchecknumber"))) > 50:
        raise Refusal(9, "Длина поля ExternalCheckNumber не должна превышать 50 символов")
    return amount if kind == DEPOSIT else -amount
