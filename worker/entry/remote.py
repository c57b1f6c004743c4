"""Takes from Celery's remote control whatever acts on a worker: whoever writes into Redis could stop it, kill its pool, have
it leave its queues or forget tasks.

What only looks stays, for `celery -A worker inspect` and Flower, and so do the events that Flower turns on.
"""

from celery.worker.consumer.gossip import Gossip
from celery.worker.consumer.mingle import Mingle
from celery.worker.control import Panel

ALLOWED = frozenset(
    {
        "ping",
        "stats",
        "active",
        "active_queues",
        "clock",
        "heartbeat",
        "registered",
        "reserved",
        "revoked",
        "scheduled",
        "enable_events",
        "disable_events",
    }
)


def restrict() -> None:
    """Leaves the worker of this process only commands that look."""
    for name in set(Panel.data) - ALLOWED:
        del Panel.data[name]
    # At the start a worker would take over what its neighbours say was revoked, and later do the tasks of their elections.
    Mingle.compatible_transports = set()
    Gossip.compatible_transports = set()
