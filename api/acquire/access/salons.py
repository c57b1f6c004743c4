"""Says whose rows a member of staff may see: every query of the payment page asks for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, true


@dataclass(frozen=True, slots=True)
class Salons:
    """Holds the salons that somebody belongs to, by Altegio's company ids; None for all of them, those to come too."""

    companies: frozenset[int] | None

    @classmethod
    def of(cls, companies: Iterable[int] | None, *, everywhere: bool) -> "Salons":
        """Returns the scope of an account: all salons where it says so, else those of its rows, which may be none."""
        return cls(None if everywhere else frozenset(companies or ()))

    @property
    def are_all(self) -> bool:
        return self.companies is None

    def allow(self, company_id: Any) -> ColumnElement[bool]:
        """Returns the condition that a row is of one of these salons, for the column that names its salon."""
        return true() if self.companies is None else company_id.in_(sorted(self.companies))

    def include(self, company_id: int | None) -> bool:
        """Says whether a row of this salon may be seen; one that names none only by those who belong to all."""
        return self.companies is None or company_id in self.companies


EVERYWHERE = Salons(None)
