"""Explains what went wrong, in plain words, and what to do about it: Webkassa's codes and our own. Pure."""

from dataclasses import dataclass

from api.acquire.words.text import Text


@dataclass(frozen=True, slots=True)
class Advice:
    """Says what is wrong and what to do. `retry_helps`: putting it back is worth a try once that was done."""

    what: Text
    todo: Text
    retry_helps: bool = True


CASHBOX_OFFLINE = "18"

_FIX_AND_RETRY = Text("Correct it in Webkassa's cabinet, then press Retry.")
_SUPPORT = Text("Show this page to whoever looks after the service, then press Retry.")

_ASK_FIRST = Text("Press Retry: Webkassa is asked first whether the receipt exists, so it cannot be issued twice.")
_VISIT_FIX = Text("Correct the visit in Altegio: the new version is taken up by itself.")

_LOGIN = Advice(
    Text("Webkassa did not accept the cashier's login or password."),
    Text("Whoever looks after the service has to correct them; receipts go out by themselves then."),
)
_KEY = Advice(
    Text("Webkassa denies access: the key may be wrong."),
    Text("Whoever looks after the service has to check it; receipts go out by themselves then."),
)
_ADDRESS = Advice(Text("There is no Webkassa at the address it is asked at."), _KEY.todo)

ADVICE = {
    "1": _LOGIN,
    "2": Advice(
        Text("Another program keeps ending our session at Webkassa."),
        Text("Give the service a cashier of its own in Webkassa's cabinet; receipts go out by themselves then."),
    ),
    "3": _LOGIN,
    "401": _KEY,
    "403": _KEY,
    "404": _ADDRESS,
    "4": Advice(
        Text("The cashier's account at Webkassa may not make receipts of this kind."),
        Text("Give the account the right in Webkassa's cabinet (staff, rights), then press Retry."),
    ),
    "5": Advice(
        Text("The cashier's account at Webkassa has no access to this cashbox."),
        Text("Give the account access to the cashbox in Webkassa's cabinet; receipts go out by themselves then."),
    ),
    "6": Advice(
        Text("Webkassa does not know this cashbox."),
        Text("The cashbox number, the address or the key is wrong. Have it corrected; receipts go out by themselves then."),
    ),
    "7": Advice(
        Text("The cashbox is blocked."),
        Text("Unblock it in Webkassa's cabinet or call Webkassa's support; receipts go out by themselves then."),
    ),
    "8": Advice(
        Text("There is not enough cash in the drawer for this operation."),
        Text("Put cash into the cashbox in Webkassa's cabinet, then repeat the operation."),
    ),
    "9": Advice(
        Text("Webkassa does not agree with the contents of the receipt."),
        Text("Read Webkassa's words below. Correct the visit in Altegio or call support, then press Retry."),
    ),
    "10": Advice(
        Text("The cashbox is not activated or its licence has ended."),
        Text("Prolong the licence in Webkassa's cabinet; receipts go out by themselves then."),
    ),
    "11": Advice(
        Text("The shift was open for over 24 hours and could not be closed."),
        Text("Close the shift in Webkassa's cabinet, then press Retry."),
    ),
    "14": Advice(
        Text("Webkassa says this receipt exists already, but does not show it."),
        Text("Look for the receipt in Webkassa's cabinet by the visit's number. Do not make another one."),
    ),
    "17": Advice(Text("Webkassa does not allow a discount or markup here."), _FIX_AND_RETRY),
    CASHBOX_OFFLINE: Advice(
        Text("The cashbox has had no connection to the tax service for over 72 hours."),
        Text("Nothing has to be done here: sales wait and go on by themselves. If it lasts, call Webkassa's support."),
    ),
    "20": Advice(Text("The date is earlier than the cashbox's registration."), _SUPPORT),
    "505": Advice(Text("Webkassa was not available for a long time."), Text("Press Retry.")),
    "not_believed": Advice(Text("Webkassa answered with the document of another sale."), _ASK_FIRST),
    "sum_mismatch": Advice(
        Text("The money taken and the price of the visit do not agree."),
        Text("Correct the visit or its payments in Altegio: the new version is taken up by itself."),
        retry_helps=False,
    ),
    "difference": Advice(
        Text("The visit was changed after its receipt was issued."),
        Text(
            "The exact words name both sums. What was paid and has no receipt needs one:"
            " return the receipt and make the sale anew, or restore the visit in Altegio."
        ),
        retry_helps=False,
    ),
    "paid_but_deleted": Advice(
        Text("The visit or sale was deleted in Altegio, but its payment stands there."),
        Text("If the money was given back, delete the payment in Altegio. If it was kept, restore the visit."),
        retry_helps=False,
    ),
    "money_without_lines": Advice(
        Text("Money was paid, but the visit or sale has no services and no goods."),
        Text("Put what was sold into Altegio, or take the payment back there: it is taken up by itself."),
        retry_helps=False,
    ),
    "no_money": Advice(
        Text("Altegio calls it paid, but knows of no money."),
        Text(
            "If money was taken, book it in Altegio or take it on the payment page."
            " If none was (a gift, wages, a certificate), no receipt is needed."
        ),
        retry_helps=False,
    ),
    "deposit": Advice(
        Text("The receipt for a client's deposit is made by hand."),
        Text(
            "Make it in Webkassa's cabinet, or, when the deposit is spent, on the payment page."
            " The settings page says how it can be made by itself."
        ),
        retry_helps=False,
    ),
    "part_payment": Advice(
        Text("A part of the visit was paid, and its record or sum is unsure."),
        Text("Correct the payment in Altegio, make its receipt in Webkassa's cabinet, or wait until all is paid."),
        retry_helps=False,
    ),
    "goods_without_code": Advice(
        Text("Goods of this sale have no code of the National Catalogue (GTIN or NTIN), and this salon wants one first."),
        Text("Write the code into the table on the settings page, or the barcode in Altegio, then press Retry."),
    ),
    "no_vat_rate": Advice(
        Text("The VAT rate is not known: the day is before the law's rates, or Altegio did not tell the id that decides."),
        Text("Make this receipt in Webkassa's cabinet, or have the VAT of the service set, then press Retry."),
    ),
    "not_in_altegio": Advice(
        Text("Altegio does not know this visit or sale."),
        Text("If it is there, press Retry. If nobody made it, show this page to whoever looks after the service."),
    ),
    "denied_by_altegio": Advice(
        Text("Altegio does not show us this visit, though it shows others."),
        Text("If it is there, press Retry. If nobody made it, show this page to whoever looks after the service."),
    ),
    "salon_not_named": Advice(
        Text("Altegio shows us nothing of this salon, and nobody set it up here."),
        Text("Whoever looks after the service has to name the salon; then press Retry."),
    ),
    "altegio_behind": Advice(
        Text("Altegio still shows an older state of the visit than it told us of."),
        Text("Press Retry later. If it lasts, show this page to whoever looks after the service."),
    ),
    "number_taken": Advice(
        Text("Another receipt already has the number of this visit."),
        Text("Show this page to whoever looks after the service. Do not make another receipt by hand."),
    ),
    "no_cashbox": Advice(
        Text("No cashbox is set up for this salon."),
        Text("Whoever looks after the service has to add the cashbox; then press Retry."),
    ),
    "too_large": Advice(Text("The sum is larger than a receipt can hold."), _VISIT_FIX, retry_helps=False),
    "negative_line": Advice(Text("A line of the visit costs less than nothing."), _VISIT_FIX, retry_helps=False),
    "no_price": Advice(Text("A line of the visit has no price."), _VISIT_FIX, retry_helps=False),
    "unreadable": Advice(Text("The message from Altegio could not be read."), _SUPPORT),
    "unprocessable": Advice(Text("The message from Altegio could not be processed."), _SUPPORT),
}

