"""Looks after accounts of the payment page: who there is, and what may be done to an account."""
