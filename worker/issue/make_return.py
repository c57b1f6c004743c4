"""A manager's return order becomes a return receipt of its own number, or is refused with a reason."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import ReceiptKind, ReceiptState
from shared.logging import get_logger
from shared.storage.db import Executor, SessionFactory
from shared.storage.models import Cashbox, Checkout, HandBack, Receipt, ReturnOrder, Shift
from shared.storage.models.desk.return_order import ReturnState
from worker.decide.sell_anew import sell_anew
from worker.receipt.return_lines import Basis, CannotReturn, build_return
from worker.salon.customer.addressee import ADDRESS_FIELDS
from worker.salon.customer.clients import find_addresses, is_opted_out
from worker.salon.customer.outbox import repeat_messages

log = get_logger(__name__)


def make_return(sessions: SessionFactory, order_id: int) -> int | None:
    """The cashbox at which the return is due, None when there is nothing to do."""
    with sessions.begin() as session:
        order = session.get(ReturnOrder, order_id, with_for_update=True)
        if order is None or order.state != ReturnState.REQUESTED:
            return None
        sale = session.get_one(Receipt, order.receipt_id, with_for_update=True)
        try:
            receipt = _create_return(session, order, sale)
        except CannotReturn as problem:
            order.state, order.refusal = ReturnState.REFUSED, str(problem)
            log.warning("return refused", return_order_id=order_id, reason=str(problem))
            return None
        order.state, order.return_receipt_id = ReturnState.ACCEPTED, receipt.id
        log.info("return accepted", return_order_id=order_id, receipt_id=receipt.id)
        return receipt.cashbox_id


def _create_return(session: Session, order: ReturnOrder, sale: Receipt) -> Receipt:
    """Raises CannotReturn."""
    if sale.kind != ReceiptKind.SALE or sale.state != ReceiptState.ISSUED:
        raise CannotReturn("only an issued sale can be returned")
    earlier = session.scalars(select(Receipt).where(Receipt.basis_receipt_id == sale.id).order_by(Receipt.id)).all()
    counted = [receipt.request for receipt in earlier if receipt.state != ReceiptState.REJECTED]
    number = f"{sale.external_check_number}_r{len(earlier) + 1}"
    basis, cashbox = _describe_basis(sale), choose_cashbox(session, sale)
    draft = build_return(basis, counted, order.lines, number)
    receipt = Receipt(
        company_id=sale.company_id,
        cashbox_id=cashbox.id,
        kind=ReceiptKind.RETURN,
        record_id=sale.record_id,
        document_id=sale.document_id,
        external_check_number=number,
        basis_receipt_id=sale.id,
        staff_user_id=order.staff_user_id,
        total=draft.total,
        tax=draft.tax,
        request={**draft.request, "CashboxUniqueNumber": cashbox.unique_number, **_find_addresses(session, sale)},
        next_attempt_at=func.now(),
    )
    session.add(receipt)
    session.flush()
    repeat_messages(session, sale.id, receipt.id)
    if order.staff_user_id is not None and not order.is_correction:
        _plan_hand_backs(session, receipt)
    return receipt


def _plan_hand_backs(session: Session, receipt: Receipt) -> None:
    """What staff tick off. Nothing is given back where only the way of payment was wrong, or Altegio had it given back."""
    paid = read_paid(receipt.request).items()
    session.add_all(HandBack(return_receipt_id=receipt.id, kind=kind, amount=amount) for kind, amount in paid)


def _find_addresses(session: Session, sale: Receipt) -> dict[str, str]:
    """Those of the sale, as Webkassa took them; of a client who wants none any more only what staff typed."""
    told = {name: sale.request[name] for name in ADDRESS_FIELDS if name in sale.request}
    if not told:
        return {}
    typed, client = find_addresses(session, sale.company_id, sale.record_id, sale.document_id)
    if not is_opted_out(session, sale.company_id, client.id if client else None):
        return told
    return {name: value for name, value in told.items() if value in (typed.email, typed.phone)}


def _describe_basis(sale: Receipt) -> Basis:
    """All five facts of a return's basis come from the sale's answer; without them Webkassa refuses a return."""
    if not (sale.fiscal_number and sale.issued_at_text and sale.registration_number):
        raise CannotReturn("Webkassa's answer to the sale was incomplete: make the return in Webkassa's cabinet")
    return Basis(
        request=sale.request,
        total=sale.total,
        fiscal_number=sale.fiscal_number,
        issued_at_text=sale.issued_at_text,
        registration_number=sale.registration_number,
        offline_mode=bool(sale.offline_mode),
    )


def choose_cashbox(session: Session, sale: Receipt) -> Cashbox:
    """Returns the cashbox that returns a sale: its own, else the one that serves its salon now. Raises CannotReturn.

    Another register may return what this one sold, since the basis names it. But not one of another seller, and who the
    seller is only Z-reports tell: without them it is left to a person.
    """
    own = session.get_one(Cashbox, sale.cashbox_id)
    if own.enabled:
        return own
    other = _find_present(session, sale.company_id)
    if other is not None:
        seller = _find_seller(session, other.id)
        if seller is not None and seller == _find_seller(session, own.id):
            return other
    raise CannotReturn(f"cashbox {own.unique_number}, which sold it, is out of service: return it in Webkassa's cabinet")


def _find_present(session: Session, company_id: int) -> Cashbox | None:
    """A salon that had a cashbox of its own is never served by another's."""
    named = session.scalars(select(Cashbox).where(Cashbox.company_id == company_id)).all()
    if not named:
        named = session.scalars(select(Cashbox).where(Cashbox.company_id.is_(None))).all()
    present = [cashbox for cashbox in named if cashbox.enabled]
    return present[0] if len(present) == 1 else None


def _find_seller(session: Session, cashbox_id: int) -> str | None:
    """Returns IIN or BIN of the taxpayer, by the newest Z-report of the cashbox."""
    taxpayer = Shift.report["TaxPayerIN"].astext
    reported = select(taxpayer).where(Shift.cashbox_id == cashbox_id, func.coalesce(taxpayer, "") != "")
    return session.scalars(reported.order_by(Shift.opened_at.desc()).limit(1)).first()


def settle_basis(executor: Executor, sale_id: int) -> None:
    """After a return was issued: a sale that is returned in full may be made anew, and its payment counts no more."""
    columns = (Receipt.company_id, Receipt.record_id, Receipt.operation_id, Receipt.total)
    found = select(*columns).where(Receipt.id == sale_id).with_for_update()
    company_id, record_id, operation_id, total = executor.execute(found).one()
    given_back = executor.execute(
        select(func.coalesce(func.sum(Receipt.total), 0)).where(
            Receipt.basis_receipt_id == sale_id, Receipt.state == ReceiptState.ISSUED
        )
    ).scalar_one()
    if given_back != total:
        return
    executor.execute(update(Receipt).where(Receipt.id == sale_id).values(returned=True, return_due_reason=None))
    voided = None
    if operation_id is None:  # else of one payment alone: what staff took for the rest stands
        voided = executor.execute(
            update(Checkout)
            .where(Checkout.company_id == company_id, Checkout.record_id == record_id, Checkout.voided_at.is_(None))
            .values(voided_at=func.now())
            .returning(Checkout.id)
        ).scalar()
    sell_anew(executor, sale_id, voided)
