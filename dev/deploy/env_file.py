"""`make secrets`, or `python3 -m dev.deploy.env_file`: a `.env` with strong secrets, by nothing but the standard library.

Only placeholders are replaced: what somebody filled in stays. Says what it did, and what is left for a person; no values.
"""

import os
import re
import secrets
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PLACEHOLDER = "change-me"
# Who else knows these: Webkassa and the name server. Nothing that is made up here would fit.
BY_HAND = (
    "SERVER_NAME",
    "WEBKASSA_API_URL",
    "WEBKASSA_API_TOKEN",
    "WEBKASSA_SHOP_ID",
    "WEBKASSA_LOGIN",
    "WEBKASSA_PASSWORD",
)
_LINE = re.compile(r"^([A-Z][A-Z0-9_]*)=(.*)$", re.MULTILINE)


def fill_in(text: str) -> tuple[str, list[str]]:
    """The text with a random value for each placeholder that is ours to choose, and the names of those."""
    made = []

    def replace(line: re.Match[str]) -> str:
        name, value = line.groups()
        if PLACEHOLDER not in value or name in BY_HAND:
            return line[0]
        made.append(name)
        # Hex goes into addresses, shells and connection strings as it is.
        return f"{name}={value.replace(PLACEHOLDER, secrets.token_hex(32))}"

    return _LINE.sub(replace, text), made


def list_left(text: str, example: str) -> Iterator[str]:
    """The names a person has to fill in: their values are those of the example."""
    values, examples = dict(_LINE.findall(text)), dict(_LINE.findall(example))
    return (name for name in BY_HAND if values.get(name) == examples[name])


def write(path: Path, text: str) -> None:
    """All of it or nothing, readable by its owner alone from the first byte on."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".env-", encoding="utf-8", delete=False) as file:
        file.write(text)
    Path(file.name).replace(path)


def main(folder: Path = ROOT) -> int:
    example = (folder / ".env.example").read_text("utf-8")
    path = (folder / ".env").resolve()
    exists = path.exists()
    text, made = fill_in(path.read_text("utf-8") if exists else example)
    if made or not exists:
        write(path, text)
    path.chmod(0o600)
    print(f".env: {'kept' if exists else 'made of .env.example'}, readable by {os.environ.get('USER') or 'its owner'} alone")
    print(f"random values for: {', '.join(made) or 'nothing, no placeholder was left'}")
    left = ", ".join(list_left(text, example))
    print(f"for you to fill in: {left}" if left else "complete")
    return 0


if __name__ == "__main__":
    sys.exit(main())
