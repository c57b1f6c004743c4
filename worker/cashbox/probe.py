"""The probe of a paused cashbox: it is asked for its status before the oldest receipt is tried."""

from sqlalchemy import bindparam, exists, func, select

from shared.fiscal.statuses import OPEN_RECEIPT_STATES, CallOutcome
from shared.logging import get_logger
from shared.storage.db import begin, open_alone
from shared.storage.models import Cashbox, Receipt
from shared.storage.statements import table_of
from worker.cashbox.calls import CLIENT_INFO, close_log, open_log, outcome_of
from worker.cashbox.claim import CashboxClaim
from worker.cashbox.failures import note_recovery, rest_or_pause, tell_breaker
from worker.services import Services
from worker.webkassa.errors import RegisterRefused, WebkassaError

log = get_logger(__name__)

_cashboxes, _receipts = table_of(Cashbox).c, table_of(Receipt).c
# Asked at every turn. Beside the number: whether a receipt is due there.
_FIND_PAUSED = select(
    _cashboxes.unique_number,
    exists().where(
        _receipts.cashbox_id == _cashboxes.id,
        _receipts.state.in_(OPEN_RECEIPT_STATES),
        _receipts.next_attempt_at <= func.now(),
    ),
).where(_cashboxes.id == bindparam("cashbox"), _cashboxes.paused_since.is_not(None))


def is_well(services: Services, claim: CashboxClaim) -> bool:
    """Whether receipts may be tried. A cashbox that is not paused is not asked; one that still refuses stays paused.

    What else goes wrong with the question decides nothing: the oldest receipt is the probe then.
    """
    with open_alone(services.sessions) as connection:
        found = connection.execute(_FIND_PAUSED, {"cashbox": claim.cashbox_id}).one_or_none()
    return found is None or _probe(services, claim, found[0], is_waiting=found[1])


def _probe(services: Services, claim: CashboxClaim, number: str, *, is_waiting: bool) -> bool:
    with begin(services.sessions) as connection:
        log_id = open_log(connection, CLIENT_INFO, claim.cashbox_id, {"CashboxUniqueNumber": number})
    try:
        info = services.clients.open(claim.cashbox_id).client_info(number)
    except WebkassaError as error:
        rest_or_pause(services, claim, error, is_outage=tell_breaker(services.breaker, claim.cashbox_id, error))
        with begin(services.sessions) as connection:
            close_log(connection, log_id, outcome_of(error), error=error)
        log.warning("cashbox probed", cashbox_id=claim.cashbox_id, error=type(error).__name__, code=error.code)
        return not isinstance(error, RegisterRefused) and not claim.rest_seconds
    with begin(services.sessions) as connection:
        close_log(connection, log_id, CallOutcome.ISSUED, response=info)
        # What stopped is still to be tried: only that shows whether the pause is over.
        if not is_waiting:
            note_recovery(connection, claim.cashbox_id)
    return True
