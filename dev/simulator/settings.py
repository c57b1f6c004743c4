"""What a simulator is started with, and which of it the control API may change while it runs."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError


class BadOrder(ValueError):
    """The control API was asked for something that does not exist or cannot be; the message names it."""


class Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    # Fields that stay as they were at the start, and fields that are never shown.
    fixed: ClassVar[frozenset[str]] = frozenset({"host", "port"})
    secret: ClassVar[frozenset[str]] = frozenset()

    host: str = "127.0.0.1"
    port: int = Field(0, ge=0, le=65_535)
    latency_ms: float = Field(0, ge=0)

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """All or nothing. Raises BadOrder or ValidationError."""
        fixed = sorted(self.fixed & set(changes))
        if fixed:
            raise BadOrder(f"{', '.join(fixed)}: only at the start")
        return type(self).model_validate({**self.model_dump(), **changes})

    def describe(self) -> dict[str, Any]:
        return self.model_dump(mode="json") | dict.fromkeys(self.secret, "***")

    @classmethod
    def from_arguments(cls, parser: argparse.ArgumentParser, arguments: Sequence[str] | None = None) -> Self:
        """Every field is an option of its own. Ends the program where one of them is wrong."""
        for name, field in cls.model_fields.items():
            option, kind = f"--{name.replace('_', '-')}", get_origin(field.annotation)
            if kind is tuple:
                parser.add_argument(option.removesuffix("es"), dest=name, action="append", help="may be repeated")
            elif kind is frozenset:
                parser.add_argument(option, type=_split, help="comma separated")
            elif field.annotation is bool:
                parser.add_argument(option, action=argparse.BooleanOptionalAction)
            elif kind is not dict:
                parser.add_argument(option, required=name == "port", help=f"default: {field.default}")
        given = {name: value for name, value in vars(parser.parse_args(arguments)).items() if value is not None}
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            parser.error(describe_problem(error))


def describe_problem(error: ValidationError) -> str:
    parts = (f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
    return "; ".join(parts)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
