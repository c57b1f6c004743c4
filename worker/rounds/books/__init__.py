"""Keeps what the books say of the last weeks, so that pages and lists of tasks need not keep them anew."""

from worker.rounds.books.check import check_books

__all__ = ["check_books"]
