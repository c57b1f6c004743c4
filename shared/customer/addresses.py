"""Reads a customer's phone and e-mail into the form that Webkassa takes; what cannot be right is no address. Pure."""

import re

# Webkassa's own limit.
MAX_EMAIL = 50
_EMAIL = re.compile(
    r"[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
)
_LONGEST_PHONE = 40
_BETWEEN_DIGITS = re.compile(r"[\s()+.\-\u2010-\u2015]")
# Of a plus and another country's code: +84 is Vietnam, and 84 with nine more digits looks like an 8 of ours.
_ABROAD = re.compile(r"\s*\+\s*[^7\s]")


def read_email(text: str) -> str | None:
    """Returns an e-mail address of at most 50 plain characters; None for everything else."""
    email = text.strip()
    return email if len(email) <= MAX_EMAIL and _EMAIL.fullmatch(email) else None


def read_phone(text: str) -> str | None:
    """Returns +7XXXXXXXXXX, from +7…, 8… or ten digits; None for everything else."""
    if len(text) > _LONGEST_PHONE or _ABROAD.match(text):
        return None
    digits = _BETWEEN_DIGITS.sub("", text)
    if re.fullmatch(r"[0-9]{10}", digits):
        digits = "7" + digits
    return "+7" + digits[1:] if re.fullmatch(r"[78][0-9]{10}", digits) else None
