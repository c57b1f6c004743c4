"""Describes who is signed in, and the refusals of those who are not or may not."""

from dataclasses import dataclass

from api.acquire.access.audit import Doer
from api.acquire.access.salons import Salons
from shared.storage.models.staff.staff_user import WIDE_ROLES, StaffRole


class NotSignedIn(Exception):
    """Raised without a session, or with one that has ended."""


class NotAllowed(Exception):
    """Raised for somebody who is signed in where only managers may go."""


class MayNotReplay(NotAllowed):
    """Raised for somebody who may look at the wire, and no more."""


class NotForOps(Exception):
    """Raised for somebody who looks after the service where only those of the desk may go."""


class SecondFactorNeeded(Exception):
    """Raised for a manager, or ops, who has to set up a second factor before anything else."""


class PasswordIsTemporary(Exception):
    """Raised for somebody who has to choose a password of their own before anything else."""


class NotFound(Exception):
    """Raised where there is no such visit, receipt or return."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Describes a signed-in member of staff.

    `name` is how colleagues call them, `token` what the cookie holds, `address` where the request came from. Who has a
    temporary password was given it by a manager, and chooses another first.
    """

    id: int
    login: str
    name: str
    role: str
    token: str
    session_id: int
    salons: Salons
    has_second_factor: bool
    address: str | None
    has_temporary_password: bool = False

    @property
    def is_manager(self) -> bool:
        return self.role == StaffRole.MANAGER

    @property
    def is_ops(self) -> bool:
        return self.role in (StaffRole.OPS, StaffRole.OPS_REPLAY)

    @property
    def is_wide(self) -> bool:
        return self.role in WIDE_ROLES

    @property
    def may_replay(self) -> bool:
        """Whether they may put deliveries back to work, and see whose they are."""
        return self.role in (StaffRole.MANAGER, StaffRole.OPS_REPLAY)

    @property
    def doer(self) -> Doer:
        return Doer(self.id, self.address)
