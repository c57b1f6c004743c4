"""Serves the routes of the payment page, one subject a file: read the request, call one use case, render."""
