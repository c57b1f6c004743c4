"""Stands in for the broker and for beat: a thread of every worker process that needs neither.

While the broker is away, refuses, or its messages do not arrive, the process hands due work to its own threads, by the
claims that the tasks make anyway, so several workers share it without knowing. Rounds that nobody asked for in
their time are done by whoever sees it first.
"""

import threading
import time
from collections.abc import Callable

from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shared.local_work import Item, LocalWork
from shared.logging import get_logger
from shared.queue import probe_broker
from worker.rounds.alone.hands import Do, Hands
from worker.rounds.alone.hunger import Hunger
from worker.rounds.alone.sign import Sign, Takes
from worker.rounds.alone.watchdog import Watchdog
from worker.rounds.rescue import hand_out
from worker.rounds.timetable import list_rounds
from worker.rounds.turns import begin_to_count, find_overdue
from worker.rounds.watch.clock import watch_clock
from worker.services import Services

log = get_logger(__name__)

# A broker that restarts is not stood in for.
PATIENCE_SECONDS = 3.0
LOOK_SECONDS = 1.0
ROUND_LOOK_SECONDS = 5.0
CLOCK_LOOK_SECONDS = 60.0
_END_SECONDS = 40.0


class Standin:
    """`do` does a task by its name. `services` are those that the tasks use: what they publish comes here meanwhile.

    `is_consuming` says whether this worker takes messages: a broker that is back may wait for its next try.
    """

    def __init__(
        self,
        services: Services,
        do: Do,
        is_consuming: Callable[[], bool],
        watchdog: Watchdog | None = None,
        *,
        sign: Sign | None = None,
        hunger: Hunger | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._services, self._is_consuming, self._patience = services, is_consuming, patience
        self._rounds = list_rounds(services.settings)
        self._watchdog, self._sign = watchdog, sign
        self._hunger = hunger or (_make_hunger(services, watchdog) if watchdog is not None else None)
        self._work = LocalWork()
        self._do, self._hands = do, Hands(self._work, self._do_noted)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="standin", daemon=True)
        self._failing_since: float | None = None
        self._next_round_look = self._next_clock_look = 0.0
        self._counts = False

    @property
    def is_alone(self) -> bool:
        """Says whether the broker is stood in for just now."""
        return self._services.producer.local is not None

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread, and what it set going."""
        self._ended.set()
        self._thread.join(timeout=5)
        self._services.producer.local = None
        self._hands.stop(_END_SECONDS)
        if self._sign is not None:
            self._sign.take_back()

    def _run(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self._look_at_broker()
                self._give_sign()
                self._look_at_rounds()
                self._look_at_clock()
                if self.is_alone:
                    hand_out(self._services)
                if self._watchdog is not None:
                    self._watchdog.look()
            except (SQLAlchemyError, BrokerDown, RedisError, OSError) as error:
                log.error("cannot stand in", error=type(error).__name__)
            except Exception:  # whatever it was: nobody else would look
                log.exception("cannot stand in")

    def _do_noted(self, item: Item) -> None:
        """For the watchdog these are tasks like others."""
        note = self._watchdog.pulse.beat if self._watchdog is not None else lambda: None
        note()
        try:
            self._do(item)
        finally:
            note()

    def _look_at_broker(self) -> None:
        now, trouble = time.monotonic(), self._find_trouble()
        if trouble is None:
            self._failing_since = None
            if self.is_alone:
                log.warning("broker gives work again")
                self._services.producer.local = None
            return
        self._failing_since = self._failing_since or now
        if not self.is_alone and now - self._failing_since >= self._patience:
            log.error("broker gives no work, it is taken from the database", trouble=trouble)
            self._hands.start()
            self._services.producer.local = self._work

    def _find_trouble(self) -> str | None:
        try:
            probe_broker(self._services.producer)
        except (BrokerDown, RedisError, OSError) as error:
            return type(error).__name__
        if not self._is_consuming():
            return "no messages are taken"
        return "no messages arrive" if self._hunger is not None and self._hunger.is_felt() else None

    def _give_sign(self) -> None:
        if self._sign is not None:
            takes = Takes.NOTHING if self._failing_since is not None else Takes.MESSAGES
            self._sign.give(Takes.TABLES if self.is_alone else takes)

    def _look_at_rounds(self) -> None:
        """Without a database only the watch has anything to do: it tells of that."""
        if time.monotonic() < self._next_round_look:
            return
        self._next_round_look = time.monotonic() + ROUND_LOOK_SECONDS
        if not self._counts:
            begin_to_count(self._services.sessions, self._rounds)
            self._counts = True
        for name in find_overdue(self._services.sessions, self._rounds, alone=self.is_alone):
            self._hands.start()
            self._work.put(name, (False,))

    def _look_at_clock(self) -> None:
        if time.monotonic() >= self._next_clock_look:
            self._next_clock_look = time.monotonic() + CLOCK_LOOK_SECONDS
            watch_clock(self._services.sessions, self._services.settings)


def _make_hunger(services: Services, watchdog: Watchdog) -> Hunger:
    return Hunger(services.sessions, lambda: watchdog.pulse.quiet_seconds, services.breaker.is_open)
