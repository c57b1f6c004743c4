"""What can be due for what was sold, each with the words staff read. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from shared.fiscal.ledger import Movement
from shared.fiscal.statuses import PaymentKind


@dataclass(frozen=True, slots=True)
class IssueReceipt:
    """A receipt is due, paid as `payments` say. `is_assumed`: some of it only stands in for what Altegio has not told."""

    payments: dict[PaymentKind, Decimal]
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class IssueParts:
    """Each of these payments gets a receipt of its own, and the visit waits for the rest."""

    payments: tuple[Movement, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class AwaitPayment:
    """Staff may take a payment. `is_unsure`: Altegio itself could tell more than its webhooks do."""

    reason: str
    is_unsure: bool = False


@dataclass(frozen=True, slots=True)
class Ignore:
    reason: str


@dataclass(frozen=True, slots=True)
class AlreadyReceipted:
    """The receipt that exists says the same; the delivery joins it."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReturnDue:
    """Money of a receipt was taken back, or its visit: a manager decides, unless `is_paid_back` and the salon lets it.

    `is_paid_back`: payments were told, and none is in force any more.
    """

    reason: str
    is_paid_back: bool = False


@dataclass(frozen=True, slots=True)
class AskPerson:
    """Contradictory facts: no machine may choose between them. `code` is for filters."""

    code: str
    reason: str


Decision = IssueReceipt | IssueParts | AwaitPayment | Ignore | AlreadyReceipted | ReturnDue | AskPerson
# How a sale that has no receipt yet may be settled.
Settlement = IssueReceipt | AwaitPayment | AskPerson | Ignore
# What is due for a visit that is not paid in full.
OfParts = IssueParts | AwaitPayment | AskPerson
