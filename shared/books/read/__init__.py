"""Reads the books of a cashbox out of the tables.

In come a cashbox and some days; out go its books of each day, compared. What agrees in the plainest way is added up by the
database, everything else is read sale by sale.
"""

from shared.books.read.keep import keep_books

__all__ = ["keep_books"]