_REFUSED = Advice(
    Text("Webkassa refused the receipt."),
    Text("Read Webkassa's words below. If they do not help, call Webkassa's support; then press Retry."),
)
_NO_ANSWER = Advice(
    Text("Webkassa did not answer for a long time."),
    _ASK_FIRST,
)
_LOST = ("OutcomeUnknown", "WebkassaUnavailable", "DomainUnavailable", "TooManyRequests", "CashboxBusy", "-1")


def explain(code: str | None) -> Advice:
    """Returns the advice for the code of a delivery or a receipt; something sensible for codes nobody foresaw."""
    if code in ADVICE:
        return ADVICE[code]
    if code is None or code in _LOST or (len(code) == 3 and code.startswith("5")):
        return _NO_ANSWER
    return _REFUSED


_OUT_OF_SERVICE = Advice(
    Text("The cashbox that issued the receipt is out of service."),
    Text("Make the return in Webkassa's cabinet."),
    retry_helps=False,
)


def explain_refused_return(code: str | None, refusal: str | None) -> Advice | None:
    """Returns the advice for a return that Webkassa (`code`) or we (`refusal`) refused; None where its words are enough."""
    if code is not None:
        return explain(code)
    return _OUT_OF_SERVICE if refusal and "is out of service" in refusal else None


