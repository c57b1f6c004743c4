"""`python -m dev.fuzz`: exit code 0 when every answer was right and nothing valid was lost; the seed repeats the cases."""

from dataclasses import dataclass
from pathlib import Path

import redis

from dev.demo.web import answers
from dev.fuzz.run import Fuzz, Report
from dev.harness import command
from dev.harness.command import option, run_suite, tell
from dev.harness.world import World


@dataclass(frozen=True, kw_only=True)
class Options(command.Options):
    cases: int = option(100_000, "mutated bodies (100000)")


def run(options: Options, folder: Path) -> Report:
    """One API process. No webhook here reaches Webkassa: nobody works on them."""
    with World(folder) as world:
        world.migrate()
        world.stack.start("api")
        report = Fuzz(
            world.stack, seed=options.seed, cases=options.cases, on_look=lambda now: look(now, world.redis.url)
        ).run()
        api = world.stack.children["api"]
        report.is_alive = api.running and answers(f"{world.stack.api_url}/health")
        report.errors = count_errors(api.log)
        return report


def look(report: Report, redis_url: str) -> None:
    """Nobody takes the messages, and those of a hundred thousand webhooks would fill the memory."""
    with redis.Redis.from_url(redis_url, socket_timeout=5) as broker:
        broker.delete("records")
    tell(f"{report.format_progress()}, failures {len(report.failures)}")


def count_errors(log: Path) -> int:
    """Nothing a stranger sends is worth a stack trace."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return sum('"level": "error"' in line or line.startswith("Traceback") for line in lines)


if __name__ == "__main__":
    run_suite("dev.fuzz", __doc__ or "", Options, run)
