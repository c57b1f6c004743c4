"""Describes the tables, one a file. States and the rules that make a double receipt impossible are constraints of them."""

from shared.storage.models.alerts.alert import Alert
from shared.storage.models.alerts.alert_message import AlertMessage
from shared.storage.models.altegio_look import AltegioLook
from shared.storage.models.base import Base
from shared.storage.models.cashbox import Cashbox
from shared.storage.models.cashbox_licence import CashboxLicence
from shared.storage.models.customer.customer_message import CustomerMessage
from shared.storage.models.customer.customer_opt_out import CustomerOptOut
from shared.storage.models.day.book_day import BookDay
from shared.storage.models.day.book_finding import BookFinding
from shared.storage.models.day.cash_count import CashCount
from shared.storage.models.day.task_note import TaskNote
from shared.storage.models.desk.audit_event import AuditEvent
from shared.storage.models.desk.audit_link import AuditLink
from shared.storage.models.desk.cashbox_order import CashboxOrder
from shared.storage.models.desk.checkout import Checkout
from shared.storage.models.desk.desk_sale import DeskSale
from shared.storage.models.desk.hand_back import HandBack
from shared.storage.models.desk.return_order import ReturnOrder
from shared.storage.models.desk.visit import Visit
from shared.storage.models.fiscalization_log import FiscalizationLog
from shared.storage.models.goods.goods_code import GoodsCode
from shared.storage.models.goods.goods_line import GoodsLine
from shared.storage.models.loyalty_record import LoyaltyRecord
from shared.storage.models.paper.print_layout import PrintLayout
from shared.storage.models.paper.receipt_paper import ReceiptPaper
from shared.storage.models.payment_record import PaymentRecord
from shared.storage.models.receipt import Receipt
from shared.storage.models.replay import Replay
from shared.storage.models.round import Round
from shared.storage.models.service.backup import Backup
from shared.storage.models.service.changed_setting import ChangedSetting
from shared.storage.models.service.trial import Trial
from shared.storage.models.service.worker_sign import WorkerSign
from shared.storage.models.shift import Shift
from shared.storage.models.staff.sign_in_attempt import SignInAttempt
from shared.storage.models.staff.staff_device import StaffDevice
from shared.storage.models.staff.staff_recovery_code import StaffRecoveryCode
from shared.storage.models.staff.staff_salon import StaffSalon
from shared.storage.models.staff.staff_session import StaffSession
from shared.storage.models.staff.staff_user import StaffUser
from shared.storage.models.webhook_address import WebhookAddress
from shared.storage.models.webhook_record import WebhookRecord
from shared.storage.models.wire.health_report import HealthReport
from shared.storage.models.wire.replay_item import ReplayItem
from shared.storage.models.wire.replay_run import ReplayRun
from shared.storage.models.write_back.desk_booking import DeskBooking
from shared.storage.models.write_back.operator_check import OperatorCheck
from shared.storage.models.write_back.visit_mark import VisitMark

__all__ = [
    "Alert",
    "AlertMessage",
    "AltegioLook",
    "AuditEvent",
    "AuditLink",
    "Backup",
    "Base",
    "BookDay",
    "BookFinding",
    "CashCount",
    "Cashbox",
    "CashboxLicence",
    "CashboxOrder",
    "ChangedSetting",
    "Checkout",
    "CustomerMessage",
    "CustomerOptOut",
    "DeskBooking",
    "DeskSale",
    "FiscalizationLog",
    "GoodsCode",
    "GoodsLine",
    "HandBack",
    "HealthReport",
    "LoyaltyRecord",
    "OperatorCheck",
    "PaymentRecord",
    "PrintLayout",
    "Receipt",
    "ReceiptPaper",
    "Replay",
    "ReplayItem",
    "ReplayRun",
    "ReturnOrder",
    "Round",
    "Shift",
    "SignInAttempt",
    "StaffDevice",
    "StaffRecoveryCode",
    "StaffSalon",
    "StaffSession",
    "StaffUser",
    "TaskNote",
    "Trial",
    "Visit",
    "VisitMark",
    "WebhookAddress",
    "WebhookRecord",
    "WorkerSign",
]
