"""`python -m dev.simulator.altegio --url URL`: posts the webhooks of a salon's day, in the order in which things happen."""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import urlsplit

from dev.simulator.altegio.day import Day, generate_day
from dev.simulator.altegio.rest.state import ALMATY
from dev.simulator.altegio.sender import Outcome, Sender


def main(arguments: list[str] | None = None) -> int:
    options = _read_options(arguments)
    day = generate_day(options.seed, visits=options.visits, day=options.date)
    # Host only: the path may end in the webhook's secret.
    print(f"{len(day.events)} webhooks to {urlsplit(options.url).hostname}")
    outcomes = list(_send(options.url, day, options.speed))
    accepted = sum(outcome.accepted for outcome in outcomes)
    answers = Counter(str(outcome.status or outcome.problem) for outcome in outcomes)
    shares = ", ".join(f"{answer} x {count}" for answer, count in sorted(answers.items()))
    print(f"{accepted} of {len(outcomes)} accepted; answers: {shares}")
    print(f"Due: {len(day.books.receipts)} receipts, {day.books.total} tenge")
    return 0 if accepted == len(outcomes) else 1


def _read_options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.simulator.altegio", description=__doc__)
    parser.add_argument("--url", required=True, help="webhook address, secret included if there is one")
    parser.add_argument("--seed", type=int, default=1, help="same seed and date, same day (1)")
    parser.add_argument("--visits", type=int, default=40, help="(40)")
    parser.add_argument("--date", type=date.fromisoformat, default=datetime.now(ALMATY).date(), help="(today)")
    parser.add_argument("--speed", type=float, default=600.0, help="times faster than life, 0 for no pauses (600)")
    return parser.parse_args(arguments)


def _send(url: str, day: Day, speed: float) -> Iterator[Outcome]:
    sender, begun, opens_at = Sender(url), time.monotonic(), day.events[0].at
    for number, event in enumerate(day.events, start=1):
        if speed:
            leaves_at = begun + (event.at - opens_at).total_seconds() / speed
            time.sleep(max(0.0, leaves_at - time.monotonic()))
        outcome = sender.send(event.envelope)
        if not outcome.accepted or number % 50 == 0:
            what = f"{event.envelope['resource']} {event.envelope['resource_id']} {event.envelope['status']}"
            print(f"{number}/{len(day.events)} {what}: {outcome.status or 'no answer'} {outcome.problem}", flush=True)
        yield outcome
    sender.close()


if __name__ == "__main__":
    sys.exit(main())
