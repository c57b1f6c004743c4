"""Says where an issued receipt went: to Webkassa's own sending, and by the messages of ours."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from api.acquire.payment.known_address import hide_email, hide_phone
from api.acquire.words.text import Text
from shared.storage.models import CustomerMessage, Receipt
from shared.storage.models.customer.customer_message import MessageState

_CHANNELS = {"email": Text("e-mail"), "sms": Text("SMS"), "webhook": Text("the salon's own messages")}
_STATES = {
    MessageState.WAITING: Text("on its way by %(channel)s"),
    MessageState.SENDING: Text("on its way by %(channel)s"),
    MessageState.HANDED_OVER: Text("sent by %(channel)s"),
    MessageState.UNCERTAIN: Text("perhaps sent by %(channel)s"),
    MessageState.REFUSED: Text("not sent by %(channel)s"),
}


def list_sent(session: Session, receipt: Receipt) -> list[Text]:
    """Returns a few words for each way that the receipt took to its customer; none where it took none."""
    phone, email = receipt.request.get("CustomerPhone"), receipt.request.get("CustomerEmail")
    hidden = [hide_phone(str(phone)) if phone else "", hide_email(str(email)) if email else ""]
    told = [Text("sent by Webkassa to %(address)s", address=address) for address in hidden if address]
    messages = session.execute(
        select(CustomerMessage.channel, CustomerMessage.state)
        .where(CustomerMessage.receipt_id == receipt.id)
        .order_by(CustomerMessage.id)
    )
    for channel, state in messages:
        if state in _STATES and channel in _CHANNELS:
            told.append(Text(_STATES[MessageState(state)].msgid, channel=_CHANNELS[channel]))
    return told
