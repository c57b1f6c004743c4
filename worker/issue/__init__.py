"""A receipt that is due becomes a document at Webkassa, exactly once.

In: the id of a cashbox with receipts that are due. Out: receipts issued, asked for, tried again later or given to a person.
"""
