"""The books of a day, as a page and as a file."""
