"""The processes of the service: their command lines, and the environment that is all they see."""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from dev.demo.state import CASHBOX, LOGIN, Secrets

ROOT = Path(__file__).resolve().parents[2]
_PYTHON = (sys.executable, "-m")
_CELERY = (*_PYTHON, "celery", "-A", "worker")

# What Flower shows of a task: its arguments are ids. Without results, which this service has none of.
FLOWER_OPTIONS = (
    "--persistent=True",
    "--save_state_interval=60000",
    "--max_tasks=2000",
    "--tasks_columns=name,uuid,state,args,received,started,runtime,retries,worker",
)
FLOWER_USER = "ops"

# Nothing else of the caller's environment reaches a child: an exported WEBKASSA_API_URL of the real
# service must never turn a sample visit into a real receipt.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "LD_LIBRARY_PATH")


def base_environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def service_environment(
    database_url: str, redis_url: str, webkassa_url: str, secrets: Secrets, extra: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Every variable the service needs. Given in full, and in a working folder without a `.env` file."""
    return {
        **base_environment(),
        # As in the images.
        "MALLOC_ARENA_MAX": "2",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "DEBUG": "false",
        "SECRET_KEY": secrets.application_key,
        "ALTEGIO_WEBHOOK_SECRET": secrets.webhook,
        "WEBKASSA_API_URL": webkassa_url,
        "WEBKASSA_API_TOKEN": secrets.webkassa_api_key,
        "WEBKASSA_SHOP_ID": CASHBOX,
        "WEBKASSA_LOGIN": LOGIN,
        "WEBKASSA_PASSWORD": secrets.webkassa_password,
        "WEBKASSA_VAT": "none",
        **(extra or {}),
    }


def migrate_command(*arguments: str) -> Sequence[str]:
    return (*_PYTHON, "alembic", "-c", str(ROOT / "alembic.ini"), *(arguments or ("upgrade", "head")))


def simulator_command(port: int, secrets: Secrets, state_file: Path) -> Sequence[str]:
    # `=`, since a random secret may begin with a dash.
    access = (f"--api-key={secrets.webkassa_api_key}", f"--login={LOGIN}", f"--password={secrets.webkassa_password}")
    flags = (f"--port={port}", *access, f"--cashbox={CASHBOX}", f"--state-file={state_file}")
    return (*_PYTHON, "dev.simulator.webkassa", *flags)


def api_command(port: int) -> Sequence[str]:
    server = ("--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop", "--http", "httptools")
    return (*_PYTHON, "uvicorn", "api.main:app", *server, "--no-access-log")


def worker_command(name: str = "worker", concurrency: int | None = None) -> Sequence[str]:
    """`concurrency`: slots; None for as many as the registers need."""
    slots = () if concurrency is None else ("--concurrency", str(concurrency))
    return (*_CELERY, "worker", "--pool", "threads", *slots, "--hostname", f"{name}@%h", "--loglevel", "INFO")


def flower_command(port: int, memory: Path) -> Sequence[str]:
    """Options as in docker-compose.yml. Its password comes with FLOWER_BASIC_AUTH."""
    where = ("--address=127.0.0.1", f"--port={port}", "--url_prefix=flower")
    return (*_CELERY, "flower", *where, *FLOWER_OPTIONS, f"--db={memory}")


def beat_command(schedule_file: Path) -> Sequence[str]:
    return (*_CELERY, "beat", "--schedule", str(schedule_file), "--loglevel", "INFO")
