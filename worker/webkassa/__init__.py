"""Webkassa's cash-register API v4: the client, its errors, and the mapping from our draft to its request."""
