"""Shows all receipts of all days and kinds: finding one, what became of it, and what can be done with it."""
