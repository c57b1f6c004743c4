"""Reads and writes by Altegio's REST API, where there are tokens: the client, its errors, its limits, and reading answers.

In: ids of salons, records and documents. Out: what Altegio has, in the models of `shared.altegio`; or an error to act on.
"""
