"""Describes the tables of what a customer gets to see of a receipt: whose it is, and how the register prints it."""
