"""What went wrong, in plain words, and what to do about it: Webkassa's codes and our own. Pure."""

from dataclasses import dataclass

from api.acquire.words.text import Text


@dataclass(frozen=True, slots=True)
class Advice:
    """`retry_helps`: putting it back is worth a try once the advice was followed."""

    what: Text
    todo: Text
    retry_helps: bool = True


CASHBOX_OFFLINE = "18"

_FIX_AND_RETRY = Text("Correct it in Webkassa's cabinet, then press Retry.")
_SUPPORT = Text("Show this page to whoever looks after the service, then press Retry.")

_VISIT_FIX = Text("Correct the visit in Altegio: the new version is taken up by itself.")

ADVICE = {
    "1": Advice(
        Text("Webkassa did not accept the cashier's login or password."),
        Text("Whoever looks after the service has to correct them; then press Retry."),
    ),
    "4": Advice(
        Text("The cashier's account at Webkassa may not make receipts of this kind."),
        Text("Give the account the right in Webkassa's cabinet (staff, rights), then press Retry."),
    ),
    "5": Advice(
        Text("The cashier's account at Webkassa has no access to this cashbox."),
        Text("Give the account access to the cashbox in Webkassa's cabinet, then press Retry."),
    ),
    "6": Advice(
        Text("Webkassa does not know this cashbox."),
        Text("The cashbox number, the address or the key in the settings is wrong. Have it corrected, then press Retry."),
    ),
    "7": Advice(
        Text("The cashbox is blocked."),
        Text("Unblock it in Webkassa's cabinet or call Webkassa's support, then press Retry."),
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
        Text("Prolong the licence in Webkassa's cabinet, then press Retry."),
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
    "sum_mismatch": Advice(
        Text("The money taken and the price of the visit do not agree."),
        Text("Correct the visit or its payments in Altegio: the new version is taken up by itself."),
        retry_helps=False,
    ),
    "difference": Advice(
        Text("The visit was changed after its receipt was issued."),
        Text(
            "Compare the receipt with the visit. Make a return if the receipt is wrong; else restore the visit in Altegio."
        ),
        retry_helps=False,
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
    Text("Press Retry: Webkassa is asked first whether the receipt exists, so it cannot be issued twice."),
)
_LOST = ("OutcomeUnknown", "WebkassaUnavailable", "DomainUnavailable", "TooManyRequests", "CashboxBusy", "-1")


def explain(code: str | None) -> Advice:
    """By the code of a delivery or a receipt; something sensible for codes nobody foresaw."""
    if code in ADVICE:
        return ADVICE[code]
    if code is None or code in _LOST or (len(code) == 3 and code.startswith("5")):
        return _NO_ANSWER
    return _REFUSED


_REASONS = {
    "the record was deleted": Text("The visit was deleted in Altegio."),
    "the record is no longer paid in full": Text("The payment was taken back in Altegio."),
    "the payment was taken back in Altegio": Text("The payment was taken back in Altegio."),
    "the sale was deleted": Text("The sale was deleted in Altegio."),
}
_OTHER_PAYMENTS = "the receipt says"


def explain_return_due(reason: str | None) -> Text:
    if reason and reason.startswith(_OTHER_PAYMENTS):
        return Text(
            "Altegio now names other payments than the receipt. If it is wrong, return it and take the payment anew."
        )
    return _REASONS.get(reason or "", Text("The payment or the visit was removed in Altegio after the receipt was issued."))
