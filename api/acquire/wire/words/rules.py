"""Lists what the worker and the webhook's inlet say of their decisions, and the words for it. Pure.

The first that fits counts, so what is longer stands before what it begins like. `tests/unit/api/acquire/test_reasons.py`
walks the sources of the worker and fails for a reason that is not here.
"""

from collections.abc import Sequence

from api.acquire.words.text import Text

_KNOWN = "payments of <known ₸> are known, the lines add up to <cost ₸>"
_BY_HAND = ": make its receipt by hand, or wait until everything is paid"

RULES: Sequence[tuple[str, Text]] = (
    # What holds another reason.
    ("return due: <why>", Text("A return is due: %(why)s")),
    ("withdrawn before it was sent: <why>", Text("The receipt was withdrawn before it was sent: %(why)s")),
    ("Webkassa refused this receipt before: <why>", Text("Webkassa refused this very receipt before: %(why)s")),
    ("gave up after <count> attempts: <why>", Text("Given up after %(count)s attempts: %(why)s")),
    ("gave up after <count> h: <why>", Text("Given up after %(count)s hours: %(why)s")),
    ("<why>; no receipt was issued", Text("%(why)s No receipt had been issued.")),
    ("<why>; the visit was paid at the desk", Text("%(why)s The visit was paid at the desk.")),
    (
        "<why>; whether <unclear ₸> of loyalty paid for it is unclear",
        Text("%(why)s It is unclear whether %(sum_unclear)s of loyalty paid for it."),
    ),
    ("<why>" + _BY_HAND, Text("%(why)s Make its receipt by hand, or wait until everything is paid.")),
    ("<why>, and Altegio does not call the visit paid", Text("%(why)s Altegio does not call the visit paid.")),
    # No receipt is due.
    ("the comment has no marker <marker>", Text("The comment lacks the salon's marker %(marker)s, so no receipt is due.")),
    ("receipts are issued from the payment page only", Text("This salon issues receipts from the payment page only.")),
    ("nothing was sold", Text("Nothing was sold: the visit has no lines.")),
    ("everything was free", Text("Everything was free, so no receipt is due.")),
    ("needs no receipt: paid <parts>", Text("No receipt is needed: paid %(parts)s.")),
    ("not a sale of goods", Text("This movement of goods is no sale.")),
    ("sold inside visit <id>, whose receipt shows it", Text("Sold inside visit %(id)s, whose receipt shows it.")),
    ("no sale document", Text("There is no sale document behind it.")),
    ("superseded by delivery <id>", Text("A newer delivery, %(id)s, tells of the same visit.")),
    ("superseded by a newer change of the same operation", Text("A newer change of the same payment was told.")),
    ("its money is on the receipt of the visit", Text("Its money is on the receipt of the visit.")),
    (
        "booked by us: what was taken at the desk is counted there",
        Text("Our own booking of what was taken at the desk, counted there."),
    ),
    ("a tip is no part of a sale", Text("A tip, which is no part of a sale.")),
    ("neither a payment of a client nor a refund", Text("Neither a client's payment nor a refund.")),
    ("not tied to a sale", Text("Money that is tied to no sale.")),
    ("no longer tied to a sale", Text("Money that is no longer tied to a sale.")),
    ("resource <name> is not about payments", Text("Altegio's message %(name)s is not about payments.")),
    ("event <name> is not about payments", Text("Altegio's event %(name)s is not about payments.")),
    ("status <name> is unknown", Text("Altegio's status %(name)s is not known here.")),
    ("the sale was cancelled", Text("The sale without a visit was cancelled.")),
    ("its payment was given back", Text("The payment of the sale without a visit was given back.")),
    ("no sale of the desk belongs to it", Text("No sale without a visit belongs to it.")),
    # A receipt exists.
    (
        "staff corrected how <total ₸> were paid, it now costs <cost ₸>",
        Text("Staff corrected how %(sum_total)s were paid, and the visit now costs %(sum_cost)s."),
    ),
    ("the receipt of this sale exists", Text("The receipt of this sale exists already.")),
    ("the receipt of this visit is issued", Text("The receipt of this visit is issued already.")),
    ("the receipt is on its way", Text("The receipt of this visit is on its way already.")),
    (
        "not marked as paid, but payments of <paid ₸> are in force",
        Text("Altegio does not call it paid, but payments of %(sum_paid)s are in force: the receipt stands."),
    ),
    (
        "the sale was returned; a new one is made on the payment page",
        Text("The sale was returned; a new one is made on the payment page."),
    ),
    (
        "the sale was returned, and the visit is called paid: take the payment on the payment page",
        Text("The sale was returned, and Altegio calls the visit paid: take the payment on the payment page."),
    ),
    # Something may follow.
    ("the receipt of a payment was withdrawn: decided anew", Text("The receipt of a payment was withdrawn: decided anew.")),
    ("payments of this visit may follow", Text("Waits a few seconds: payments of this visit may follow.")),
    ("payments of this sale may follow", Text("Waits a few seconds: payments of this sale may follow.")),
    ("more lines of this sale may follow", Text("Waits a few seconds: more lines of this sale may follow.")),
    ("what this payment is for may follow", Text("Waits a few seconds: what this payment is for may follow.")),
    # The payment is awaited.
    (
        "not paid in full yet: <paid ₸> of <cost ₸>, <prepaid ₸> of it with receipts",
        Text("Not paid in full yet: %(sum_paid)s of %(sum_cost)s, %(sum_prepaid)s of it with receipts."),
    ),
    ("not paid in full yet: <paid ₸> of <cost ₸>", Text("Not paid in full yet: %(sum_paid)s of %(sum_cost)s.")),
    ("not paid in full yet: <paid ₸>", Text("Not paid in full yet: %(sum_paid)s.")),
    ("not paid in full yet", Text("Not paid in full yet.")),
    ("Altegio knows of no payment yet", Text("Altegio knows of no payment yet.")),
    ("how was it paid? Choose on the payment page", Text("How it was paid is not known: choose on the payment page.")),
    (
        "<known ₸> of <cost ₸> are known; how was the rest paid? Choose on the payment page",
        Text("%(sum_known)s of %(sum_cost)s are known; how the rest was paid is not: choose on the payment page."),
    ),
    (
        "paid in full, but nothing is left to pay: was it a deposit or a certificate?",
        Text("Paid in full, but nothing is left to pay: was it a deposit or a certificate?"),
    ),
    (
        "paid <parts>: if its top-up had no receipt, make one on the payment page",
        Text("Paid %(parts)s: if the top-up had no receipt, make one on the payment page."),
    ),
    ("what was paid was given back", Text("What was paid was given back.")),
    # A person is asked.
    (
        "<taken ₸> were taken at the desk, the visit now costs <cost ₸>",
        Text("%(sum_taken)s were taken at the desk, the visit now costs %(sum_cost)s."),
    ),
    ("paid <paid ₸>, the visit now costs <cost ₸>", Text("Paid %(sum_paid)s, the visit now costs %(sum_cost)s.")),
    (
        "the receipt says <paid ₸>, the visit now costs <cost ₸>",
        Text("The receipt says %(sum_paid)s, the visit now costs %(sum_cost)s."),
    ),
    (
        "paid <paid ₸>, the visit now costs : <rest>",
        Text("Paid %(sum_paid)s, and what the visit costs now is unclear: %(rest)s"),
    ),
    (
        "the receipt says <paid ₸>, the visit now costs : <rest>",
        Text("The receipt says %(sum_paid)s, and what the visit costs now is unclear: %(rest)s"),
    ),
    ("paid <paid ₸>, the sale now costs <cost ₸>", Text("Paid %(sum_paid)s, the sale now costs %(sum_cost)s.")),
    (
        "the receipt says <paid ₸>, the sale now costs <cost ₸>",
        Text("The receipt says %(sum_paid)s, the sale now costs %(sum_cost)s."),
    ),
    (
        "the sale was changed when its earlier webhooks were kept no longer: compare it with its receipt",
        Text("The sale was changed when its earlier webhooks were kept no longer: compare it with its receipt."),
    ),
    ("<paid ₸> were paid, the visit has no lines", Text("%(sum_paid)s were paid, but the visit has no lines.")),
    (
        "<paid ₸> were paid for the document of visit <id>, which they do not name",
        Text("%(sum_paid)s were paid for the document of visit %(id)s, which they do not name."),
    ),
    (
        "<paid ₸> were paid for sale document <id>: what it sold is not known",
        Text("%(sum_paid)s were paid for sale document %(id)s: what it sold is not known."),
    ),
    (
        "<paid ₸> were paid for several records of the visit",
        Text("%(sum_paid)s were paid for several records of the visit."),
    ),
    (
        "<paid ₸> were paid, <here ₸> with a receipt were returned here, though Altegio has not given them back",
        Text("%(sum_paid)s were paid; %(sum_here)s with a receipt were returned here, and Altegio has not given them back."),
    ),
    ("<paid ₸> were paid, <back ₸> of it given back", Text("%(sum_paid)s were paid, %(sum_back)s of it given back.")),
    (
        "<paid ₸> were paid, the receipt says <said ₸>: <more ₸> have no receipt",
        Text("%(sum_paid)s were paid, the receipt says %(sum_said)s: %(sum_more)s have no receipt."),
    ),
    (
        "nothing is left to pay, and Altegio knows of no money",
        Text("Nothing is left to pay, and Altegio knows of no money."),
    ),
    ("<cost ₸> are due and Altegio knows of no money", Text("%(sum_cost)s are due, and Altegio knows of no money.")),
    (
        "<cost ₸> are due and no payment of this sale was told",
        Text("%(sum_cost)s are due, and no payment of this sale was told."),
    ),
    (
        f"{_KNOWN}: those of the whole visit, <whole ₸>, do not add up to its records",
        Text(
            "Payments of %(sum_known)s are known, the lines add up to %(sum_cost)s; those of the whole visit, %(sum_whole)s,"
            " do not add up to its records."
        ),
    ),
    (
        f"{_KNOWN}: was the rest a deposit, a certificate or bonuses?",
        Text("Payments of %(sum_known)s are known, the lines add up to %(sum_cost)s: was the rest a deposit or bonuses?"),
    ),
    (
        "payments add up to <paid ₸>, the lines to <cost ₸>",
        Text("Payments add up to %(sum_paid)s, the lines to %(sum_cost)s."),
    ),
    (
        "paid <parts>: how the deposit was paid is not known: make the receipt on the payment page",
        Text("Paid %(parts)s, and how the deposit was paid is not known: make the receipt on the payment page."),
    ),
    (
        "<paid ₸> were put on a client's account: the receipt of deposits is made by hand",
        Text("%(sum_paid)s were put on a client's account: this salon makes the receipts of deposits by hand."),
    ),
    (
        "<paid ₸> were put on a client's account without a document: make the receipt by hand",
        Text("%(sum_paid)s were put on a client's account without a document: make the receipt by hand."),
    ),
    # Money went back, or a visit.
    ("the record was deleted, it was paid at the desk", Text("The visit was deleted in Altegio, and was paid at the desk.")),
    (
        "the record was deleted, its payment was taken back",
        Text("The visit was deleted in Altegio and its payment taken back."),
    ),
    (
        "the record was deleted, <paid ₸> were paid for it before",
        Text("The visit was deleted in Altegio; %(sum_paid)s were paid for it before."),
    ),
    (
        "the record was deleted, payments of <kept ₸> are in force",
        Text("The visit was deleted in Altegio, but payments of %(sum_kept)s stand there."),
    ),
    (
        "the sale was deleted, payments of <kept ₸> are in force",
        Text("The sale was deleted in Altegio, but payments of %(sum_kept)s stand there."),
    ),
    ("the record was deleted", Text("The visit was deleted in Altegio.")),
    ("the sale was deleted", Text("The sale was deleted in Altegio.")),
    ("the record is no longer paid in full", Text("Altegio no longer calls the visit paid in full.")),
    ("the payment was taken back in Altegio", Text("The payment was taken back in Altegio.")),
    ("the payment was moved to visit <id> in Altegio", Text("The payment was moved to visit %(id)s in Altegio.")),
    (
        "what is paid for the other records of the visit leaves nothing for this one in Altegio",
        Text("What is paid for the other records of the visit leaves nothing for this one."),
    ),
    (
        "<back ₸> were given back in Altegio: the receipt says <said>, Altegio now says <told>",
        Text("%(sum_back)s were given back in Altegio: the receipt says %(said)s, Altegio now says %(told)s."),
    ),
    (
        "<back ₸> were given back in Altegio: the receipt says <said>",
        Text("%(sum_back)s were given back in Altegio: the receipt says %(said)s."),
    ),
    (
        "<missing ₸> less than was paid: the receipt says <said>, Altegio now says <told>",
        Text("%(sum_missing)s less than was paid: the receipt says %(said)s, Altegio now says %(told)s."),
    ),
    (
        "<missing ₸> less than was paid: the receipt says <said>",
        Text("%(sum_missing)s less than was paid: the receipt says %(said)s."),
    ),
    ("the receipt says <said>, Altegio now says <told>", Text("The receipt says %(said)s, Altegio now says %(told)s.")),
    # Payments and top-ups.
    ("payment noted", Text("A payment, noted.")),
    ("refund noted", Text("A refund, noted.")),
    ("payment taken back", Text("A payment that was taken back, noted.")),
    ("top-up noted", Text("Money put on a client's account, noted.")),
    ("top-up taken back", Text("Money put on a client's account was taken back, noted.")),
    ("the top-up was taken back", Text("The money put on a client's account was taken back.")),
    (
        "top-up noted: its account needs no receipt",
        Text("Money put on a client's account; where it is booked needs no receipt."),
    ),
    (
        "top-up noted: the receipt comes when it is spent",
        Text("Money put on a client's account: its receipt comes when it is spent."),
    ),
    # Altegio was asked.
    ("Altegio is asked again: <why>", Text("Altegio could not answer and is asked again: %(why)s")),
    ("Altegio could not be asked: <why>", Text("Altegio could not be asked: %(why)s")),
    ("asked again: <why>", Text("Altegio denies it and is asked again: %(why)s")),
    (
        "a forged body, or a record of somebody else: <why>",
        Text("Altegio denies it: a forged message, or a record of somebody else: %(why)s"),
    ),
    (
        "<why> for an hour: a forged body, or Altegio is behind itself",
        Text("For an hour: %(why)s A forged message, or Altegio is behind itself."),
    ),
    ("Altegio's answer is older than its webhook", Text("Altegio's answer is older than its message.")),
    (
        "Altegio's list lacks a payment that it has just told of",
        Text("Altegio's list lacks a payment that it has just told of."),
    ),
    (
        "Altegio's list has another sum of a payment than it has just told of",
        Text("Altegio's list has another sum of a payment than it has just told of."),
    ),
    ("unreadable answer: <count> field(s)", Text("Altegio's answer cannot be read, wrong fields: %(count)s.")),
    ("<why> yet: asked again", Text("%(why)s It is asked again.")),
    ("<why>: a forged body, or a token without the right", Text("%(why)s A forged message, or a token without the right.")),
    ("Altegio knows no such visit", Text("Altegio knows no such visit.")),
    ("Altegio knows no such sale", Text("Altegio knows no such sale.")),
    (
        "Altegio shows nothing of salon <id>, and nobody named it: if it is yours, <todo>",
        Text("Altegio shows nothing of salon %(id)s, and nobody named it. If it is yours: %(todo)s"),
    ),
    # The service itself.
    ("claimed <count> times without an end", Text("Taken in hand %(count)s times without coming to an end.")),
    ("the stored body cannot be read: <kind>", Text("The stored message cannot be read (%(kind)s).")),
    ("the resource is not supported", Text("Messages of this kind are not supported.")),
    (
        "no cashbox for salon <id>: <todo>, then replay",
        Text("No register is set up for salon %(id)s: %(todo)s, then replay."),
    ),
    ("cashbox <number> of salon <id> is disabled", Text("Register %(number)s of salon %(id)s is out of service.")),
    ("cashbox <number> is disabled", Text("Register %(number)s is out of service.")),
    ("the number <number> belongs to another receipt", Text("The number %(number)s belongs to another receipt.")),
    (
        "Webkassa has <theirs ₸> under <number>, we sent <ours ₸>",
        Text("Webkassa has %(sum_theirs)s under %(number)s, we sent %(sum_ours)s."),
    ),
    # The lines.
    ("lines add up to <lines ₸>, <due ₸> are due", Text("The lines add up to %(sum_lines)s, %(sum_due)s are due.")),
    (
        "lines add up to <lines ₸>, payments to <paid ₸>",
        Text("The lines add up to %(sum_lines)s, the payments to %(sum_paid)s."),
    ),
    (
        "<field>: <large ₸> is more than a receipt can hold",
        Text("%(field)s: %(sum_large)s is more than a receipt can hold."),
    ),
    ("<large ₸> is more than a receipt can hold", Text("%(sum_large)s is more than a receipt can hold.")),
    (
        "<field>.amount: <count> is more than a receipt can hold",
        Text("%(field)s: a count of %(count)s is more than a receipt can hold."),
    ),
    ("<field> costs less than nothing: <cost ₸>", Text("%(field)s costs less than nothing: %(sum_cost)s.")),
    ("<field> has no cost", Text("%(field)s has no price.")),
    ("no GTIN or NTIN of <names>", Text("These goods have no GTIN or NTIN: %(names)s.")),
    (
        "Altegio did not tell the id of <name>, <cost ₸>, and ids decide the VAT rate",
        Text("Altegio did not tell the id of %(name)s, %(sum_cost)s, and the VAT rate goes by ids."),
    ),
    # What Webkassa said, with the code that stands beside it.
    ("code <code>: <why>", Text("Webkassa says: %(why)s")),
    # The inlet.
    (
        "<field>: holds a value that no text or number column can keep",
        Text("%(field)s holds a value that cannot be stored."),
    ),
)

# What a receipt says, and what paid for a sale without one.
PARTS: Sequence[tuple[str, Text]] = (
    ("cash <x ₸>", Text("cash %(sum_x)s")),
    ("card <x ₸>", Text("card %(sum_x)s")),
    ("mobile <x ₸>", Text("mobile %(sum_x)s")),
    ("<x ₸> given back", Text("%(sum_x)s given back")),
    ("<x ₸> with a receipt for each payment", Text("%(sum_x)s with a receipt for each payment")),
    ("<x ₸> from the client's deposit", Text("%(sum_x)s from the client's deposit")),
    ("<x ₸> by certificate", Text("%(sum_x)s by certificate")),
    ("<x ₸> by membership", Text("%(sum_x)s by membership")),
    ("<x ₸> by bonuses", Text("%(sum_x)s by bonuses")),
    ("<x ₸> between bank accounts", Text("%(sum_x)s between bank accounts")),
    ("<x ₸> at a terminal that is a register itself", Text("%(sum_x)s at a terminal that is a register itself")),
)
