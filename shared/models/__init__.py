"""Tables, one a file. States and the rules that make a double receipt impossible are constraints of the database."""

from shared.models.alert import Alert
from shared.models.alert_message import AlertMessage
from shared.models.altegio_look import AltegioLook
from shared.models.audit_event import AuditEvent
from shared.models.base import Base
from shared.models.cashbox import Cashbox
from shared.models.cashbox_licence import CashboxLicence
from shared.models.cashbox_order import CashboxOrder
from shared.models.checkout import Checkout
from shared.models.fiscalization_log import FiscalizationLog
from shared.models.payment_record import PaymentRecord
from shared.models.receipt import Receipt
from shared.models.replay import Replay
from shared.models.return_order import ReturnOrder
from shared.models.shift import Shift
from shared.models.staff_session import StaffSession
from shared.models.staff_user import StaffUser
from shared.models.visit import Visit
from shared.models.webhook_record import WebhookRecord

__all__ = [
    "Alert",
    "AlertMessage",
    "AltegioLook",
    "AuditEvent",
    "Base",
    "Cashbox",
    "CashboxLicence",
    "CashboxOrder",
    "Checkout",
    "FiscalizationLog",
    "PaymentRecord",
    "Receipt",
    "Replay",
    "ReturnOrder",
    "Shift",
    "StaffSession",
    "StaffUser",
    "Visit",
    "WebhookRecord",
]