_GIVE_BACK = Text("Give the money back and make a return, or restore the visit in Altegio.")
_LOOK_FIRST = Text(
    "Find out whether the money was given back. Make a return only if it was; else restore the visit in Altegio."
)

# By how the reason of the worker begins, or what it holds: `worker.decide` says them, with the sums, for the exact words.
_RETURNS: tuple[tuple[str, Advice], ...] = (
    (
        "are in force",
        Advice(
            Text("The visit or sale was deleted in Altegio, but its payment stands there."),
            Text(
                "If the money was given back, make a return and delete the payment in Altegio."
                " If it was kept, restore the visit."
            ),
        ),
    ),
    ("was deleted", Advice(Text("The visit or sale was deleted in Altegio."), _LOOK_FIRST)),
    (
        "no longer paid in full",
        Advice(Text("Altegio no longer calls the visit paid, and has told of no payment."), _LOOK_FIRST),
    ),
    ("was taken back in Altegio", Advice(Text("The payment was taken back in Altegio."), _GIVE_BACK)),
    (
        "was moved to visit",
        Advice(
            Text("The payment was moved to another visit in Altegio."),
            Text("If that is right, make a return here: the other visit gets its own receipt. Else move the payment back."),
        ),
    ),
    (
        "were given back in Altegio",
        Advice(
            Text("Altegio says that money was given back."),
            Text("Make a return of the sum that was given back: the exact words name it."),
        ),
    ),
    (
        "leaves nothing for this one",
        Advice(
            Text("The payment of the whole visit is smaller than the receipts of its records."),
            Text("If money was given back, make a return of that part; else correct the payment in Altegio."),
        ),
    ),
    (
        "less than was paid",
        Advice(
            Text("The payment in Altegio is smaller than the receipt."),
            Text("If money was given back, make a return of that part; else correct the payment in Altegio."),
        ),
    ),
    (
        "the receipt says",
        Advice(
            Text("Altegio now names another way of payment than the receipt."),
            Text("If the receipt is wrong, return it and take the payment anew; else correct the payment in Altegio."),
        ),
    ),
)
_ANY_RETURN = Advice(Text("The payment or the visit was changed in Altegio after the receipt was issued."), _LOOK_FIRST)


def advise_return(reason: str | None) -> Advice:
    """Says what is behind a return that is due, and what to do: what is uncertain is never called money given back."""
    return next((advice for words, advice in _RETURNS if reason and words in reason), _ANY_RETURN)


def explain_return_due(reason: str | None) -> Text:
    """Returns why a return is due, in plain words; `reason` is `receipts.return_due_reason`."""
    return advise_return(reason).what
