"""What Altegio knows at this moment. Every change is told by an envelope, whether its webhook arrives anywhere or not."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

Body = dict[str, Any]

ALMATY = timezone(timedelta(hours=5))
_OF_GOODS = tuple(f"goods_operations_{what}" for what in ("sale", "receipt", "consumable", "stolen", "move"))
_OTHERS = ("finances_operation", "service", "service_category", "master", "salon", "schedule", "loyalty_card")
HOOK_FLAGS = ("record", "client", "good", *_OF_GOODS, *_OTHERS)
# The last one has no webhook: a certificate or bonus that was spent is seen in the sale document only.
RECORD, MONEY, GOODS, LOYALTY = "record", "finances_operation", "goods_operations_sale", "loyalty_transaction"

# Money that was booked over REST has numbers from here on, which no story has.
FIRST_BOOKED = 9_000_000_001


@dataclass(frozen=True, slots=True)
class Stored:
    id: int
    location: int
    body: Body
    is_deleted: bool
    changed_at: datetime
    arrived_at: datetime
    # As it was before; None where it was not.
    previous: "Stored | None" = None
    # Fields that were written over REST: what staff had there, and what was written.
    written: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


@dataclass
class Location:
    accounts: dict[int, Body] = field(default_factory=dict)
    hooks: Body = field(default_factory=lambda: {"urls": [], "active": 0, **dict.fromkeys(HOOK_FLAGS, 0), "self_sending": 0})

    def learn_account(self, account: Mapping[str, Any]) -> None:
        """From a payment: `type` 0 is cash, 1 is not."""
        told = {"id": account["id"], "title": account["title"], "type": int(not account["is_cash"]), "comment": ""}
        self.accounts.setdefault(account["id"], told)


class State:
    """All methods may be called from any thread; what they return is never changed afterwards."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        # Location -> how many seconds its reads are behind what happened.
        self.read_lags: Mapping[int, float] = {}
        self.edits_keep_lines = True
        self.clear()

    def clear(self) -> None:
        with self._lock:
            self._shelves: dict[str, dict[int, Stored]] = {name: {} for name in (RECORD, MONEY, GOODS, LOYALTY)}
            self._locations: dict[int, Location] = {}

    def open_location(
        self, location: int, accounts: Iterable[Body] = (), urls: Iterable[str] = (), *, self_sending: bool = False
    ) -> None:
        with self._lock:
            place = self._locations.setdefault(location, Location())
            place.accounts |= {account["id"]: account for account in accounts}
            if urls:
                flags = dict.fromkeys((RECORD, MONEY, GOODS), 1)
                place.hooks = {**place.hooks, "urls": list(urls), "active": 1, "self_sending": int(self_sending), **flags}

    def apply(self, envelope: Mapping[str, Any]) -> bool:
        """False for a resource that no endpoint shows."""
        shelf = self._shelves.get(envelope["resource"])
        if shelf is None:
            return False
        body, now = envelope["data"], datetime.now(UTC)
        stored = Stored(
            id=envelope["resource_id"],
            location=envelope["company_id"],
            body=body,
            is_deleted=envelope["status"] == "delete" or bool(body.get("deleted")),
            changed_at=read_moment(body.get("last_change_date")) or now,
            arrived_at=now,
        )
        with self._lock:
            old = shelf.get(stored.id)
            stored = _keep_written(stored, old, keeps_lines=self.edits_keep_lines)
            shelf[stored.id] = replace(stored, previous=replace(old, previous=None) if old else None)
            place = self._locations.setdefault(stored.location, Location())
            if envelope["resource"] == MONEY:
                place.learn_account(body["account"])
        return True

    def write(
        self, resource: str, location: int, number: int, change: Callable[[Stored], Body], *, lives_in_past: bool
    ) -> Stored | None:
        """What a call over REST makes of a row, whatever a read would show of it by now; None where there is none.

        `lives_in_past`: the stamps of what happens are not of this moment, so a change comes a second after the one before.
        """
        with self._lock:
            old = self._shelves[resource].get(number)
            if old is None or old.location != location or old.is_deleted:
                return None
            moment = datetime.now(UTC) if not lives_in_past else old.changed_at
            moment = max(moment, old.changed_at + timedelta(seconds=1)).astimezone(ALMATY)
            body = change(old)
            written = {
                name: (old.written[name][0] if name in old.written else old.body.get(name), value)
                for name, value in body.items()
                if name in old.written or value != old.body.get(name)
            }
            body |= {"last_change_date": moment.strftime("%Y-%m-%dT%H:%M:%S%z")}
            shelf = self._shelves[resource]
            shelf[number] = replace(
                old,
                body=body,
                changed_at=moment,
                arrived_at=datetime.now(UTC),
                previous=replace(old, previous=None),
                written=written,
            )
            return shelf[number]

    def add_money(self, location: int, build: Callable[[int, Body], Body], account: int) -> Stored | None:
        """Money booked over REST; None where the salon has no such account."""
        with self._lock:
            place = self._locations[location]
            if account not in place.accounts:
                return None
            shelf, now = self._shelves[MONEY], datetime.now(UTC)
            number = max((known for known in shelf if known >= FIRST_BOOKED), default=FIRST_BOOKED - 1) + 1
            shelf[number] = Stored(number, location, build(number, place.accounts[account]), False, now, now)
            return shelf[number]

    def delete_money(self, location: int, number: int) -> Stored | None:
        """None where there is none, or none any more."""
        with self._lock:
            old = self._shelves[MONEY].get(number)
            if old is None or old.location != location or old.is_deleted:
                return None
            now = datetime.now(UTC)
            self._shelves[MONEY][number] = replace(old, is_deleted=True, changed_at=now, arrived_at=now)
            return self._shelves[MONEY][number]

    def has_location(self, location: int) -> bool:
        with self._lock:
            return location in self._locations

    def find(self, resource: str, location: int, number: int) -> Stored | None:
        with self._lock:
            stored = self._see(self._shelves[resource].get(number))
        return stored if stored and stored.location == location else None

    def list_all(self, resource: str, location: int | None = None, **wanted: int) -> list[Stored]:
        """In the order of their ids; `wanted` are fields of the body. Deleted ones are among them."""
        with self._lock:
            rows = [
                row
                for row in map(self._see, self._shelves[resource].values())
                if row is not None
                and location in {None, row.location}
                and all(int(row.body.get(name) or 0) == value for name, value in wanted.items())
            ]
        return sorted(rows, key=lambda row: row.id)

    def _see(self, row: Stored | None) -> Stored | None:
        """What a read shows by now."""
        lag = timedelta(seconds=self.read_lags.get(row.location, 0)) if row else None
        return row.previous if row and lag and datetime.now(UTC) - row.arrived_at < lag else row

    def list_accounts(self, location: int) -> list[Body]:
        with self._lock:
            return list(self._locations[location].accounts.values())

    def get_hooks(self, location: int) -> Body:
        with self._lock:
            return self._locations[location].hooks


def _keep_written(new: Stored, old: Stored | None, *, keeps_lines: bool) -> Stored:
    """A change of staff leaves alone what others wrote, but in the fields that it changes itself.

    Whoever changes a comment has it before their eyes with the lines that were added; unless it was open since before.
    """
    kept = dict(old.written if old else {})
    for name, (base, value) in list(kept.items()):
        told = new.body.get(name)
        if told == base:
            continue
        del kept[name]
        if name == "comment" and keeps_lines:
            theirs = str(base or "").splitlines()
            added = [line for line in str(value or "").splitlines() if line not in theirs]
            kept[name] = (told, "\n".join([*filter(None, [str(told or "")]), *added]))
    return replace(new, body=new.body | {name: value for name, (_, value) in kept.items()}, written=kept) if kept else new


def read_moment(value: object) -> datetime | None:
    """Any ISO form; without an offset it is the salon's wall time. None for what is none. Raises ValueError."""
    if value in {None, ""}:
        return None
    moment = datetime.fromisoformat(str(value).replace(" ", "T"))
    return moment if moment.tzinfo else moment.replace(tzinfo=ALMATY)
