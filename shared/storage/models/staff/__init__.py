"""Accounts of the payment page: who may sign in, where they are signed in, and guesses at passwords."""
