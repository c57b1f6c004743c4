"""Posts shots from several connections, judges every answer, and looks into the database every few hundred of them."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool

from dev.fuzz.mutations import load_material
from dev.fuzz.oracle import find_ids, find_lost, find_missing, judge
from dev.fuzz.shots import Shot, make_shots
from dev.fuzz.wire import Answer, NoAnswer, Wire
from dev.harness.stack import Stack

CONNECTIONS = 6
LOOK_EVERY = 200
# Of the stored rows, those that are read back through the API.
READ_BACK = 0.02
MOST_FAILURES = 20


@dataclass
class Report:
    wanted: int
    cases: int = 0
    requests: int = 0
    valid: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    # What was wrong, and the body that it happened to.
    failures: list[tuple[str, bytes]] = field(default_factory=list)
    is_alive: bool = True
    # In the log of the API.
    errors: int = 0

    @property
    def is_clean(self) -> bool:
        return self.is_alive and not self.failures and not self.errors and self.cases >= self.wanted

    def format_progress(self) -> str:
        per_second = self.cases / self.seconds if self.seconds else 0.0
        return (
            f"{self.cases} cases in {self.requests} requests, {self.seconds:.1f} s, {per_second:.0f} a second, "
            f"slowest answer {self.slowest:.2f} s"
        )

    def format(self) -> str:
        answers = ", ".join(f"{status}: {count}" for status, count in sorted(self.statuses.items()))
        lines = [
            self.format_progress(),
            f"answers: {answers}",
            f"valid neighbours: {self.valid}, API alive: {self.is_alive}, failures: {len(self.failures)}",
            f"errors in the log of the API: {self.errors}",
            *(f"- {problem}\n  {raw[:500]!r}" for problem, raw in self.failures),
        ]
        return "\n".join([*lines, "CLEAN" if self.is_clean else "NOT CLEAN"])


class Fuzz:
    """`on_look` is called after every look into the database."""

    def __init__(self, stack: Stack, *, seed: int, cases: int, on_look: Callable[[Report], None] = lambda _: None) -> None:
        self._stack = stack
        self._on_look = on_look
        self._shots = make_shots(seed, cases, load_material())
        self._sample = random.Random(seed)
        self._engine: Engine = create_engine(stack.environment["DATABASE_URL"], poolclass=NullPool)
        self._lock = threading.Lock()
        self._fired: list[tuple[Shot, Answer]] = []
        self._started = time.monotonic()
        self.report = Report(cases)

    def run(self) -> Report:
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for work in [pool.submit(self._work) for _ in range(CONNECTIONS)]:
                work.result()
        self._look(self._fired)
        self._engine.dispose()
        return self.report

    def _work(self) -> None:
        wire = Wire(self._stack.api_port, self._stack.secret)
        for shot in self._take():
            started = time.monotonic()
            try:
                answer = wire.post(shot)
            except NoAnswer as error:
                self._fail(f"no answer: {error}", shot.raw)
                continue
            full = self._settle(shot, answer, time.monotonic() - started)
            if full:
                self._look(full, wire)
        wire.close()

    def _take(self) -> Iterator[Shot]:
        """Until there are no more, or enough went wrong."""
        while len(self.report.failures) < MOST_FAILURES:
            with self._lock:
                shot = next(self._shots, None)
            if shot is None:
                return
            yield shot

    def _settle(self, shot: Shot, answer: Answer, seconds: float) -> Sequence[tuple[Shot, Answer]]:
        """What has gathered for a look into the database, if it is time for one."""
        problem = judge(shot, answer)
        if problem:
            self._fail(problem, shot.raw)
        with self._lock:
            report = self.report
            report.cases += shot.cases
            report.requests += 1
            report.valid += len(shot.valid)
            report.statuses[answer.status] += 1
            report.slowest = max(report.slowest, seconds)
            report.seconds = time.monotonic() - self._started
            if not problem:
                self._fired.append((shot, answer))
            if len(self._fired) < LOOK_EVERY:
                return ()
            full, self._fired = self._fired, []
            return full

    def _look(self, fired: Sequence[tuple[Shot, Answer]], wire: Wire | None = None) -> None:
        ids = {row_id for _, answer in fired for row_id in find_ids(answer)}
        records = [record for shot, _ in fired for record in shot.valid.values()]
        with self._engine.connect() as connection:
            problems = find_missing(connection, ids) + find_lost(connection, records)
        for problem in problems:
            self._fail(problem, b"")
        reader = wire or Wire(self._stack.api_port, self._stack.secret)
        for row_id in sorted(ids):
            if self._sample.random() < READ_BACK:
                self._read_back(reader, row_id)
        if wire is None:
            reader.close()
        self._on_look(self.report)

    def _read_back(self, wire: Wire, row_id: int) -> None:
        try:
            answer = wire.get(f"/api/webhook/status/{row_id}")
        except NoAnswer as error:
            self._fail(f"status of row {row_id}: {error}", b"")
            return
        body: Any = answer.body
        if answer.status != 200 or body.get("id") != row_id:
            self._fail(f"status of row {row_id}: {answer.status} {str(body)[:200]}", b"")

    def _fail(self, problem: str, raw: bytes) -> None:
        with self._lock:
            self.report.failures.append((problem, raw))
