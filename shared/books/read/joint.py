"""Finds records that Altegio joins in one visit: one payment may be for all, and name the first or only the visit."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import and_, select, union
from sqlalchemy.orm import Session, aliased

from shared.books.model import BookedSale
from shared.storage.models import Visit


@dataclass(frozen=True, slots=True)
class JointVisits:
    """Holds the records of visits, in their order, by salon and visit."""

    records: Mapping[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)

    @property
    def visit_ids(self) -> list[int]:
        return sorted({visit_id for _, visit_id in self.records})

    @property
    def groups(self) -> list[tuple[BookedSale, ...]]:
        """Returns the sales of each visit that has several."""
        return [
            tuple(BookedSale(company_id, record_id, None) for record_id in records)
            for (company_id, _), records in self.records.items()
            if len(records) > 1
        ]

    def name(self, company_id: int, record_id: int | None, document_id: int | None, visit_id: int | None) -> BookedSale:
        """Returns what a payment is for. A visit's payments name its document as well; the visit is what was sold."""
        if record_id is None and visit_id is not None:
            record_id = next(iter(self.records.get((company_id, visit_id), ())), None)
        return BookedSale(company_id, record_id, None if record_id is not None else document_id)


def find_joint_visits(session: Session, record_ids: Iterable[int], visit_ids: Iterable[int]) -> JointVisits:
    """Reads all records of the visits, and of those that the records belong to."""
    own = aliased(Visit)
    found = select(Visit.company_id, Visit.visit_id, Visit.record_id)
    is_same = and_(own.company_id == Visit.company_id, own.visit_id == Visit.visit_id)
    # Two questions in one, since no index answers where either may do.
    of_records = found.join(own, is_same).where(own.record_id.in_(list(record_ids)))
    of_visits = found.where(Visit.visit_id.in_(list(visit_ids)))
    query = union(of_records, of_visits).order_by("record_id")
    records: dict[tuple[int, int], list[int]] = defaultdict(list)
    for company_id, visit_id, record_id in session.execute(query):
        assert visit_id is not None
        records[company_id, visit_id].append(record_id)
    return JointVisits({key: tuple(numbers) for key, numbers in records.items()})
