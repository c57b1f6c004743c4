"""Says where a receipt goes: to what staff typed for it, else to what Altegio knows of the client. Pure."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from shared.altegio import Client
from shared.customer.addresses import read_email, read_phone
from worker.receipt.request import NO_DESK_DETAILS, DeskDetails

WEBKASSA, EMAIL, SMS, WEBHOOK = "webkassa", "email", "sms", "webhook"
# Of Webkassa's request. The taxpayer's number is not among them: a buyer needs it, and its control digit was checked.
ADDRESS_FIELDS = ("CustomerEmail", "CustomerPhone")


@dataclass(frozen=True, slots=True)
class Planned:
    """A message to be sent once the receipt is issued. `is_wish`: staff typed the address, for this receipt."""

    channel: str
    email: str | None
    phone: str | None
    is_wish: bool


@dataclass(frozen=True, slots=True)
class Addressed:
    """Holds where one receipt goes: `desk` with what Webkassa is told, and messages of our own."""

    desk: DeskDetails = NO_DESK_DETAILS
    client_id: int | None = None
    messages: tuple[Planned, ...] = ()


NOT_ADDRESSED = Addressed()


@dataclass(frozen=True, slots=True)
class Reachable:
    """Holds a customer's addresses, each one that may be used as it stands."""

    email: str | None = None
    phone: str | None = None


def read_client(client: Client | None) -> Reachable:
    """Returns what of a client's addresses is certainly well formed: another would cost the salon its receipt."""
    return Reachable(read_email(client.email), read_phone(client.told_phone)) if client else Reachable()


def address_receipt(
    receivers: Collection[str], client: Client | None, desk: DeskDetails = NO_DESK_DETAILS, *, opted_out: bool = False
) -> Addressed:
    """Returns where a receipt goes by the salon's choice. What was typed for it goes out also to one who opted out.

    An e-mail is not told to Webkassa, which would send one, where we send one ourselves.
    """
    known = read_client(client) if desk.to_client and not opted_out else Reachable()
    typed = Reachable(desk.customer_email, desk.customer_phone)
    told = typed
    if WEBKASSA in receivers:
        told = Reachable(typed.email or known.email, typed.phone or known.phone)
    details = replace(desk, customer_email=None if EMAIL in receivers else told.email, customer_phone=told.phone)
    planned = (plan_message(channel, known, typed) for channel in receivers)
    return Addressed(details, client.id if client else None, tuple(one for one in planned if one))


def plan_message(channel: str, known: Reachable, typed: Reachable) -> Planned | None:
    """Returns a message to what was typed, else to what is known, with no address that the channel does not need.

    None where it has nowhere to go, or is none of ours.
    """
    by_email, by_phone = channel in (EMAIL, WEBHOOK), channel in (SMS, WEBHOOK)
    is_wish = bool((by_email and typed.email) or (by_phone and typed.phone))
    to = typed if is_wish else known
    email, phone = to.email if by_email else None, to.phone if by_phone else None
    return Planned(channel, email, phone, is_wish) if email or phone else None
