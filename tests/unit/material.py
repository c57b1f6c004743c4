"""What many unit tests are made of: payload files, records, drafts."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from shared.altegio import Record
from shared.config import Settings
from shared.fiscal.statuses import PaymentKind
from worker.receipt.lines import ReceiptDraft, build_draft, build_record_lines
from worker.receipt.vat import RateOf
from worker.webkassa.client import Credentials

PAYLOADS = Path(__file__).parent.parent / "payloads"
ALTEGIO = PAYLOADS / "altegio"
WEBKASSA = PAYLOADS / "webkassa"


def load_expected() -> dict[str, dict[str, Any]]:
    expected: dict[str, dict[str, Any]] = json.loads((ALTEGIO / "expected.json").read_text())
    return expected


def list_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.json") if path.name != "expected.json")


def make_credentials(settings: Settings) -> Credentials:
    """The environment's own."""
    return Credentials(
        login=settings.webkassa_login,
        password=settings.webkassa_password.get_secret_value(),
        api_token=settings.webkassa_api_token.get_secret_value(),
    )


def make_record(**fields: Any) -> Record:
    """A paid visit of one service for 4000 tenge, with changes."""
    return Record.model_validate({"id": 1, "paid_full": 1, "services": [{"title": "Стрижка", "cost": 4000}], **fields})


def make_draft(
    *services: dict[str, Any],
    goods: tuple[dict[str, Any], ...] = (),
    kind: PaymentKind = PaymentKind.CARD,
    vat: int | None = None,
) -> ReceiptDraft:
    """What those lines become when all of it is paid in one way."""
    lines = build_record_lines(make_record(services=list(services), goods_transactions=list(goods)))
    return build_draft(lines, {kind: sum((line.total for line in lines), Decimal(0))}, flat(vat))


def flat(rate: int | None) -> RateOf:
    """One rate for every line."""
    return lambda _: rate
