"""Writes what an examination finds into the database, where the page of the service's health reads it."""

from collections.abc import Iterable
from dataclasses import asdict

from celery import Celery
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from shared.storage.models import HealthReport
from shared.storage.models.wire.health_report import Examined
from worker.entry.doctor.examine import examine_service, examine_vendors
from worker.entry.doctor.findings import Finding
from worker.services import Services


def report_service(services: Services, app: Celery) -> None:
    """Examines the service itself and keeps what was found."""
    _keep(services, Examined.SERVICE, examine_service(services, app))


def report_vendors(services: Services) -> None:
    """Asks Webkassa and Altegio and keeps what was found."""
    _keep(services, Examined.VENDORS, examine_vendors(services))


def _keep(services: Services, part: Examined, findings: Iterable[Finding]) -> None:
    """Found outside any transaction: vendors may take their time."""
    found = [{**asdict(finding), "level": str(finding.level)} for finding in findings]
    row = insert(HealthReport).values(part=part, findings=found, examined_at=func.now())
    with services.sessions.begin() as session:
        session.execute(
            row.on_conflict_do_update(
                index_elements=[HealthReport.part],
                set_={"findings": row.excluded.findings, "examined_at": row.excluded.examined_at},
            )
        )
