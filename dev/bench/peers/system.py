"""One of those compared, in the same terms as all others: where work goes in, what may be hurt, what was done."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.harness.child import Child
from dev.harness.proxy import Proxy

# As an init system does: what ended is started again, though not in a hurry.
_RESTART_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class System:
    name: str
    # Where its work is kept: what is restarted, and whose connections are taken.
    store: Postgres | Redis
    # From the workers to their stores.
    ways: Sequence[Proxy]
    # All of its processes by name.
    children: Mapping[str, Child]
    workers: Sequence[Child]
    # Number -> address and body of the POST that hands it in.
    make_request: Callable[[int], tuple[str, bytes]]
    count_done: Callable[[], int]
    # A number again for each time it was done.
    list_done: Callable[[], Sequence[int]]
    _died: dict[str, float] = field(default_factory=dict)

    def tend(self) -> None:
        """Starts again what has ended by itself, a second later."""
        now = time.monotonic()
        for name, child in self.children.items():
            if not child.has_died:
                self._died.pop(name, None)
            elif now >= self._died.setdefault(name, now) + _RESTART_SECONDS:
                child.spawn()
