"""How long Altegio is asked again before its silence, or an old answer, is believed.

A record may be readable some seconds after its webhook only, and a read may be older than the webhook (facts of Altegio,
sure by one careful report): Altegio is a witness, not an oracle.
"""

import random
from datetime import timedelta

from shared.config import Settings
from worker.altegio.errors import AnswerTooOld
from worker.decide.delivery import Delivery
from worker.decide.known.facts import Facts
from worker.decide.resolution import Resolution

# Deliveries given up with these codes are decided anew when the record, or its payment, turns up.
NOT_IN_ALTEGIO, ALTEGIO_BEHIND, DENIED = "not_in_altegio", "altegio_behind", "denied_by_altegio"
WOKEN_BY_APPEARING = (NOT_IN_ALTEGIO, ALTEGIO_BEHIND, DENIED)
# How soon Altegio is asked again: sooner for a young delivery.
FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 2.0, 60.0
# A stamp further ahead than this is no stamp of Altegio's.
_LONGEST_CLOCK_ERROR = timedelta(minutes=5)


def patience_of(settings: Settings) -> timedelta:
    return timedelta(seconds=settings.altegio_patience_seconds)


def seconds_to_next_look(delivery: Delivery, rng: random.Random) -> float:
    age = (delivery.now - delivery.created_at).total_seconds()
    return min(LAST_RETRY_SECONDS, max(FIRST_RETRY_SECONDS, age / 5)) * rng.uniform(0.5, 1)


def give_up_unknown(settings: Settings, rng: random.Random, delivery: Delivery, reason: str) -> Resolution:
    """Asks again while the delivery is young; later what Altegio does not know is taken for forged."""
    if delivery.now - delivery.created_at < patience_of(settings):
        return Resolution.retrying(NOT_IN_ALTEGIO, f"{reason} yet: asked again", seconds_to_next_look(delivery, rng))
    return Resolution.dead(NOT_IN_ALTEGIO, f"{reason}: a forged body, or a token without the right")


def give_up_denied(settings: Settings, rng: random.Random, delivery: Delivery, reason: str) -> Resolution:
    """Asks again while the delivery is young; later what Altegio denies alone is taken for forged."""
    if delivery.now - delivery.created_at < patience_of(settings):
        return Resolution.retrying(DENIED, f"asked again: {reason}", seconds_to_next_look(delivery, rng))
    return Resolution.dead(DENIED, f"a forged body, or a record of somebody else: {reason}")


def refuse_older_answer(facts: Facts, delivery: Delivery) -> None:
    """Raises AnswerTooOld where the record that was read is older than what the webhook told."""
    read = facts.record.last_change_date if facts.record is not None else None
    told = delivery.changed_at
    if read is None or told is None or read >= told or told > delivery.now + _LONGEST_CLOCK_ERROR:
        return
    raise AnswerTooOld("Altegio's answer is older than its webhook")
