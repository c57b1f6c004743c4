"""What Altegio itself says of a sale, asked just before something fiscal is done: the body of a webhook is only a hint.

Altegio signs nothing, so whoever knows the address can post anything, and what it posts itself may be old by now. Where the
tokens lack a right the webhooks have to do: refused rights are a matter of configuration, told to a person, and no reason to
withhold a receipt.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.altegio import FinanceOperation, GoodsOperation, Record
from shared.storage.db import SessionFactory, read_clock
from worker.altegio.client import AltegioClient
from worker.altegio.errors import DeniedAlone, NoRights, NotFound
from worker.altegio.loyalty import Loyalty
from worker.decide.known.reading import Reader, is_paid_by
from worker.decide.sales import Subject


@dataclass(frozen=True, slots=True)
class Facts:
    """`record` or `goods` None: Altegio has no such visit or sale. `payments` None: not to be read, webhooks stand.

    `visit_id`: the payments are those of all records of that visit; `siblings`: these records, where there are others.
    `spent`: what paid and is no money; None where that was not read. `owner`: the record whose document was asked for as
    a sale of its own. `denied`: nothing could be read at all.
    """

    read_at: datetime
    record: Record | None = None
    goods: tuple[GoodsOperation, ...] | None = None
    payments: tuple[FinanceOperation, ...] | None = None
    visit_id: int | None = None
    siblings: tuple[Record, ...] = ()
    spent: tuple[Loyalty, ...] | None = None
    owner: int | None = None
    denied: bool = False

    @property
    def is_ledger_read(self) -> bool:
        return self.payments is not None


class NeedsFacts(Exception):
    """The decision made so far would do something fiscal: ask Altegio first, outside any transaction."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(str(subject))
        self.subject = subject


def demand_facts(altegio: AltegioClient | None, subject: Subject, facts: Facts | None) -> None:
    """Raises NeedsFacts where Altegio can be asked and was not yet."""
    if facts is None and altegio is not None:
        raise NeedsFacts(subject)


def read_facts(sessions: SessionFactory, client: AltegioClient, subject: Subject) -> Facts:
    """Raises AltegioError when Altegio cannot tell now, ValueError when it tells nothing readable."""
    read_at, reader = read_clock(sessions), Reader(sessions, client, subject.company_id)
    try:
        return _read_visit(reader, subject.record_id, read_at) if subject.record_id else _read_sale(reader, subject, read_at)
    except NotFound:
        return Facts(read_at, payments=_read_payments_left(reader, subject))
    except NoRights as error:
        if subject.record_id and reader.is_shown_others(subject.record_id, read_at):
            raise DeniedAlone(f"{error.text}; other records of the salon are shown") from None
        reader.tell_rights(error)
        return Facts(read_at, denied=True)


def _read_payments_left(reader: Reader, subject: Subject) -> tuple[FinanceOperation, ...] | None:
    """A visit that is gone may leave its payments behind; of a document nothing can be asked then."""
    return reader.read_ledger(record_id=subject.record_id) if subject.record_id else None


def _read_visit(reader: Reader, record_id: int, read_at: datetime) -> Facts:
    """A common visit costs one call: more is asked only where the payments beside it do not explain what it costs."""
    data = reader.get_record(record_id)
    record = Record.model_validate(data)
    embedded = reader.read_embedded(data, record_id)
    payments, visit_id = embedded, None
    if embedded is None or not is_paid_by(record, embedded):
        payments, visit_id = reader.read_ledger_of_visit(record_id, record, embedded)
    if payments is None:
        return Facts(read_at, record=record)
    payments, spent = reader.read_document_of_visit(record_id, record, data, payments)
    siblings = reader.read_siblings(record_id, record, payments, spent)
    return Facts(read_at, record=record, payments=payments, visit_id=visit_id, siblings=siblings, spent=spent)


def _read_sale(reader: Reader, subject: Subject, read_at: datetime) -> Facts:
    assert subject.document_id is not None
    sale = reader.read_sale(subject.document_id)
    return Facts(read_at, goods=sale.goods, payments=sale.payments, spent=sale.spent, owner=sale.owner)
