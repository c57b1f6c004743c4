"""Two accounts for the payment page, made by the same command as real ones."""

import secrets
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.demo.children import users_command
from dev.demo.servers import recall
from dev.demo.visit import DemoFailed

# Read aloud and typed on a tablet without mistakes.
_LETTERS = "abcdefghkmnpqrstuvwxyz"
_SECONDS = 30.0


@dataclass(frozen=True)
class Account:
    login: str
    name: str
    role: str
    password: str


def recall_accounts(folder: Path) -> list[Account]:
    """Returns a manager and a cashier with the passwords of this folder, made up the first time."""
    people = (("manager", "Динара", "manager"), ("cashier", "Айгерим", "cashier"))
    return [Account(*who, recall(folder / f"{who[0]}-password", _make_password)) for who in people]


def add_accounts(accounts: Sequence[Account], environment: Mapping[str, str], folder: Path) -> None:
    """Adds those that the database does not have yet. Raises DemoFailed."""
    for account in accounts:
        wanted = ("--name", account.name, "--role", account.role, "--password-stdin", account.login)
        done = subprocess.run(
            users_command("add", *wanted),
            env=dict(environment),
            cwd=folder,
            input=account.password + "\n",
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode != 0 and "exists already" not in done.stderr:
            raise DemoFailed("api", f"the account {account.login} was not made: {done.stderr.strip()}")


def _make_password() -> str:
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
