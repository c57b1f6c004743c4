"""Faults of the mail server by which customers get their receipts."""

import random
import time

from dev.chaos.trouble import Fault, Trouble, hurts
from dev.harness.mail_server import Mood

# What the trouble is called -> the server's mood.
_MOODS: dict[str, Mood] = {
    "away": "away",
    "closes at once": "closing",
    "tells to come later": "busy",
    "refuses everybody": "refusing",
    "loses its answers": "losing",
}


def _be(name: str, mood: Mood) -> Fault:
    def hurt(trouble: Trouble, rng: random.Random) -> None:
        with trouble.world.mail.being(mood):
            time.sleep(rng.uniform(3, 6))

    return hurts(f"mail server {name}", hurt)


MAIL_FAULTS = tuple(_be(name, mood) for name, mood in _MOODS.items())


def change_mood(trouble: Trouble, rng: random.Random) -> None:
    """From now on nothing is taken in another way, and a worker was killed meanwhile."""
    trouble.world.mail.turn(rng.choice(("away", "closing", "busy", "refusing")))
    child = rng.choice(trouble.world.stack.find("worker"))
    child.kill()
    child.start()
