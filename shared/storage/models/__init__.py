"""Describes the tables, one a file. States and the rules that make a double receipt impossible are constraints of them."""

from shared.storage.models.alerts.alert import Alert
from shared.storage.models.alerts.alert_message import AlertMessage
from shared.storage.models.altegio_look import AltegioLook
from shared.storage.models.base import Base
from shared.storage.models.cashbox import Cashbox
from shared.storage.models.cashbox_licence import CashboxLicence
from shared.storage.models.desk.audit_event import AuditEvent
from shared.storage.models.desk.cashbox_order import CashboxOrder
from shared.storage.models.desk.checkout import Checkout
from shared.storage.models.desk.return_order import ReturnOrder
from shared.storage.models.desk.staff_session import StaffSession
from shared.storage.models.desk.staff_user import StaffUser
from shared.storage.models.desk.visit import Visit
from shared.storage.models.fiscalization_log import FiscalizationLog
from shared.storage.models.goods.goods_code import GoodsCode
from shared.storage.models.goods.goods_line import GoodsLine
from shared.storage.models.loyalty_record import LoyaltyRecord
from shared.storage.models.payment_record import PaymentRecord
from shared.storage.models.receipt import Receipt
from shared.storage.models.replay import Replay
from shared.storage.models.round import Round
from shared.storage.models.shift import Shift
from shared.storage.models.webhook_address import WebhookAddress
from shared.storage.models.webhook_record import WebhookRecord
from shared.storage.models.write_back.desk_booking import DeskBooking
from shared.storage.models.write_back.operator_check import OperatorCheck
from shared.storage.models.write_back.visit_mark import VisitMark

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
    "DeskBooking",
    "FiscalizationLog",
    "GoodsCode",
    "GoodsLine",
    "LoyaltyRecord",
    "OperatorCheck",
    "PaymentRecord",
    "Receipt",
    "Replay",
    "ReturnOrder",
    "Round",
    "Shift",
    "StaffSession",
    "StaffUser",
    "Visit",
    "VisitMark",
    "WebhookAddress",
    "WebhookRecord",
]
