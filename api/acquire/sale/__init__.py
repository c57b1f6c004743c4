"""Sells at the desk without a visit: offers what was sold before, reads what was chosen, stores it with its payment."""
