from sqlalchemy import Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class AltegioLook(Base):
    """Keeps how far a salon's changes are known: everything changed before `looked_until` was asked for at Altegio.

    What changed before `began_at` is not the bridge's business.
    `next_look_at` is also the claim of whoever is looking: it is put off before the first question.

    `what`: `records` or `transactions`, which have rights of their own; `hooks` for the last look at the hook settings.
    """

    __tablename__ = "altegio_looks"

    company_id: Mapped[int]
    what: Mapped[str] = mapped_column(Text)
    began_at: Mapped[Moment] = mapped_column(server_default=func.now())
    looked_until: Mapped[Moment]
    next_look_at: Mapped[Moment] = mapped_column(server_default=func.now())

    __table_args__ = (UniqueConstraint("company_id", "what"),)
