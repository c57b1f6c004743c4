"""Looks for changes once a second for all listeners of the process, and tells each what is theirs."""

import asyncio
import signal
import threading
from collections import Counter
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from api.acquire.access.auth import Staff
from api.acquire.account.sessions import find_rights
from api.acquire.live.changes import EVERYTHING, Change, Look, Topic, compare, look
from api.acquire.live.journal import Journal, concerns
from shared.clock import almaty_date, utc_now
from shared.config import Settings
from shared.logging import get_logger
from shared.storage.db import SessionFactory

log = get_logger(__name__)

LOOK_SECONDS = 1.0
LEAST_SECONDS = 0.1
RIGHTS_SECONDS = 2.0
# So long after the last listener has gone, whoever comes back still hears exactly what they missed.
LINGER_SECONDS = 600.0
MAX_LISTENERS, MAX_OF_SESSION = 400, 6


class TooMany(Exception):
    """Raised where no further stream is opened; `is_own`: the session has enough of them."""

    def __init__(self, *, is_own: bool) -> None:
        super().__init__("too many streams")
        self.is_own = is_own


class Silent(Exception):
    """Raised where the tables cannot be looked at now."""


@dataclass(eq=False)
class Listener:
    """Holds what an open stream has still to be told. `is_over`: it ends, and the session with it if `is_signed_out`."""

    staff: Staff
    topics: set[Topic] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False
    is_signed_out: bool = False

    def tell(self, topics: frozenset[Topic] | set[Topic]) -> None:
        self.topics |= topics
        self.news.set()

    def end(self, *, is_signed_out: bool = False) -> None:
        self.is_over, self.is_signed_out = True, is_signed_out
        self.news.set()

    def take(self) -> set[Topic]:
        told, self.topics = self.topics, set()
        self.news.clear()
        return told


class Reader:
    """Runs while somebody listens. Everything but the looks themselves happens on the event loop."""

    def __init__(self, sessions: SessionFactory, settings: Settings, max_listeners: int = MAX_LISTENERS) -> None:
        self._max_listeners = max_listeners
        self._sessions = sessions
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._journal = Journal()
        self._listeners: set[Listener] = set()
        self._waiting: list[asyncio.Future[Look]] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._wanted_until = 0.0
        self._rights_until = 0.0
        self._last: Look | None = None
        self._day = almaty_date(utc_now())
        self._is_closed = False

    # --- listeners

    def join(self, staff: Staff) -> Listener:
        """Adds a listener. Raises TooMany, also while the process is ending."""
        own = Counter(listener.staff.session_id for listener in self._listeners)[staff.session_id]
        if own >= MAX_OF_SESSION:
            raise TooMany(is_own=True)
        if len(self._listeners) >= self._max_listeners or self._is_closed:
            raise TooMany(is_own=False)
        listener = Listener(staff)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        self._listeners.discard(listener)

    @property
    def listener_count(self) -> int:
        return len(self._listeners)

    async def find_missed(self, staff: Staff, since: str | None) -> tuple[int, frozenset[Topic]]:
        """Returns a new place in time, and what has changed since an earlier one. Raises Silent."""
        newest = await self._await_look()
        if since is None:
            return newest.before, frozenset()
        is_place = since.isascii() and since.isdigit() and len(since) < 19 and int(since) <= newest.before
        return newest.before, self._journal.find_missed(int(since), staff.salons) if is_place else EVERYTHING

    def ask(self, staff: Staff, since: str | None) -> tuple[int, frozenset[Topic]]:
        """Returns the same, to a thread. Raises Silent."""
        return asyncio.run_coroutine_threadsafe(self.find_missed(staff, since), self._loop).result()

    @property
    def place(self) -> int:
        """The moment up to which everything was told."""
        return self._last.before if self._last else 0

    def close(self) -> None:
        """Ends all streams: the server waits for them before it stops."""
        self._is_closed = True
        for listener in self._listeners:
            listener.end()

    async def stop(self) -> None:
        self.close()
        if self._task is not None:
            self._task.cancel()

    # --- looks

    async def _await_look(self) -> Look:
        """A look that begins only now."""
        self._wanted_until = self._loop.time() + LINGER_SECONDS
        if self._task is None or self._task.done():
            self._task = self._loop.create_task(self._run())
        future: asyncio.Future[Look] = self._loop.create_future()
        self._waiting.append(future)
        self._wake.set()
        try:
            return await asyncio.wait_for(future, 10)
        except TimeoutError:
            raise Silent from None

    async def _run(self) -> None:
        self._last = None
        while self._listeners or self._waiting or self._loop.time() < self._wanted_until:
            if self._listeners:
                self._wanted_until = self._loop.time() + LINGER_SECONDS
            self._wake.clear()
            try:
                await self._look_once()
                await self._check_rights()
            except Exception as error:  # whatever it was: listeners would wait for ever
                log.warning("changes could not be looked for", error=type(error).__name__)
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(LEAST_SECONDS)
            await _wait(self._wake, LOOK_SECONDS - LEAST_SECONDS)

    async def _look_once(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            new = await asyncio.to_thread(look, self._sessions)
        except BaseException:
            self._waiting += waiting
            raise
        if self._last is None:
            self._journal.begin(new)
        else:
            self._spread(new, [*compare(self._last, new), *self._find_midnight()])
        self._last = new
        for future in waiting:
            if not future.done():
                future.set_result(new)

    def _spread(self, new: Look, changes: list[Change]) -> None:
        self._journal.add(new, changes)
        for listener in self._listeners if changes else ():
            salons = listener.staff.salons
            topics = frozenset().union(*(change.topics for change in changes if concerns(change, salons)))
            if topics:
                listener.tell(topics)

    def _find_midnight(self) -> list[Change]:
        """A page that shows today shows another day from midnight on."""
        day, self._day = self._day, almaty_date(utc_now())
        return [Change(None, EVERYTHING, is_for_all=True)] if day != self._day else []

    async def _check_rights(self) -> None:
        """Ends the streams of sessions that are over, and of those whose owner may see other things now."""
        now = self._loop.time()
        if not self._listeners or now < self._rights_until:
            return
        self._rights_until = now + RIGHTS_SECONDS
        listeners = list(self._listeners)
        ids = {listener.staff.session_id for listener in listeners}
        rights = await asyncio.to_thread(find_rights, self._sessions, self._settings, ids)
        for listener in listeners:
            theirs = rights.get(listener.staff.session_id)
            if theirs is None:
                listener.end(is_signed_out=True)
            elif theirs != (listener.staff.role, listener.staff.salons):
                listener.tell(EVERYTHING)
                listener.end()


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return


def close_at_signal(reader: Reader) -> None:
    """Ends the streams as soon as the server is told to stop: it would wait for them before it says so to anybody."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        served = signal.getsignal(number)
        if callable(served):
            signal.signal(number, _put_before(served, reader))


def _put_before(served: Any, reader: Reader) -> Any:
    loop = asyncio.get_running_loop()

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(reader.close)
        served(number, frame)

    return handle
