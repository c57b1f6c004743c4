"""Speaks to Webkassa's cash-register API v4: the client, its session, its errors, and how long to go on after one.

In: bodies of requests, credentials. Out: documents, reports, or an error that says what to do; nothing here knows our
tables, except where a cashbox's credentials are read.
"""
