"""A salon's choices, and the cashbox that serves it.

In: a company id of Altegio. Out: its policy, its VAT regime and its register, or why there is none.
"""
