"""Names the ways of payment."""

from collections.abc import Mapping

from api.acquire.words.text import Text
from shared.fiscal.statuses import PaymentKind

KIND_LABELS: Mapping[str, Text] = {
    PaymentKind.CASH: Text("Cash"),
    PaymentKind.CARD: Text("Card"),
    PaymentKind.MOBILE: Text("Mobile"),
}
