"""Runs `python -m api.acquire.users`: decides who may open the payment page. Passwords are asked for, never arguments."""

import argparse
import getpass
import sys
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.acquire.access.auth import end_sessions, normalise_login
from api.acquire.access.passwords import MAX_PASSWORD, MIN_PASSWORD, hash_password
from shared.config import get_settings
from shared.storage.db import create_database_engine, create_session_factory
from shared.storage.models import StaffUser
from shared.storage.models.desk.staff_user import StaffRole
from shared.storage.trail import record_command

MAX_LOGIN = 64


class Mistake(Exception):
    """Raised where what was asked for cannot be done; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries out one command and returns the exit code: 1 for a mistake or a database that is away."""
    options = _read_arguments(arguments)
    engine = create_database_engine(get_settings(), pool_size=1)
    try:
        with create_session_factory(engine).begin() as session:
            _run(session, options)
    except Mistake as mistake:
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
    add.add_argument("--role", choices=[role.value for role in StaffRole], default=StaffRole.CASHIER.value)
    reset = commands.add_parser("reset", help="a new password; ends a lock-out and all sessions")
    for command in (add, reset):
        command.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    disable = commands.add_parser("disable", help="no more sign-ins; ends all sessions")
    enable = commands.add_parser("enable", help="may sign in again")
    for command in (add, reset, disable, enable):
        command.add_argument("login")
    commands.add_parser("list", help="everybody")
    return parser.parse_args(arguments)


def _run(session: Session, options: argparse.Namespace) -> None:
    """Raises Mistake."""
    match options.command:
        case "add":
            _add(session, _check_login(options.login), options.role, _read_password(options.password_stdin))
        case "reset":
            _reset(session, _get(session, options.login), _read_password(options.password_stdin))
        case "disable":
            _disable(session, _get(session, options.login))
        case "enable":
            _enable(session, _get(session, options.login))
        case "list":
            _list(session)


def _add(session: Session, login: str, role: str, password: str) -> None:
    added = session.scalar(
        insert(StaffUser)
        .values(login=login, role=role, password_hash=hash_password(password))
        .on_conflict_do_nothing(index_elements=[StaffUser.login])
        .returning(StaffUser.id)
    )
    if added is None:
        raise Mistake(f"{login} exists already: use reset for a new password")
    record_command(session, "user_added", f"staff {added}", role=role)
    print(f"added {login} ({role})")


def _reset(session: Session, user: StaffUser, password: str) -> None:
    user.password_hash = hash_password(password)
    user.failed_sign_ins, user.locked_until, user.updated_at = 0, None, func.now()
    end_sessions(session, user.id)
    record_command(session, "password_reset", f"staff {user.id}")
    print(f"{user.login} has a new password")


def _disable(session: Session, user: StaffUser) -> None:
    user.disabled_at, user.updated_at = func.now(), func.now()
    end_sessions(session, user.id)
    record_command(session, "user_disabled", f"staff {user.id}")
    print(f"disabled {user.login}")


def _enable(session: Session, user: StaffUser) -> None:
    user.disabled_at, user.failed_sign_ins, user.locked_until, user.updated_at = None, 0, None, func.now()
    record_command(session, "user_enabled", f"staff {user.id}")
    print(f"enabled {user.login}")


def _list(session: Session) -> None:
    for user in session.scalars(select(StaffUser).order_by(StaffUser.login)):
        state = "disabled" if user.disabled_at else "locked" if _is_locked(session, user) else "active"
        print(f"{user.login}\t{user.role}\t{state}")


def _is_locked(session: Session, user: StaffUser) -> bool:
    return bool(
        session.scalar(select(func.coalesce(StaffUser.locked_until > func.now(), False)).where(StaffUser.id == user.id))
    )


def _get(session: Session, login: str) -> StaffUser:
    user = session.scalar(select(StaffUser).where(StaffUser.login == normalise_login(login)).with_for_update())
    if user is None:
        raise Mistake(f"there is no {normalise_login(login)}")
    return user


def _check_login(login: str) -> str:
    login = normalise_login(login)
    if not login or len(login) > MAX_LOGIN or not login.isprintable() or " " in login:
        raise Mistake(f"a login is one word of up to {MAX_LOGIN} characters")
    return login


def _read_password(from_stdin: bool) -> str:
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != password:
            raise Mistake("the two are not the same")
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise Mistake(f"a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")
    return password


if __name__ == "__main__":
    sys.exit(main())
