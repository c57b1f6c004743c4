"""Faults of the ways between the processes, by a TCP proxy on each: see `dev.chaos.world`."""

import random
import time
from collections.abc import Callable

from dev.chaos.trouble import Fault, Trouble, hurts
from dev.chaos.world import WAYS, WEBKASSA_WAY
from dev.harness.proxy import Proxy

Hurt = Callable[[Proxy, random.Random], None]


def _cut(proxy: Proxy, rng: random.Random) -> None:
    """Also those that come back at once."""
    for _ in range(rng.randint(1, 3)):
        proxy.cut()
        time.sleep(rng.uniform(0.1, 1))


def _slow_down(proxy: Proxy, rng: random.Random) -> None:
    proxy.delay = rng.uniform(0.1, 0.5)
    time.sleep(rng.uniform(3, 6))
    proxy.delay = 0.0


def _drip(proxy: Proxy, rng: random.Random) -> None:
    proxy.bytes_a_second = rng.uniform(1000, 5000)
    time.sleep(rng.uniform(3, 6))
    proxy.bytes_a_second = None


def _forget(proxy: Proxy, rng: random.Random) -> None:
    """Half-open: one side still speaks. A connection that lost bytes never gets well, so it ends with a reset."""
    proxy.forgotten = frozenset({rng.choice(("to", "from"))})
    time.sleep(rng.uniform(2, 5))
    proxy.forgotten = frozenset()
    proxy.cut()


def _fail_over(proxy: Proxy, _: random.Random) -> None:
    """The old connections never answer again, new ones do at once."""
    proxy.freeze()


def _swap(proxy: Proxy, rng: random.Random) -> None:
    """Two who ask at the same time get each other's answer."""
    proxy.swaps = True
    time.sleep(rng.uniform(3, 6))
    proxy.swaps = False


def _on(way: str, what: str, hurt: Hurt) -> Fault:
    return hurts(f"{way}: {what}", lambda trouble, rng: hurt(trouble.world.ways[way], rng))


def _repeat(trouble: Trouble, rng: random.Random) -> None:
    """A gateway sends each request a second time after its answer; that may meet our next call, which is counted apart."""
    proxy = trouble.world.ways[WEBKASSA_WAY]
    with trouble.excuse_overlaps():
        proxy.repeats = True
        time.sleep(rng.uniform(3, 6))
        proxy.repeats = False


_HURTS = {"cut": _cut, "slow": _slow_down, "drips": _drip, "half-open": _forget, "silent, new ones answer": _fail_over}
NETWORK_FAULTS = (
    *(_on(way, what, hurt) for way in WAYS for what, hurt in _HURTS.items()),
    _on(WEBKASSA_WAY, "answers swapped", _swap),
    hurts(f"{WEBKASSA_WAY}: requests twice", _repeat),
)
