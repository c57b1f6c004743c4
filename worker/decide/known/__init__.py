"""What is known of a sale when it is decided: our tables' word, Altegio's own, and how long to wait for more.

In: a visit or a goods document. Out: its payments, earlier receipts and facts.
"""
