"""A salon's choices and accounts, in words for managers."""
