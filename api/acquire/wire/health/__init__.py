"""The health of the service: a page, a text and a file for support."""
