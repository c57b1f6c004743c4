"""Names what staff are told about a visit's payment: one state, one colour, a few plain words. Pure."""

from enum import StrEnum

from api.acquire.words.text import Text


class VisitState(StrEnum):
    """Names where a visit's payment and receipt stand, of all that the tables know the one thing staff need."""

    AWAITING = "awaiting"
    QUEUED = "queued"
    SENDING = "sending"
    ISSUED = "issued"
    ATTENTION = "attention"
    RETURN_DUE = "return_due"
    RETURNED = "returned"
    DELETED = "deleted"
    NOT_NEEDED = "not_needed"


LABELS = {
    VisitState.AWAITING: Text("Awaiting payment"),
    VisitState.QUEUED: Text("Queued"),
    VisitState.SENDING: Text("At Webkassa"),
    VisitState.ISSUED: Text("Receipt issued"),
    VisitState.ATTENTION: Text("Needs attention"),
    VisitState.RETURN_DUE: Text("Return due"),
    VisitState.RETURNED: Text("Returned"),
    VisitState.DELETED: Text("Deleted"),
    VisitState.NOT_NEEDED: Text("No receipt needed"),
}

EXPLANATIONS = {
    VisitState.AWAITING: Text("Nothing was paid yet."),
    VisitState.QUEUED: Text("The payment is saved. The receipt waits for its turn at the cashbox."),
    VisitState.SENDING: Text("The payment is saved. Webkassa is making the receipt."),
    VisitState.ISSUED: Text("The receipt is issued."),
    VisitState.ATTENTION: Text("The payment is saved, but the receipt is not issued: a person is needed."),
    VisitState.RETURN_DUE: Text("The payment or the visit was removed in Altegio after the receipt was issued."),
    VisitState.RETURNED: Text("The sale was returned."),
    VisitState.DELETED: Text("The visit was deleted in Altegio."),
    VisitState.NOT_NEEDED: Text("There is nothing to issue a receipt for."),
}

UNDER_WAY = (VisitState.QUEUED, VisitState.SENDING)


NEEDS_PERSON = (VisitState.ATTENTION, VisitState.RETURN_DUE)


class Filter(StrEnum):
    """Names what the list can be narrowed to."""

    ALL = "all"
    AWAITING = "awaiting"
    UNDER_WAY = "under_way"
    TASKS = "tasks"
    DONE = "done"
    DELETED = "deleted"


# Words of addresses that were kept from before.
OLD_FILTERS = {"issued": Filter.DONE, "attention": Filter.TASKS, "return_due": Filter.TASKS}
FILTER_LABELS = {
    Filter.ALL: Text("All"),
    Filter.AWAITING: Text("Waiting"),
    Filter.UNDER_WAY: Text("Being issued"),
    Filter.TASKS: Text("Tasks"),
    Filter.DONE: Text("Ready"),
    Filter.DELETED: Text("Deleted ones"),
}


class Section(StrEnum):
    """Names the parts of a day, in the order in which staff need them."""

    NOW = "now"
    BUSY = "busy"
    LATER = "later"
    DONE = "done"
