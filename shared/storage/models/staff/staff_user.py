from enum import StrEnum

from sqlalchemy import Boolean, ColumnElement, Integer, Text, func, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of


class StaffRole(StrEnum):
    """Names who may do what: a cashier takes payments and moves cash; a manager also returns, reports and repeats.

    `ops` look after the service: they see the wire and its health, and nothing of the desk. With `ops_replay` they also put
    deliveries back to work and may have personal data of one shown.
    """

    CASHIER = "cashier"
    MANAGER = "manager"
    OPS = "ops"
    OPS_REPLAY = "ops_replay"


# Whose sessions are as short as a manager's: they see more than a desk.
WIDE_ROLES = (StaffRole.MANAGER, StaffRole.OPS, StaffRole.OPS_REPLAY)


class StaffUser(Base):
    """Keeps an account of the payment page. Not Altegio's `staff`: that is the specialist.

    `name`: how colleagues call this person; pages show it, the login where there is none.

    `totp_sealed`: the secret of the second factor, sealed by `shared.storage.sealing`; `totp_step`: the half minute of the
    last code, so that none is used twice. `pin_hash`: of a manager's PIN, which approves on a cashier's screen.
    `password_is_temporary`: a manager was shown it; whoever signs in with it chooses another before anything else.
    `all_salons`: also those that come later; else the salons of its `staff_salons`. `failed_sign_ins` and `locked_until`: of
    the version before, which may run beside this one; `sign_in_attempts` counts now.
    """

    __tablename__ = "staff_users"

    login: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str] = mapped_column(Text)
    password_is_temporary: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    role: Mapped[str] = mapped_column(Text)
    totp_sealed: Mapped[str | None] = mapped_column(Text)
    totp_step: Mapped[int | None]
    pin_hash: Mapped[str | None] = mapped_column(Text)
    all_salons: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    disabled_at: Mapped[Moment | None]
    failed_sign_ins: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    locked_until: Mapped[Moment | None]
    updated_at: Mapped[Moment] = mapped_column(server_default=func.now())

    __table_args__ = (one_of("role", StaffRole),)

    @hybrid_property
    def shown_name(self) -> str:
        """Returns what a page calls this person."""
        return self.name or self.login

    @shown_name.inplace.expression
    @classmethod
    def _select_shown_name(cls) -> ColumnElement[str]:
        return func.coalesce(cls.name, cls.login)
