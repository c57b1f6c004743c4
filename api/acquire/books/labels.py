"""Words of the books: why sales differ, what money is beside the receipts, what is open. Pure."""

from api.acquire.words.text import Text
from shared.books.model import Entry, OpenKind, Why

WHY_LABELS = {
    Why.OTHER_DAY: Text("Paid and issued on different days"),
    Why.UNDER_WAY: Text("The receipt is under way"),
    Why.NOT_DUE: Text("No receipt is due by the settings"),
    Why.PART_PAID: Text("Paid in part: the visit waits for the rest"),
    Why.CORRECTED: Text("The way of payment was corrected here; Altegio still has the first one"),
    Why.DEAD_LETTER: Text("The receipt was given up"),
    Why.NO_RECEIPT: Text("Paid in Altegio, but no receipt"),
    Why.NO_PAYMENT: Text("A receipt, but no payment in Altegio"),
    Why.RETURN_DUE: Text("Altegio changed the payment after the receipt: a return is due"),
    Why.RETURNED_HERE: Text("Returned here, but still paid in Altegio"),
    Why.OTHER_KIND: Text("The sum agrees, the way of payment does not"),
    Why.OTHER_SUM: Text("The sums differ"),
    Why.UNEXPLAINED: Text("An income that nothing sold explains"),
}
ENTRY_LABELS = {
    Entry.PREPAID: Text("Of the receipts: for parts of visits"),
    Entry.TOP_UP: Text("Put on clients' deposits"),
    Entry.DEPOSIT: Text("Paid from deposits"),
    Entry.CERTIFICATE: Text("Paid by certificates"),
    Entry.MEMBERSHIP: Text("Paid by memberships"),
    Entry.BONUS: Text("Paid by bonuses"),
    Entry.NONE: Text("Between bank accounts: no receipt"),
    Entry.ELSEWHERE: Text("At terminals that are registers themselves"),
    Entry.TIP: Text("Tips"),
    Entry.REFUND: Text("Given back as expenses of sales"),
    Entry.STAFF_GOODS: Text("Goods taken without a payment"),
    Entry.CASH_IN: Text("Cash put in, by Altegio"),
    Entry.DRAWER_IN: Text("Cash put in, at the register"),
    Entry.TRANSFER: Text("Moved between the salon's accounts"),
    Entry.CASH_OUT: Text("Cash taken out, by Altegio"),
    Entry.DRAWER_OUT: Text("Cash taken out, at the register"),
    Entry.OTHER_OUT: Text("Other expenses, not in cash"),
    Entry.UNEXPLAINED: Text("Income that nothing sold explains"),
}
OPEN_LABELS = {
    OpenKind.DEBT: Text("Debt"),
    OpenKind.PREPAYMENT: Text("Prepayment"),
    OpenKind.DEPOSIT: Text("Client's deposit"),
}
UNTOLD = Text("Way of payment not told")
