"""Builds the statements that every delivery or receipt runs once, when a module is loaded; decision 7 says which need it."""

from typing import cast

from sqlalchemy import Table

from shared.storage.models.base import Base


def table_of(model: type[Base]) -> Table:
    """Returns the table of a model, for a statement that every delivery or receipt runs.

    Building a statement anew costs more than running it, and one of the model instead of the table looks every row up in
    the session besides. So it is built once, with bound parameters, where the module begins.
    """
    return cast("Table", model.__table__)
