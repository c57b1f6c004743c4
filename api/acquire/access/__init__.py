"""Decides who may do what on the payment page: sign-in, sessions, forms that are no forgery, the trail."""
