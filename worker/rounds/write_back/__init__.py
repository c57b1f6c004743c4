"""Does what comes after a receipt, and never stands in its way: names it in Altegio's visit, books what the desk took, and
looks whether the operator knows it.

In: issued receipts and checkouts, by what a salon has chosen. Out: writes in Altegio, what came of them in `visit_marks`,
`desk_bookings`, `operator_checks`, and alerts. All of it waits in these tables, and is done by whoever claims it.
"""
