"""Says what the ledger of a sale asks for: a receipt, a payment, a person, nothing; or what it says against a receipt. Pure.

In: `shared.fiscal.ledger`, the salon's policy. Out: decisions and doubts, with the words staff read.
"""
