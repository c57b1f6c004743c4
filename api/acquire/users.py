"""Runs `python -m api.acquire.users`: decides who may open the payment page. Passwords are asked for, never arguments."""

import argparse
import getpass
import re
import sys
from collections.abc import Sequence
from functools import partial

from sqlalchemy import exists, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.acquire.access.hashing import hash_token
from api.acquire.access.salons import EVERYWHERE, Salons
from api.acquire.account.password_rules import find_weakness
from api.acquire.account.sign_in import normalise_login
from api.acquire.people import accounts
from api.acquire.people.accounts import Newcomer, check_login, describe_salons, find_salons
from api.acquire.salon.known import find_known_salons
from shared.config import get_settings
from shared.storage.db import create_database_engine, create_session_factory
from shared.storage.models import SignInAttempt, StaffUser
from shared.storage.models.staff.staff_user import StaffRole
from shared.storage.trail import record_command

ALL = "all"


class Mistake(Exception):
    """Raised where the command line itself makes no sense; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries out one command and returns the exit code: 1 for a mistake or a database that is away."""
    options = _read_arguments(arguments)
    engine = create_database_engine(get_settings(), pool_size=1)
    try:
        with create_session_factory(engine).begin() as session:
            _run(session, options)
    except (Mistake, accounts.Mistake) as mistake:
        print(mistake, file=sys.stderr)
        return 1
    except SQLAlchemyError as error:
        print(f"the database is not available: {type(error).__name__}", file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    return 0


def _read_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m api.acquire.users", description="Staff of the payment page.")
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("add", help="a new member of staff")
    add.add_argument("--name", help="how colleagues call them, as pages show it")
    add.add_argument("--role", choices=[role.value for role in StaffRole], default=StaffRole.CASHIER.value)
    rename = commands.add_parser("rename", help="how colleagues call them; without --name the login stands for them")
    rename.add_argument("--name", default="", help="as pages show it")
    role = commands.add_parser("role", help="says what they may do; ends all sessions")
    role.add_argument("--role", choices=[role.value for role in StaffRole], required=True)
    reset = commands.add_parser("reset", help="a new password; ends a lock-out and all sessions")
    for command in (add, reset):
        command.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    disable = commands.add_parser("disable", help="no more sign-ins; ends all sessions")
    enable = commands.add_parser("enable", help="may sign in again")
    salons = commands.add_parser("salons", help="says or changes to which salons somebody belongs; ends all sessions")
    for command in (add, salons):
        command.add_argument(
            "--company",
            action="append",
            metavar="ID",
            help=f"Altegio's id of a salon, or several with commas; once more for another; or {ALL}, which new accounts"
            " are of unless told otherwise",
        )
    lost = commands.add_parser("no-second-factor", help="the phone is lost: the password alone signs in; ends all sessions")
    for command in (add, rename, role, reset, disable, enable, salons, lost):
        command.add_argument("login")
    commands.add_parser("list", help="everybody")
    return parser.parse_args(arguments)


def _run(session: Session, options: argparse.Namespace) -> None:
    """Raises Mistake, accounts.Mistake."""
    if options.command == "list":
        _list(session)
    elif options.command == "add":
        _add(session, options)
    else:
        print(_change(session, _get(session, options.login), options))


def _add(session: Session, options: argparse.Namespace) -> None:
    salons = _read_salons(options.company) or EVERYWHERE
    login = check_login(options.login)
    password = _read_password(login, options.password_stdin)
    newcomer = Newcomer(login, options.name, options.role, salons, password)
    accounts.add(session, partial(record_command, session), newcomer)
    print(f"added {login} ({options.role})")
    if salons.are_all and len(find_known_salons(session)) > 1:
        print(f"{login} belongs to all salons: --company ID, or the command salons, says to which alone", file=sys.stderr)


def _change(session: Session, user: StaffUser, options: argparse.Namespace) -> str:
    """Carries out a command about one account and returns what is said of it."""
    record = partial(record_command, session)
    match options.command:
        case "rename":
            accounts.rename(record, user, options.name)
            return f"{user.login} is called {user.shown_name}"
        case "role":
            accounts.give_role(session, record, user, options.role)
            return f"{user.login} is a {options.role}"
        case "reset":
            accounts.reset(session, record, user, _read_password(user.login, options.password_stdin))
            return f"{user.login} has a new password"
        case "disable":
            accounts.disable(session, record, user)
            return f"disabled {user.login}"
        case "enable":
            accounts.enable(session, record, user)
            return f"enabled {user.login}"
        case "no-second-factor":
            accounts.take_second_factor(session, record, user)
            return f"{user.login} has no second factor"
        case _:
            salons = _read_salons(options.company)
            if salons is not None:
                accounts.place(session, record, user, salons)
            return f"{user.login} belongs to {describe_salons(salons or find_salons(session, user))}"


def _list(session: Session) -> None:
    for user in session.scalars(select(StaffUser).order_by(StaffUser.login)):
        state = "disabled" if user.disabled_at else "locked" if _is_locked(session, user) else "active"
        place = "" if user.all_salons else f"\t{describe_salons(find_salons(session, user))}"
        name = f"\t{user.name}" if user.name else ""
        print(f"{user.login}\t{user.role}\t{state}{place}{name}")


def _is_locked(session: Session, user: StaffUser) -> bool:
    is_locked = exists().where(SignInAttempt.login_hash == hash_token(user.login), SignInAttempt.locked_until > func.now())
    return bool(session.scalar(select(is_locked)))


def _get(session: Session, login: str) -> StaffUser:
    user = session.scalar(select(StaffUser).where(StaffUser.login == normalise_login(login)).with_for_update())
    if user is None:
        raise Mistake(f"there is no {normalise_login(login)}")
    return user


def _read_salons(typed: Sequence[str] | None) -> Salons | None:
    """None where nothing was said."""
    words = [word.strip() for part in typed or () for word in part.split(",") if word.strip()]
    if not words:
        return None
    if words == [ALL]:
        return EVERYWHERE
    if not all(re.fullmatch(r"[0-9]{1,18}", word) for word in words):
        raise Mistake(f"--company takes numbers of salons, or {ALL} alone")
    return Salons(frozenset(map(int, words)))


def _read_password(login: str, from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise Mistake("the two are not the same")
    weakness = find_weakness(login, password)
    if weakness is not None:
        raise Mistake(weakness.msgid % weakness.values)
    return password


if __name__ == "__main__":
    sys.exit(main())
