"""Tries out what a manager asked for on the page of the set-up: the addresses of alerts, or Altegio's tokens."""

from dataclasses import dataclass

from sqlalchemy import func, update

from shared.config import Settings
from shared.logging import get_logger
from shared.storage.models import Trial
from shared.storage.models.service.trial import TrialKind, TrialState
from worker.alerts.sending import notify
from worker.alerts.wording import TEST, TITLE, say
from worker.rounds.missed_webhooks import find_salons
from worker.rounds.trials.altegio_access import find_problem, find_told_sale
from worker.services import Services

log = get_logger(__name__)

_MAX_TEXT = 500
_NO_SALON = "no salon is known yet"


@dataclass(frozen=True, slots=True)
class _Outcome:
    tried: int
    passed: int
    is_absent: bool = False
    error_text: str | None = None

    @property
    def state(self) -> TrialState:
        if self.is_absent:
            return TrialState.ABSENT
        return TrialState.PASSED if self.tried and self.tried == self.passed else TrialState.FAILED


def try_out(services: Services, trial_id: int) -> None:
    """Carries out a trial that is still open, and writes down what came of it."""
    with services.sessions() as session:
        trial = session.get(Trial, trial_id)
    if trial is None or trial.state != TrialState.REQUESTED:
        return
    outcome = _try_alerts(services.settings) if trial.kind == TrialKind.ALERTS else _try_altegio(services)
    values = {"state": outcome.state, "tried": outcome.tried, "passed": outcome.passed, "error_text": outcome.error_text}
    with services.sessions.begin() as session:
        session.execute(update(Trial).where(Trial.id == trial_id).values(**values, done_at=func.now()))
    log.info("tried out", kind=trial.kind, state=outcome.state, tried=outcome.tried, passed=outcome.passed)


def _try_alerts(settings: Settings) -> _Outcome:
    """The body says that it is a test; no address is named anywhere."""
    body = say(TEST, settings.alert_language)
    taken = [notify(address, TITLE, body) for address in settings.alert_addresses]
    return _Outcome(len(taken), sum(taken), is_absent=not taken)


def _try_altegio(services: Services) -> _Outcome:
    if services.altegio is None:
        return _Outcome(0, 0, is_absent=True)
    sessions, salons = services.sessions, find_salons(services.sessions, services.settings)
    if not salons:
        return _Outcome(0, 0, error_text=_NO_SALON)
    found = [
        find_problem(services.settings, services.altegio, company_id, find_told_sale(sessions, company_id))
        for company_id in salons
    ]
    problems = [problem[0] for problem in found if problem]
    return _Outcome(len(salons), len(salons) - len(problems), error_text=problems[0][:_MAX_TEXT] if problems else None)
