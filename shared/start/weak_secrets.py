"""Finds secrets that are too easy to guess. Pure: texts in, what is wrong with each out, and never a value."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, combinations, product

# Of the 64 letters that a URL may have, twelve are 72 bits: out of reach for whoever has to ask us about each guess.
SHORTEST = 12
# SECRET_KEY is tried offline by whoever has one signed cookie; below this it is only warned about.
SHORTEST_AT_EASE = 32
FEWEST_LETTERS = 6
HOW_TO = "`make secrets` writes good ones into .env; DEBUG=true is for trying things out."

_PLACEHOLDER = re.compile(r"change[-_ ]?me|^(your[-_ ].*|<.*>|placeholder.*)$", re.IGNORECASE)
# What is left of `Password-12345678` and `secret_secret_secret` without digits and signs.
_ONE_WORD = re.compile(r"(password|passwd|secret|qwerty|qwertyuiop|admin|letmein|example|default)+", re.IGNORECASE)
_UNFIT_FOR_A_PATH = re.compile(r"[^A-Za-z0-9._~-]")


def is_placeholder(value: str) -> bool:
    """Tells whether a value, or one of several with commas between them, is one that stands in for a real one."""
    return any(_PLACEHOLDER.search(part.strip()) for part in value.split(","))


def find_fault(secret: str) -> str | None:
    """Returns what makes a secret easy to guess, None where nothing does."""
    if is_placeholder(secret):
        return "is still a placeholder"
    if len(secret) < SHORTEST:
        return f"is shorter than {SHORTEST} characters"
    if len(set(secret)) < FEWEST_LETTERS:
        return f"has fewer than {FEWEST_LETTERS} different characters"
    if _ONE_WORD.fullmatch(re.sub(r"[\W\d_]", "", secret)):
        return "is one well-known word"
    return None


def find_fault_in_path(secret: str) -> str | None:
    """Returns the same for a secret that is a segment of an address."""
    return find_fault(secret) or (
        "has characters that an address cannot carry: letters, digits, . _ ~ - are safe"
        if _UNFIT_FOR_A_PATH.search(secret)
        else None
    )


def find_equal(ours: Mapping[str, Sequence[str]], others: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yields which settings share a secret of ours: whoever learns one would have the other."""
    for (one, its), (other, theirs) in chain(combinations(ours.items(), 2), product(ours.items(), others.items())):
        if set(its) & set(theirs):
            yield f"{one} and {other} are equal"
