"""`python -m dev.simulator.altegio`: sends a day's webhooks, or shows it; see `--help`."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import urlsplit

from dev.simulator.altegio.books import Books
from dev.simulator.altegio.day import DEFAULT_COMPANY, Day, generate_day
from dev.simulator.altegio.plan import DELIVERY_DELAY, Delivery, Plan, plan_deliveries
from dev.simulator.altegio.sender import Outcome, Sender

ALMATY = timezone(timedelta(hours=5))
DEFAULT_SPEED = 600.0


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    day = generate_day(
        options.seed,
        visits=options.visits,
        companies=options.company or [DEFAULT_COMPANY],
        day=options.date,
        goods_lines=options.goods_lines,
    )
    plan = plan_deliveries(
        day.events, seed=options.seed, duplicates=options.duplicates, shuffle=options.shuffle, drop=options.drop
    )
    if options.books:
        _write_books(options.books, day.books, plan)
    if options.list:
        return _list_day(day, plan)
    if options.dry_run:
        print(*(json.dumps(delivery.envelope, ensure_ascii=False) for delivery in plan.deliveries), sep="\n")
        return 0
    if not options.url:
        _parser().error("--url is needed, unless --list or --dry-run is given")
    return _send_all(options.url, plan, day.books, None if options.fast else options.speed)


def _between(low: float, high: float, kind: type[float] = float) -> Callable[[str], float]:
    def read(text: str) -> float:
        number = kind(text)
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"must be {low:g} to {high:g}")
        return number

    return read


_WHOLE, _SHARE, _SPEED = _between(1, math.inf, int), _between(0, 1), _between(1e-6, math.inf)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dev.simulator.altegio", description=__doc__)
    parser.add_argument("--url", help="webhook address, secret included if there is one")
    parser.add_argument("--seed", type=int, default=1, help="same seed and date, same day (default 1)")
    parser.add_argument("--visits", type=_WHOLE, default=40, metavar="N")
    parser.add_argument("--company", type=_WHOLE, action="append", metavar="ID", help="may be repeated")
    parser.add_argument("--date", type=date.fromisoformat, default=datetime.now(UTC).astimezone(ALMATY).date())
    parser.add_argument("--goods-lines", type=_WHOLE, default=2, metavar="N", help="products per counter sale")
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument("--speed", type=_SPEED, default=DEFAULT_SPEED, help="times faster than life (default 600)")
    pace.add_argument("--fast", action="store_true", help="no pauses at all")
    parser.add_argument("--duplicates", type=_SHARE, default=0.0, help="share of webhooks sent again, 0..1")
    parser.add_argument("--drop", type=_SHARE, default=0.0, help="share of webhooks lost on the way, 0..1")
    parser.add_argument("--shuffle", action="store_true", help="mix the order of the whole day")
    parser.add_argument("--list", action="store_true", help="show the day, send nothing")
    parser.add_argument("--dry-run", action="store_true", help="print the bodies, one a line, send nothing")
    parser.add_argument("--books", type=Path, metavar="FILE", help="write what receipts are due, as JSON")
    return parser


def _write_books(path: Path, books: Books, plan: Plan) -> None:
    """The books are of the whole day; what `--drop` kept back is named, so that a reader can allow for it."""
    names = ("resource", "resource_id", "status")
    dropped = [{name: envelope[name] for name in names} for envelope in plan.dropped]
    path.write_text(json.dumps(books.as_json() | {"dropped": dropped}, ensure_ascii=False, indent=1) + "\n", "utf-8")


def _list_day(day: Day, plan: Plan) -> int:
    for event in day.events:
        moment = event.at + DELIVERY_DELAY
        print(f"{moment:%d.%m %H:%M:%S}  {event.story:<20} {_name(event.envelope)}")
    print(f"\n{len(day.events)} webhooks, {len(plan.dropped)} of them to be dropped. {_due(day.books)}")
    return 0


def _send_all(url: str, plan: Plan, books: Books, speed: float | None) -> int:
    sender, outcomes = Sender(url), list[Outcome]()
    # Host only: the path may end in the webhook's secret.
    print(f"{len(plan.deliveries)} webhooks to {urlsplit(url).hostname}, {len(plan.dropped)} lost on the way")
    started = time.monotonic()
    try:
        for delivery in plan.deliveries:
            if speed:
                time.sleep(max(0.0, started + delivery.after / speed - time.monotonic()))
            outcomes.append(sender.send(delivery.envelope))
            _show(delivery, outcomes, len(plan.deliveries))
    except KeyboardInterrupt:
        print("\ninterrupted")
    finally:
        sender.close()
    _summarise(outcomes, books, time.monotonic() - started)
    complete = len(outcomes) == len(plan.deliveries) and all(outcome.accepted for outcome in outcomes)
    return 0 if complete else 1


def _show(delivery: Delivery, outcomes: list[Outcome], total: int) -> None:
    last = outcomes[-1]
    text = f"{len(outcomes)}/{total} {_name(delivery.envelope)}"
    if not last.accepted:
        print(f"\r{text}: {last.status or 'no answer'} after {last.tries} tries {last.problem}".ljust(100))
    elif sys.stdout.isatty():
        print(f"\r{text}: {last.status} in {last.seconds * 1000:.0f} ms".ljust(100), end="", flush=True)
    elif len(outcomes) % 50 == 0:
        print(f"{text}: {last.status}", flush=True)


def _summarise(outcomes: list[Outcome], books: Books, seconds: float) -> None:
    answers = Counter(str(outcome.status or outcome.problem) for outcome in outcomes)
    accepted, tries = (sum(getattr(one, name) for one in outcomes) for name in ("accepted", "tries"))
    slowest = max((outcome.seconds for outcome in outcomes), default=0.0)
    print(f"\n{accepted} of {len(outcomes)} accepted in {seconds:.1f} s, {tries} tries")
    shares = ", ".join(f"{answer} x {count}" for answer, count in sorted(answers.items()))
    print(f"answers: {shares or 'none'}; slowest {slowest * 1000:.0f} ms")
    print(_due(books))


def _due(books: Books) -> str:
    refunded = sum(receipt.refunded for receipt in books.receipts)
    return f"Due: {len(books.receipts)} receipts, {books.total} tenge; {refunded} of them given back later."


def _name(envelope: dict[str, object]) -> str:
    return f"{envelope['resource']} {envelope['resource_id']} {envelope['status']}"


if __name__ == "__main__":
    sys.exit(main())
