"""Shows the books of a day or a month, as a page and as a file."""
