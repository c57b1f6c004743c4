"""Says what a salon has chosen, and which cashbox serves it.

In: a company id of Altegio. Out: its policy, its VAT regime and its cashbox, or why there is none.
"""
